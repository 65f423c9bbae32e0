"""Receipts: one canonical JSON file that proves an entry to somebody who has only the pins.

*Sequenced*: the keyroom's receipt key says "this leaf has this place". *Witnessed* adds the way from the leaf
to a checkpoint that independent organisations cosigned: sub-log, slot, epoch, root log. `verify` answers with
one `Check` per question, and names every signature it did not check.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, Literal, TypeVar

import msgspec

from custodes.kernel import canonical, clock
from custodes.kernel.limits import ENTRY_BYTES_MAX
from custodes.kernel.refusal import Refusal, malformed

from . import cosign, entry, note, quorum, slots
from .entry import Opened
from .merkle import leaf_hash, verify_inclusion
from .note import Line, NoteSigner, Vkey

T = TypeVar("T")

RECEIPT_BYTES_MAX = 1_048_576
FORMAT: Final = "custodes.receipt/v1"
PINS_FORMAT: Final = "custodes.pins/v1"


class Grade(StrEnum):
    """How strong a receipt is."""

    SEQUENCED = "sequenced"
    WITNESSED = "witnessed"


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An opening as `entry` makes it, whole or partial."""

    open: dict[str, tuple[bytes, Any]]
    shut: dict[str, bytes]


class RootProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the epoch leaf stands in the root log; `checkpoint` is the signed note, verbatim.

    `time_stamps` are RFC 3161 tokens (DER) over SHA-256 of just these bytes, signature lines included.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    time_stamps: tuple[bytes, ...] = ()


class Anchor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sub-log's head at one epoch, on its way to a cosigned checkpoint."""

    slot: int
    epoch: int
    blind: bytes
    size: int
    root: bytes
    previous: bytes
    slot_path: tuple[bytes, ...]
    root_log: RootProof

    @classmethod
    def of(cls, head: slots.SlotHead, slot_path: Sequence[bytes], root_log: RootProof) -> "Anchor":
        """The anchor of a slot's head."""
        return cls(
            slot=head.slot,
            epoch=head.epoch,
            blind=head.blind,
            size=head.size,
            root=head.root,
            previous=head.previous,
            slot_path=tuple(slot_path),
            root_log=root_log,
        )

    def head(self) -> slots.SlotHead:
        """The slot's head."""
        return slots.SlotHead(
            slot=self.slot,
            epoch=self.epoch,
            blind=self.blind,
            size=self.size,
            root=self.root,
            previous=self.previous,
        )


class Witnessed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The leaf's path in the sub-log as it was at the anchor's epoch."""

    path: tuple[bytes, ...]
    anchor: Anchor


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole document. `log` is the sub-log's name; `signatures` are note lines over `text()`."""

    format: Literal["custodes.receipt/v1"] = FORMAT
    house: str
    log: str
    index: int
    leaf: bytes
    at: str
    signatures: tuple[str, ...]
    witnessed: Witnessed | None = None
    opening: Opening | None = None

    @property
    def grade(self) -> Grade:
        """What the document claims to be."""
        return Grade.SEQUENCED if self.witnessed is None else Grade.WITNESSED

    def text(self) -> str:
        """What the receipt key signs: six lines. The second is no number, so it is never a checkpoint."""
        lines = (self.format, self.house, self.log, str(self.index), canonical.b64(self.leaf), self.at)
        is_house = self.house.startswith("hse-")
        if not is_house or any(not line or "\n" in line or not note.is_text(line) for line in lines):
            raise malformed("bad-receipt")
        return "".join(line + "\n" for line in lines)

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


