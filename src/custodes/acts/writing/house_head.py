"""The house head: one signed line that says how much has been committed and what stands.

It is rewritten in the same transaction as every group. An older one put back does not fit the sub-logs'
sizes; an edited one does not verify. Signed with the keyroom's receipt key (Ed25519).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from custodes.kernel import canonical

SignHead = Callable[[int, int, bytes, datetime], "HouseHead"]
LABEL = "custodes/house-head/v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HouseHead(msgspec.Struct, frozen=True, kw_only=True):
    """`seq` counts all entries of all sub-logs; `standing_root` covers every standing row.

    `at` is the time of the last group (whole microseconds since 1970): the clock never runs below it.
    """

    seq: int
    standing_seq: int
    standing_root: bytes
    at: int
    signature: bytes


def signed_bytes(house: str, seq: int, standing_seq: int, standing_root: bytes, at: int) -> bytes:
    """What the receipt key signs."""
    return canonical.encode([LABEL, house, seq, standing_seq, canonical.b64(standing_root), at])


def signer(house: str, key: Ed25519PrivateKey) -> SignHead:
    """A function that signs heads of this house."""

    def sign(seq: int, standing_seq: int, standing_root: bytes, at: datetime) -> HouseHead:
        micros = (at - _EPOCH) // timedelta(microseconds=1)
        signature = key.sign(signed_bytes(house, seq, standing_seq, standing_root, micros))
        return HouseHead(
            seq=seq, standing_seq=standing_seq, standing_root=standing_root, at=micros, signature=signature
        )

    return sign


def instant(head: HouseHead) -> datetime:
    """When the last group was committed."""
    return _EPOCH + timedelta(microseconds=head.at)


def why_untrue(head: HouseHead, house: str, key: Ed25519PublicKey, sizes: Mapping[str, int]) -> str | None:
    """None when the head verifies and counts exactly the entries there are; else a reason code."""
    try:
        signed = signed_bytes(house, head.seq, head.standing_seq, head.standing_root, head.at)
        key.verify(head.signature, signed)
    except InvalidSignature:
        return "house-head-forged"
    if head.seq != sum(sizes.values()):
        return "house-head-does-not-fit"
    return None
