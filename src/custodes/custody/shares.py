"""Unseal shares: a root's secret split into words, in groups by organisation (docs/formats/shares.md).

SLIP-39 (SatoshiLabs: two levels of Shamir's secret sharing, with checksums and words) splits 32 bytes into
shares of 33 words. What may be known of a set of shares is a `ShareSet`: who holds which, how many of each
organisation and how many organisations it takes. It is kept in the holder's file.

Nothing here repeats a share in a refusal, and the library's own errors, which do, never leave this file.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import msgspec
from shamir_mnemonic import MnemonicError, Share  # type: ignore[import-untyped]
from shamir_mnemonic.shamir import ShareGroup, recover_ems  # type: ignore[import-untyped]

from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, conflict, denied, malformed

from .wrap import KEY_BYTES, hkdf_sha512

LABEL = "custodes/holder-shares/v1"
MARK_LABEL = b"custodes/share-mark/v1\n"
WORDS = 33
WORDS_CHARACTERS_MAX = 512
GROUPS_MIN, GROUPS_MAX, MEMBERS_MAX = 2, 16, 16  # SLIP-39: at most 16 of each
GROUPS_NEEDED_MIN = 2  # one organisation alone never opens a house
TEXT_CHARACTERS_MAX = 200
CHECK_BYTES = 32


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A custodian: his name, the Ed25519 public key of his file key and the mark of his share, in base64."""

    custodian: str
    mark: str
    public: str


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation's custodians, of whom `threshold` must give their shares."""

    members: tuple[Member, ...]
    organisation: str
    threshold: int


class ShareSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One generation of shares; `identifier` is SLIP-39's, `before` those of older generations."""

    before: tuple[int, ...]
    generation: int
    group_threshold: int
    groups: tuple[Group, ...]
    identifier: int


@runtime_checkable
class Shared(Protocol):
    """A holder that shares open: besides the Holder port."""

    def share_set(self) -> tuple[str, ShareSet] | None:
        """(name of the holder, its shares); None when something else opens it. `holder-gone` and the like."""
        ...

    def submission_seed(self) -> bytes:
        """Seed of the Ed25519 key that signs offers to custodians, 32 bytes; it opens nothing."""
        ...


class Given(msgspec.Struct, frozen=True):
    """A share read from its words: where it belongs. The words are not shown."""

    group: int
    member: int
    identifier: int
    words: str

    def __repr__(self) -> str:
        return f"Given(group={self.group}, member={self.member}, ...)"


def check(shares: ShareSet) -> None:
    """`bad-shares` (malformed; fact `why`): it could not be split so, or one organisation could open it."""
    many = len(shares.groups)
    sizes = [(group.threshold, len(group.members)) for group in shares.groups]
    publics = [member.public for group in shares.groups for member in group.members]
    names = [group.organisation for group in shares.groups]
    texts = names + [member.custodian for group in shares.groups for member in group.members]
    why = None
    if not GROUPS_MIN <= many <= GROUPS_MAX:
        why = "organisations"
    elif not GROUPS_NEEDED_MIN <= shares.group_threshold <= many:
        why = "organisations-needed"
    elif any(not 1 <= needed <= size <= MEMBERS_MAX or (needed == 1 and size > 1) for needed, size in sizes):
        why = "custodians-needed"  # SLIP-39: one of many is the same share many times
    elif len(set(publics)) != len(publics):
        why = "one-key-twice"
    elif len(set(names)) != many:
        why = "one-organisation-twice"
    elif any(not text.isprintable() or not 1 <= len(text) <= TEXT_CHARACTERS_MAX for text in texts):
        why = "name"
    if why is not None:
        raise malformed("bad-shares", why=why)


def read(words: str) -> Given:
    """A share from its words, however they are spaced; `share-wrong` (denied) when the checksum says so."""
    if len(words) > WORDS_CHARACTERS_MAX:
        raise share_wrong()
    plain = " ".join(words.lower().split())
    try:
        share = Share.from_mnemonic(plain)
    except (MnemonicError, ValueError, IndexError, KeyError):
        raise share_wrong() from None
    if len(plain.split()) != WORDS or len(share.value) != KEY_BYTES:
        raise share_wrong()
    return Given(int(share.group_index), int(share.index), int(share.identifier), plain)


def mark(holder: str, words: str) -> bytes:
    """What tells a share from others without telling it: 32 bytes. A share has 256 bits nobody can guess."""
    return hashlib.sha256(MARK_LABEL + holder.encode() + b"\n" + " ".join(words.split()).encode()).digest()


def demand(shares: ShareSet, holder: str, public: str, given: Given) -> tuple[int, int]:
    """(group, member) of a share that is this custodian's of this generation.

    `share-older` (denied): of a set that was replaced; `share-wrong` (denied): anybody else's, or altered.
    """
    if given.identifier in shares.before:
        raise denied("share-older")
    place = place_of(shares, public)
    if place is None or place != (given.group, given.member):
        raise share_wrong()
    expected = shares.groups[place[0]].members[place[1]].mark
    if not hmac.compare_digest(mark(holder, given.words), canonical.unb64(expected)):
        raise share_wrong()
    return place


def place_of(shares: ShareSet, public: str) -> tuple[int, int] | None:
    """Where the custodian with this public key (base64) stands; None for a stranger."""
    for at, group in enumerate(shares.groups):
        for index, member in enumerate(group.members):
            if member.public == public:
                return at, index
    return None


def is_enough(shares: ShareSet, places: Iterable[tuple[int, int]]) -> bool:
    """Whether shares at these places open the root."""
    return len(_complete(shares, places)) >= shares.group_threshold


def combine(shares: ShareSet, given: Mapping[tuple[int, int], Given]) -> bytes:
    """The secret, 32 bytes, from enough shares; `shares-too-few` (conflict), `share-wrong` (denied)."""
    complete = _complete(shares, given)
    if len(complete) < shares.group_threshold:
        raise conflict("shares-too-few")
    groups = {}
    for at in complete[: shares.group_threshold]:
        chosen = sorted(place for place in given if place[0] == at)[: shares.groups[at].threshold]
        group = ShareGroup()
        try:
            for place in chosen:
                group.add(Share.from_mnemonic(given[place].words))
        except (MnemonicError, ValueError):
            raise share_wrong() from None
        groups[at] = group
    try:
        secret = bytes(recover_ems(groups).decrypt(b""))
    except (MnemonicError, ValueError):
        raise share_wrong() from None
    if len(secret) != KEY_BYTES:
        raise share_wrong()
    return secret


def kek(secret: bytes, holder: str, generation: int) -> tuple[bytes, bytes]:
    """(kek of the root, check value), 32 bytes each, bound to holder and generation."""
    if len(secret) != KEY_BYTES:
        raise Refusal("wrong-secret", Kind.DENIED)
    info = canonical.encode({"generation": generation, "holder": holder, "label": LABEL})
    both = hkdf_sha512(secret, b"", info)
    return both[:KEY_BYTES], both[KEY_BYTES:]


def sizes(shares: ShareSet) -> Sequence[tuple[int, int]]:
    """(threshold, members) of each group, as SLIP-39 wants them."""
    return [(group.threshold, len(group.members)) for group in shares.groups]


def share_wrong() -> Refusal:
    """This is not the share that was asked for; never says in what it differs."""
    return denied("share-wrong")


def _complete(shares: ShareSet, places: Iterable[tuple[int, int]]) -> list[int]:
    counted = [0] * len(shares.groups)
    for group, _ in set(places):
        counted[group] += 1
    return [at for at, group in enumerate(shares.groups) if counted[at] >= group.threshold]
