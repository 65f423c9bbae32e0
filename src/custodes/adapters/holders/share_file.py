"""A holder file that shares open (docs/formats/shares.md), made of one that something else opened.

The root stays the same, its secret is new: 32 bytes split by SLIP-39 and kept nowhere. Whoever holds the old
file and enough of the old shares can still open the root they wrapped; the ceremony therefore ends with the
old file's destruction.
"""

import hmac
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from shamir_mnemonic import Share, generate_mnemonics  # type: ignore[import-untyped]

from custodes.adapters import private_file
from custodes.custody import shares as sharing
from custodes.custody import wrap as wraps
from custodes.custody.holder import holder_gone, wrong_secret
from custodes.custody.shares import Given, Group, Member, ShareSet
from custodes.custody.submission import Card
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, conflict

FORMAT = "custodes/holder-file/v1"
FILE_BYTES_MAX = 131_072
_DRAW_LABEL = b"custodes/share-secret/v1"


class SharesFile(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="shares"
):
    """A root wrapped under what enough shares combine to; `submission` is the seed of a signing key."""

    check: str
    format: str
    holder: str
    shares: ShareSet
    submission: str
    wrapped: str

    def __repr__(self) -> str:
        return "SharesFile(...)"


class Issued(msgspec.Struct, frozen=True):
    """What one custodian takes home: his card, and his words on paper."""

    card: Card
    words: str

    def __repr__(self) -> str:
        return f"Issued({self.card.custodian!r})"


def is_whole(body: SharesFile) -> bool:
    """Whether every part has its length; ValueError or a Refusal otherwise."""
    sharing.check(body.shares)
    canonical.unb64(body.wrapped)
    marks = [canonical.unb64(one.mark) for group in body.shares.groups for one in group.members]
    lengths = {len(canonical.unb64(body.submission)), len(canonical.unb64(body.check)), *map(len, marks)}
    return lengths == {wraps.KEY_BYTES} and body.shares.generation >= 1


def open_root(body: SharesFile, secret: bytes) -> bytes:
    """The root; `wrong-secret` (denied) for what does not combine to this generation's secret."""
    kek, expected = sharing.kek(secret, body.holder, body.shares.generation)
    if not hmac.compare_digest(expected, canonical.unb64(body.check)):
        raise wrong_secret()
    return wraps.unwrap(kek, _context(body.holder, body.shares.generation), canonical.unb64(body.wrapped))


def split(
    root: bytes, naming: tuple[str, ShareSet | None], wanted: ShareSet, dice: Dice, rolls: str = ""
) -> tuple[SharesFile, tuple[Issued, ...]]:
    """A file that shares of `wanted` open and what each custodian gets; nothing is written yet.

    `naming` is the holder's name and the shares it had. Of `wanted` groups, thresholds and public keys count.
    `rolls`, digits of real dice, are mixed into the secret. Checked before it is given back: the first and
    the last custodians who suffice combine to the same secret. `bad-shares` (malformed).
    """
    sharing.check(wanted)
    holder, old = naming
    before = () if old is None else (*old.before, old.identifier)
    generation = 1 if old is None else old.generation + 1
    secret = wraps.hkdf_sha512(dice.draw(wraps.KEY_BYTES) + rolls.encode(), b"", _DRAW_LABEL)[
        : wraps.KEY_BYTES
    ]
    words = _words(wanted, secret, before)
    seed = dice.draw(wraps.KEY_BYTES)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    made = ShareSet(
        before=before,
        generation=generation,
        group_threshold=wanted.group_threshold,
        groups=tuple(_marked(holder, group, words[at]) for at, group in enumerate(wanted.groups)),
        identifier=int(Share.from_mnemonic(words[0][0]).identifier),
    )
    _prove(made, words, secret)
    kek, check = sharing.kek(secret, holder, generation)
    file = SharesFile(
        check=canonical.b64(check),
        format=FORMAT,
        holder=holder,
        shares=made,
        submission=canonical.b64(seed),
        wrapped=canonical.b64(wraps.wrap(kek, _context(holder, generation), root, dice)),
    )
    issued = tuple(
        Issued(
            Card(
                custodian=member.custodian,
                generation=generation,
                holder=holder,
                organisation=group.organisation,
                submission=canonical.b64(public),
            ),
            words[at][index],
        )
        for at, group in enumerate(made.groups)
        for index, member in enumerate(group.members)
    )
    return file, issued


def write(path: Path, file: SharesFile) -> None:
    """Write it under a name that is free; `holder-exists` (conflict), `holder-gone` (unavailable)."""
    try:
        private_file.write_new(path, canonical.encode(msgspec.to_builtins(file)))
    except private_file.Exists:
        raise conflict("holder-exists") from None
    except private_file.Gone:
        raise holder_gone() from None


def _words(wanted: ShareSet, secret: bytes, before: tuple[int, ...]) -> list[list[str]]:
    """Split by the library, whose polynomials come from the operating system's random source."""
    while True:
        words: list[list[str]] = generate_mnemonics(
            wanted.group_threshold, list(sharing.sizes(wanted)), secret, iteration_exponent=0
        )
        if Share.from_mnemonic(words[0][0]).identifier not in before:
            return words


def _marked(holder: str, group: Group, words: list[str]) -> Group:
    members = tuple(
        Member(custodian=one.custodian, public=one.public, mark=canonical.b64(sharing.mark(holder, text)))
        for one, text in zip(group.members, words, strict=True)
    )
    return msgspec.structs.replace(group, members=members)


def _prove(made: ShareSet, words: list[list[str]], secret: bytes) -> None:
    given = {
        (at, index): sharing.read(text) for at, group in enumerate(words) for index, text in enumerate(group)
    }
    for places in (sorted(given), sorted(given, reverse=True)):
        chosen: dict[tuple[int, int], Given] = {}
        for place in places:
            if not sharing.is_enough(made, chosen):
                chosen[place] = given[place]
        if not hmac.compare_digest(sharing.combine(made, chosen), secret):
            raise Refusal("shares-do-not-combine", Kind.BROKEN)


def _context(holder: str, generation: int) -> wraps.Context:
    return wraps.Context(
        house="",
        customer="",
        key="",
        version=generation,
        purpose=wraps.Purpose.HOLDER_ROOT,
        subject=holder,
    )
