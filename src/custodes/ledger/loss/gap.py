"""A log closed after a loss, and the one that follows it: the document two officers sign, and its file.

The document names the last head of the closed log that anybody is known to have, what of it the house still
holds, and the keys of the log that follows. So the witnessed chain before the gap stays what it was, and
nobody can hide in the gap what was witnessed outside of it. Whoever follows has the officers' keys from
elsewhere. Format: docs/formats/log-gap.md.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, malformed
from custodes.ledger import quorum
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.merkle import HASH_BYTES, verify_consistency
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import Check, Pins, decode_exactly
from custodes.ledger.watch.witnessing import opened

V: Final = "custodes/log-gap/v1"
FORMAT: Final = "custodes.gap/v1"
FOLLOWS_LABEL = b"custodes.log-follows/v1\n"
FOLLOWS_VERSION = b"\x05"
SIGN_LABEL = b"custodes/sign/v1"
OFFICERS_MIN = 2
EMBEDDED = "embedded"  # what a house's own witness is called behind the log's name; it counts zero


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed. `closes` and `opens` are origins, `last` the last known checkpoint, verbatim.

    `kept_size` and `kept_root`: how far the house still holds the closed log's root; `path` proves that it is
    the beginning of `last` (empty: the tiles could not be had). Of epochs `first_epoch` to `last_epoch` the
    house holds nothing; `since` is when it was restored. `vkeys`, `receipt_keys`, `policy` are what pins of
    the log that follows hold.
    """

    v: Literal["custodes/log-gap/v1"] = V
    house: str
    closes: str
    opens: str
    last: str
    kept_size: int
    kept_root: bytes
    path: tuple[bytes, ...] = ()
    first_epoch: int
    last_epoch: int
    since: str
    until: str
    vkeys: tuple[str, ...]
    receipt_keys: tuple[str, ...]
    policy: str

    def encode(self) -> bytes:
        """The bytes that are signed."""
        return canonical.encode(msgspec.to_builtins(self))

    def leaf(self) -> bytes:
        """The first entry of the log that follows."""
        return FOLLOWS_VERSION + sha256(FOLLOWS_LABEL + self.encode()).digest()


class Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One officer's signature, as a file key makes it, and the key."""

    public: bytes
    signature: bytes


class GapFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document with its signatures, as it is published."""

    format: Literal["custodes.gap/v1"] = FORMAT
    document: Gap
    signatures: tuple[Signed, ...]

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


class Officer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may declare a gap, known from elsewhere: a person, whom he stands for, his file key."""

    name: str
    counts_as: str  # the controlling group of his organisation, or the organisation
    public: bytes


def parse(raw: bytes) -> GapFile:
    """Strict inverse of `GapFile.encode` (`bad-gap`)."""
    return decode_exactly(raw, GapFile, "bad-gap")


def parse_document(raw: bytes) -> Gap:
    """Strict inverse of `Gap.encode` (`bad-gap`)."""
    return decode_exactly(raw, Gap, "bad-gap")


def checked_last(document: Gap, vkeys: Sequence[Vkey]) -> Checkpoint:
    """The closed log's last head (`bad-gap`: not its own, not signed by it, or the numbers do not fit it)."""
    try:
        last = opened(document.last.encode(), vkeys)
    except (Refusal, UnicodeEncodeError) as error:
        raise malformed("bad-gap", why="last") from error
    count = document.last_epoch - document.first_epoch + 1
    fits = 0 <= document.kept_size <= last.size and count == last.size - document.kept_size
    if last.origin != document.closes or last.extensions or not fits or document.first_epoch < 1:
        raise malformed("bad-gap", why="last")
    return last


def judge(file: GapFile, pins: Pins, officers: Sequence[Officer]) -> list[Check]:
    """What the file shows to somebody with pins of the closed log and the officers' keys from elsewhere.

    `house`, `last checkpoint`, `kept`, `follower`, `officers`; each held, failed or not checked.
    """
    document = file.document
    checks = [Check(name="house", passed=document.house == pins.house, detail=document.house)]
    try:
        known = [vkey for vkey, _ in quorum.parse(pins.policy.encode()).logs]
        last = checked_last(document, known)
    except Refusal as refusal:
        return [*checks, Check(name="last checkpoint", passed=False, detail=refusal.code)]
    said = f"{last.origin} {last.size}; epochs {document.first_epoch} to {document.last_epoch} are missing"
    checks.append(Check(name="last checkpoint", passed=True, detail=said))
    checks += [_kept(document, last), _follower(document), _officers(file, officers)]
    return checks


