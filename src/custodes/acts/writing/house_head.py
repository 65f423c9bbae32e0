"""House heads: one signed line per keyroom that says how much it has committed and what stands.

A keyroom rewrites its own in the same transaction as every group, so keyrooms do not wait for each other. An
older one put back does not fit the sub-logs' sizes (together they count every entry); an edited one does not
verify. Signed with that keyroom's receipt key (Ed25519).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from custodes.kernel import canonical

SignHead = Callable[[int, int, bytes, datetime], "HouseHead"]
LABEL = "custodes/house-head/v1"
FIRST = "first"  # the keyroom a house is founded with: its receipt key is the house's own
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HouseHead(msgspec.Struct, frozen=True, kw_only=True):
    """`seq` counts the entries this keyroom has appended; `standing_root` covers every standing row.

    The head with the highest `standing_seq` says what stands: a keyroom repeats what it last knew. `at` is
    the time of its last group (whole microseconds since 1970): the clock never runs below it.
    """

    keyroom: str = FIRST
    seq: int
    standing_seq: int
    standing_root: bytes
    at: int
    signature: bytes


def signed_bytes(house: str, head: HouseHead) -> bytes:
    """What the receipt key signs: everything but the signature."""
    root = canonical.b64(head.standing_root)
    return canonical.encode([LABEL, house, head.keyroom, head.seq, head.standing_seq, root, head.at])


def signer(house: str, key: Ed25519PrivateKey, keyroom: str = FIRST) -> SignHead:
    """A function that signs heads of this keyroom."""

    def sign(seq: int, standing_seq: int, standing_root: bytes, at: datetime) -> HouseHead:
        bare = HouseHead(
            keyroom=keyroom,
            seq=seq,
            standing_seq=standing_seq,
            standing_root=standing_root,
            at=(at - _EPOCH) // timedelta(microseconds=1),
            signature=b"",
        )
        return msgspec.structs.replace(bare, signature=key.sign(signed_bytes(house, bare)))

    return sign


def instant(head: HouseHead) -> datetime:
    """When the last group was committed."""
    return _EPOCH + timedelta(microseconds=head.at)


def newest(heads: Iterable[HouseHead]) -> HouseHead | None:
    """The head that says what stands; None in a house that was never founded."""
    return max(heads, key=lambda head: head.standing_seq, default=None)


def why_untrue(
    heads: Sequence[HouseHead],
    house: str,
    keys: Mapping[str, Ed25519PublicKey],
    sizes: Mapping[str, int],
) -> str | None:
    """None when every head verifies under its keyroom's key and together they count exactly the entries
    there are; else a reason code.
    """
    for head in heads:
        key = keys.get(head.keyroom)
        if key is None and not head.seq:
            continue  # a keyroom that was cut off while it was being enrolled: it has appended nothing
        if key is None or not is_signed(head, house, key):
            return "house-head-forged"
    if sum(head.seq for head in heads) != sum(sizes.values()):
        return "house-head-does-not-fit"
    return None


def is_signed(head: HouseHead, house: str, key: Ed25519PublicKey) -> bool:
    """Whether this keyroom signed it."""
    try:
        key.verify(head.signature, signed_bytes(house, head))
    except InvalidSignature:
        return False
    return True
