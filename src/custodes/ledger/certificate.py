"""Certificate that no exceptional entry of a period names a key: checked offline, claiming no more than that.

It holds two witnessed heads of one exceptional sub-log, the chain of slot leaves between them, and every leaf
the sub-log got in between, opened in what it did and to which key. It says nothing about machine uses, nor
about acts that a veil hides; veils in the period are counted. It rests on "no receipt, no key": what the
house's software did not log it cannot tell.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, conflict

from . import entry, slots
from .entry import Opened
from .merkle import CompactRange, leaf_hash
from .receipt import Anchor, Check, Opening, Pins, decode_exactly, verify_anchor
from .slots import SlotLink
from .veil import VEIL_LEAF_VERSION

FORMAT: Final = "custodes.certificate/v1"
SHOWN = frozenset({"act", "decision", "key", "phase"})
# Acts that use no key, by noun or whole; every other act must name the key it used, even a future one
KEYLESS_NOUNS = frozenset(
    {
        "bucket",
        "change",
        "clock",
        "connection",
        "customer",
        "enrol",
        "hold",
        "holder",
        "house",
        "leave",
        "lockbox",
        "retention",
        "revoke",
        "share",
    }
)
KEYLESS_ACTS = frozenset(
    {
        "adoption.begin",
        "adoption.move",
        "denial",
        "erasure",
        "export.begin",
        "export.end",
        "grant.lapse",
        "grant.return",
        "kill",
        "lift",
        "log.holder",
        "log.open",
        "object.delete",
        "shred.drop",
        "shred.turn",
        "sign-in",
        "veil",
    }
)
CERTIFICATE_BYTES_MAX = 64 * 1_048_576


class CertifiedLeaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One leaf of the period; a veil has no opening here."""

    leaf: bytes
    opening: Opening | None


class Certificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document.

    `stack` is the sub-log's compact range at the first head; `links` are all epochs after the first up to the
    last; `leaves` are entries `first.size` to `last.size - 1`.
    """

    format: Literal["custodes.certificate/v1"] = FORMAT
    house: str
    log: str
    key: str
    first: Anchor
    last: Anchor
    stack: tuple[bytes, ...]
    links: tuple[SlotLink, ...]
    leaves: tuple[CertifiedLeaf, ...]

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


class Period(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a certificate is made from; `entries` are (leaf, opening), the opening None for a veil."""

    first: Anchor
    last: Anchor
    stack: tuple[bytes, ...]
    links: tuple[SlotLink, ...]
    entries: Sequence[tuple[bytes, bytes | None]]


def make(house: str, log: str, key: str, period: Period) -> Certificate:
    """The certificate, if it is true.

    Codes: `key-was-used` when an entry names the key or could have used it without naming it, with its index;
    those of `entry.check`.
    """
    leaves = []
    for index, (leaf, opening) in enumerate(period.entries, period.first.size):
        shown = None
        if opening is not None:
            present = entry.check(leaf, opening).fields.keys() & SHOWN
            partial = entry.disclose(opening, present)
            if (reason := _objection(entry.check(leaf, partial), key)) is not None:
                raise conflict("key-was-used", index=index, reason=reason)
            shown = msgspec.json.decode(partial, type=Opening)
        leaves.append(CertifiedLeaf(leaf=leaf, opening=shown))
    return Certificate(
        house=house,
        log=log,
        key=key,
        first=period.first,
        last=period.last,
        stack=period.stack,
        links=period.links,
        leaves=tuple(leaves),
    )


def parse(raw: bytes) -> Certificate:
    """Parse a certificate file; one spelling only (`bad-certificate`)."""
    return decode_exactly(raw, Certificate, "bad-certificate", CERTIFICATE_BYTES_MAX)