def is_proven(checks: Sequence[Check]) -> bool:
    """Nothing failed, and officers and last checkpoint were checked and held."""
    held = {check.name for check in checks if check.passed}
    return (
        not any(check.passed is False for check in checks)
        and {
            "house",
            "last checkpoint",
            "follower",
            "officers",
        }
        <= held
    )


def pins_after(document: Gap, before: Pins) -> Pins:
    """What somebody who follows pins from now on: the same slots under the new origin."""
    slots = {
        f"{document.opens}{name.removeprefix(document.closes)}": slot
        for name, slot in before.slots.items()
        if name.startswith(f"{document.closes}/")
    }
    return Pins(house=document.house, receipt_keys=document.receipt_keys, policy=document.policy, slots=slots)


def policy_after(text: str, vkeys: Sequence[str], embedded: tuple[str, str] = ("", "")) -> str:
    """A policy for the log that follows: its keys instead of the old ones; `embedded` is (old, new) vkey."""
    lines = [line for line in text.split("\n") if line.split(" ", 1)[0] != "log"]
    if embedded[0]:
        lines = [line.replace(embedded[0], embedded[1]) for line in lines]
    return "\n".join([*(f"log {vkey}" for vkey in vkeys), *lines])


def carried(text: str, document: Gap) -> str:
    """Somebody's own policy for the log that follows: the same witnesses; the closed log's embedded one,
    where he names it, becomes the follower's.
    """
    old = vkey_named(text, f"{document.closes}/{EMBEDDED}")
    new = vkey_named(document.policy, f"{document.opens}/{EMBEDDED}")
    return policy_after(text, document.vkeys, (old, new) if old and new else ("", ""))


def vkey_named(policy: str, name: str) -> str:
    """The key of the witness whose key has this name; empty where a policy names none."""
    named = quorum.parse(policy.encode()).witnesses.values() if policy else ()
    return next((one.vkey.text() for one in named if one.vkey.name == name), "")


def _kept(document: Gap, last: Checkpoint) -> Check:
    if len(document.kept_root) != HASH_BYTES:
        return Check(name="kept", passed=False, detail="no root")
    said = f"the house still holds {document.kept_size} entries of the root log"
    if document.kept_size in {0, last.size}:
        held = document.kept_size == 0 or document.kept_root == last.root
        return Check(name="kept", passed=held, detail=said)
    if not document.path:
        return Check(name="kept", passed=None, detail=f"{said}; it does not show that they are the same")
    held = verify_consistency(
        document.kept_size, last.size, list(document.path), document.kept_root, last.root
    )
    return Check(name="kept", passed=held, detail=said)


def _follower(document: Gap) -> Check:
    try:
        policy = quorum.parse(document.policy.encode())
        names = {Vkey.parse(text).name for text in document.vkeys}
        held = names == {document.opens} and document.opens != document.closes
        held = held and {vkey.text() for vkey, _ in policy.logs} == set(document.vkeys)
        held = held and all(text.startswith(f"{document.opens}/receipts+") for text in document.receipt_keys)
    except (Refusal, ValueError) as error:
        return Check(name="follower", passed=False, detail=str(error)[:100])
    return Check(name="follower", passed=held, detail=document.opens)


def _officers(file: GapFile, officers: Sequence[Officer]) -> Check:
    """Two people of two organisations at least, each with a key known from elsewhere."""
    digest = sha256(file.document.encode()).digest()
    if not officers:
        return Check(name="officers", passed=None, detail="none are pinned: say whose signatures count")
    signed = [one for one in officers if any(_holds(by, one, digest) for by in file.signatures)]
    groups = {one.counts_as for one in signed}
    people = {one.public for one in signed}
    held = min(len(groups), len(people)) >= OFFICERS_MIN
    said = ", ".join(f"{one.name} ({one.counts_as})" for one in signed) or "nobody who is pinned"
    return Check(name="officers", passed=held, detail=said)


def _holds(by: Signed, officer: Officer, digest: bytes) -> bool:
    if by.public != officer.public:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(by.public).verify(by.signature, SIGN_LABEL + digest)
    except (InvalidSignature, ValueError):
        return False
    return True