class Pins(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the verifier knows from elsewhere, never from the package it checks.

    `policy` is a tlog-policy file; `slots` are the slot numbers of sub-logs, by name, where known.
    """

    format: Literal["custodes.pins/v1"] = PINS_FORMAT
    house: str
    receipt_keys: tuple[str, ...]
    policy: str
    slots: dict[str, int] = {}

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question and its answer; `passed` is None when it was not checked."""

    name: str
    passed: bool | None
    detail: str = ""


def sequenced(house: str, log: str, position: tuple[int, bytes], at: str, signer: NoteSigner) -> Receipt:
    """A receipt of grade *sequenced* for (index, leaf)."""
    index, leaf = position
    bare = Receipt(house=house, log=log, index=index, leaf=leaf, at=at, signatures=())
    return msgspec.structs.replace(bare, signatures=(signer.sign(bare.text()).line(),))


def witnessed(receipt: Receipt, path: tuple[bytes, ...], anchor: Anchor) -> Receipt:
    """The same receipt, of grade *witnessed*."""
    return msgspec.structs.replace(receipt, witnessed=Witnessed(path=path, anchor=anchor))


def with_opening(receipt: Receipt, opening: bytes) -> Receipt:
    """The same receipt with the entry's fields, as far as `opening` shows them (`bad-receipt`)."""
    try:
        opened = msgspec.json.decode(opening, type=Opening)
    except msgspec.MsgspecError as error:
        raise malformed("bad-receipt") from error
    return msgspec.structs.replace(receipt, opening=opened)


def parse(raw: bytes) -> Receipt:
    """Parse a receipt file; one spelling only (`bad-receipt`)."""
    made = decode_exactly(raw, Receipt, "bad-receipt")
    try:
        clock.from_text(made.at)
    except Refusal as refusal:
        raise malformed("bad-receipt") from refusal
    return made


def parse_pins(raw: bytes) -> Pins:
    """Parse a pins file (`bad-pins`), white space around it aside; its keys and its policy are parsed too."""
    try:
        pins = decode_exactly(raw.strip(), Pins, "bad-pins")
        for text in pins.receipt_keys:
            Vkey.parse(text)
        quorum.parse(pins.policy.encode())
    except (msgspec.MsgspecError, Refusal, ValueError) as error:
        raise malformed("bad-pins") from error
    return pins


def verify(receipt: Receipt, pins: Pins) -> list[Check]:
    """Every question about a receipt, answered; see `is_proven`."""
    checks = [Check(name="house", passed=receipt.house == pins.house, detail=receipt.house)]
    checks += _receipt_signatures(receipt, pins)
    if receipt.opening is not None:
        checks.append(_opening(receipt)[0])
    if receipt.witnessed is not None:
        path, anchor = receipt.witnessed.path, receipt.witnessed.anchor
        held = verify_inclusion(leaf_hash(receipt.leaf), receipt.index, anchor.size, path, anchor.root)
        checks.append(Check(name="sub-log", passed=held, detail=f"entry {receipt.index} of {anchor.size}"))
        checks += verify_anchor(anchor, receipt.log, pins)
    return checks


def opened_fields(receipt: Receipt) -> Opened | None:
    """The fields the receipt proves, None when it opens none or its opening belongs to another leaf."""
    return None if receipt.opening is None else _opening(receipt)[1]


def verify_anchor(anchor: Anchor, log: str, pins: Pins) -> list[Check]:
    """Slot, epoch, root log, checkpoint, each signature line and the quorum."""
    policy = quorum.parse(pins.policy.encode())
    known = pins.slots.get(log)
    slot_detail = f"slot {anchor.slot} of {log}" + ("" if known is not None else ": no slot pinned")
    checks = [Check(name="slot", passed=None if known is None else known == anchor.slot, detail=slot_detail)]
    try:
        text = note.parse(anchor.root_log.checkpoint.encode()).text
        origin = text.split("\n", 1)[0]
        names = {vkey.name for vkey, _ in policy.logs}
        verified = cosign.verify(
            anchor.root_log.checkpoint.encode(), policy.vkeys(), origin if origin in names else ""
        )
        slot_root = slots.root_from_path(anchor.head().leaf(), anchor.slot, anchor.slot_path)
    except (Refusal, UnicodeEncodeError) as error:
        code = error.code if isinstance(error, Refusal) else "bad-note"
        return [*checks, Check(name="checkpoint", passed=False, detail=code)]
    head = verified.checkpoint
    leaf = b"" if slot_root is None else slots.epoch_leaf(anchor.epoch, slot_root)
    held = slot_root is not None and verify_inclusion(
        leaf_hash(leaf), anchor.root_log.index, head.size, anchor.root_log.path, head.root
    )
    where = f"epoch {anchor.epoch} is entry {anchor.root_log.index} of {head.size} in {head.origin}"
    checks.append(Check(name="epoch", passed=held, detail=where))
    checks.append(Check(name="checkpoint", passed=not head.extensions, detail=f"{head.origin} {head.size}"))
    checks += [_line_check(line) for line in verified.lines]
    said = "an RFC 3161 token, for a tool of your own"
    checks += [Check(name="time-stamp", passed=None, detail=said) for _ in anchor.root_log.time_stamps]
    return [*checks, _quorum_check(policy, verified.lines)]


def is_proven(receipt: Receipt, checks: list[Check]) -> bool:
    """Whether all that the grade needs was checked and held, and nothing failed.

    Sequenced: house and the receipt key's signature. Witnessed: house, sub-log, epoch, checkpoint and quorum
    (or `no-quorum` where the verifier's own policy asks for none); the time in the receipt itself rests on
    the receipt key alone.
    """
    if any(check.passed is False for check in checks):
        return False
    held = {check.name for check in checks if check.passed}
    needed = {"house", "receipt-key"}
    if receipt.grade is Grade.WITNESSED:
        quorum_name = "no-quorum" if "no-quorum" in held else "quorum"
        needed = {"house", "sub-log", "epoch", "checkpoint", quorum_name}
    return needed <= held


def decode_exactly(raw: bytes, kind: type[T], code: str, bytes_max: int = RECEIPT_BYTES_MAX) -> T:
    """Typed value of canonical JSON; refuses every other spelling with `code`."""
    try:
        if len(raw) > bytes_max:
            raise malformed(code)
        value = msgspec.json.decode(raw, type=kind)
        same = canonical.encode(msgspec.to_builtins(value)) == raw
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise malformed(code) from error
    if not same:
        raise malformed(code)
    return value


def _receipt_signatures(receipt: Receipt, pins: Pins) -> list[Check]:
    try:
        signatures = "".join(line + "\n" for line in receipt.signatures)
        made = note.parse(f"{receipt.text()}\n{signatures}".encode())
        if made.text != receipt.text():
            raise malformed("bad-note")
        lines = note.verify(made, [Vkey.parse(text) for text in pins.receipt_keys])
    except UnicodeEncodeError:
        return [Check(name="receipt-key", passed=False, detail="bad-note")]
    except Refusal as refusal:
        unknown = refusal.code == "no-known-signature"
        return [Check(name="receipt-key", passed=None if unknown else False, detail=refusal.code)]
    named = [line for line in lines if line.is_checked]
    rest = [_line_check(line) for line in lines if not line.is_checked]
    return [Check(name="receipt-key", passed=True, detail=named[0].name), *rest]


def _opening(receipt: Receipt) -> tuple[Check, Opened | None]:
    raw = canonical.encode(msgspec.to_builtins(receipt.opening))
    if len(raw) > 4 * ENTRY_BYTES_MAX:
        return Check(name="fields", passed=False, detail="bad-opening"), None
    try:
        opened = entry.check(receipt.leaf, raw)
    except Refusal as refusal:
        return Check(name="fields", passed=False, detail=refusal.code), None
    house = opened.fields.get("house", receipt.house)
    names = ", ".join(opened.fields)
    return Check(name="fields", passed=house == receipt.house, detail=names), opened


def _line_check(line: Line) -> Check:
    detail = "" if line.is_checked else "not checked: this key is not pinned"
    return Check(name=f"signature {line.name} {line.key_id}", passed=line.is_checked or None, detail=detail)


def _quorum_check(policy: quorum.Policy, lines: tuple[Line, ...]) -> Check:
    verdict = quorum.evaluate(policy, lines)
    said = [f"organisations: {', '.join(verdict.organisations) or 'none'}"]
    if verdict.embedded:
        said.append(f"embedded, counting zero: {', '.join(verdict.embedded)}")
    if policy.is_none:
        said.append("the pinned policy asks for none: demo only, nobody outside the house vouches")
        return Check(name="no-quorum", passed=True, detail="; ".join(said))
    return Check(name="quorum", passed=verdict.is_met, detail="; ".join(said))