def verify(certificate: Certificate, pins: Pins) -> list[Check]:
    """Every question about a certificate, answered; see `is_proven`."""
    checks = [Check(name="house", passed=certificate.house == pins.house, detail=certificate.house)]
    for name, anchor in (("first", certificate.first), ("last", certificate.last)):
        for check in verify_anchor(anchor, certificate.log, pins):
            checks.append(Check(name=f"{name} {check.name}", passed=check.passed, detail=check.detail))
    checks.append(_chain(certificate))
    checks.append(_leaves(certificate))
    checks.append(_silence(certificate))
    return checks


def is_proven(checks: list[Check]) -> bool:
    """Whether the claim is proven: nothing failed, and all it rests on was checked.

    The slot must be pinned here: who could choose the slot could show an empty sub-log.
    """
    if any(check.passed is False for check in checks):
        return False
    held = {check.name for check in checks if check.passed}
    needed = {"house", "chain", "leaves", "silence"}
    for end in ("first", "last"):
        needed |= {f"{end} {name}" for name in ("slot", "epoch", "checkpoint")}
        needed.add(f"{end} no-quorum" if f"{end} no-quorum" in held else f"{end} quorum")
    return needed <= held


def _chain(certificate: Certificate) -> Check:
    """That the last head grew out of the first, epoch by epoch."""
    first, last = certificate.first, certificate.last
    start = SlotLink(epoch=first.epoch, blind=first.blind, size=first.size, root=first.root)
    try:
        found = slots.follow(first.slot, first.previous, [start, *certificate.links])
        held = found[-1] == last.head().leaf() and first.slot == last.slot
    except Refusal as refusal:
        return Check(name="chain", passed=False, detail=refusal.code)
    return Check(name="chain", passed=held, detail=f"epochs {first.epoch} to {last.epoch}")


def _leaves(certificate: Certificate) -> Check:
    """That the leaves are all the leaves: they carry the first root to each following one."""
    first = certificate.first
    place = 0
    try:
        grown = CompactRange.decode(first.size, b"".join(certificate.stack))
        held = grown.root() == first.root
        for link in certificate.links:
            part = certificate.leaves[place : place + link.size - grown.size]
            place += len(part)
            grown = grown.extend([leaf_hash(one.leaf) for one in part])
            held = held and grown.size == link.size and grown.root() == link.root
    except Refusal as refusal:
        return Check(name="leaves", passed=False, detail=refusal.code)
    held = held and place == len(certificate.leaves) and grown.size == certificate.last.size
    return Check(name="leaves", passed=held, detail=f"entries {first.size} to {certificate.last.size}")


def _silence(certificate: Certificate) -> Check:
    """That no leaf of the period names the key."""
    veils = 0
    for index, one in enumerate(certificate.leaves, certificate.first.size):
        if one.opening is None:
            if one.leaf[:1] != VEIL_LEAF_VERSION:
                return Check(name="silence", passed=False, detail=f"entry {index} is not opened")
            veils += 1
            continue
        try:
            opened = entry.check(one.leaf, canonical.encode(msgspec.to_builtins(one.opening)))
        except Refusal as refusal:
            return Check(name="silence", passed=False, detail=f"entry {index}: {refusal.code}")
        reason = _objection(opened, certificate.key)
        if reason is not None:
            return Check(name="silence", passed=False, detail=f"entry {index} {reason}")
    said = f"no entry names {certificate.key}; {veils} daily veils, of which this says nothing"
    return Check(name="silence", passed=True, detail=said)


def _objection(opened: Opened, key: str) -> str | None:
    """Why this entry stands against the claim."""
    fields = opened.fields
    if "act" in opened.closed or "key" in opened.closed:
        return "does not show its act and key"
    if "key" in fields:
        return "names the key" if fields["key"] == key else None
    act = str(fields.get("act", ""))
    if act in KEYLESS_ACTS or act.partition(".")[0] in KEYLESS_NOUNS:
        return None
    if fields.get("phase") == "outcome" or fields.get("decision") == "deny":
        return None
    return "may use a key and names none"
