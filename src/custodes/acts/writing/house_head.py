"""The house head: one signed line that says how much has been committed and what stands.

It is rewritten in the same transaction as every group. An older one put back does not fit the sub-logs'
sizes; an edited one does not verify. Signed with the keyroom's receipt key (Ed25519).
"""

from collections.abc import Callable, Mapping

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from custodes.kernel import canonical

SignHead = Callable[[int, int, bytes], "HouseHead"]
LABEL = "custodes/house-head/v1"


class HouseHead(msgspec.Struct, frozen=True, kw_only=True):
    """`seq` counts all entries of all sub-logs; `standing_root` covers every standing row."""

    seq: int
    standing_seq: int
    standing_root: bytes
    signature: bytes


def signed_bytes(house: str, seq: int, standing_seq: int, standing_root: bytes) -> bytes:
    """What the receipt key signs."""
    return canonical.encode([LABEL, house, seq, standing_seq, canonical.b64(standing_root)])


def signer(house: str, key: Ed25519PrivateKey) -> SignHead:
    """A function that signs heads of this house."""

    def sign(seq: int, standing_seq: int, standing_root: bytes) -> HouseHead:
        signature = key.sign(signed_bytes(house, seq, standing_seq, standing_root))
        return HouseHead(seq=seq, standing_seq=standing_seq, standing_root=standing_root, signature=signature)

    return sign


def why_untrue(head: HouseHead, house: str, key: Ed25519PublicKey, sizes: Mapping[str, int]) -> str | None:
    """None when the head verifies and counts exactly the entries there are; else a reason code."""
    try:
        key.verify(head.signature, signed_bytes(house, head.seq, head.standing_seq, head.standing_root))
    except InvalidSignature:
        return "house-head-forged"
    if head.seq != sum(sizes.values()):
        return "house-head-does-not-fit"
    return None
