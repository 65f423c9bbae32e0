"""What was done while no entry could be written: durable lines first, entries after the unseal.

A line is written before its step takes effect, so nothing is done that is not noted. Each line carries the id
of the act that will hold its entry: carried over twice, it is one entry.
"""

from typing import Protocol

import msgspec

from custodes.acts.opened import Opened
from custodes.acts.permitted import house
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import unavailable
from custodes.parties.rows import Credential

NOBODY = "unenrolled"  # a custodian whose file key is no credential of this house


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: its act code, when, and whose; `public` is empty where time or a limit acted."""

    act: str
    act_id: str
    at: str
    count: int = 0
    custodian: str = ""
    generation: int
    holder: str
    public: str = ""
    reason: str = ""


class Journal(Protocol):
    """Lines that outlast the process. `journal-gone` (unavailable) when one cannot be made durable."""

    def add(self, line: bytes) -> None:
        """Append a line and wait until it is durable."""
        ...

    def lines(self) -> tuple[bytes, ...]:
        """All lines, oldest first."""
        ...

    def clear(self) -> None:
        """Forget them: they are entries now."""
        ...


def encode(note: Note) -> bytes:
    """A line."""
    return canonical.encode(msgspec.to_builtins(note))


async def carry_over(o: Opened, journal: Journal) -> int:
    """Make an entry in the house's own log of every line; gives back how many.

    A house that is not settled yet has no log of its own: its lines wait. `journal-differs` (unavailable) for
    a line that is none of ours.
    """
    lines = journal.lines()
    if not lines:
        return 0
    if not any(True for _ in o.standing.rows()):
        return 0
    own = house(o)
    for line in lines:
        note = _decode(line)
        await o.records.ready(own)
        record = Record(act=note.act, subject=note.holder, fields=_fields(o, note), person=_person(note))
        entry = o.records.seal(own, note.act_id, 0, record)
        act = Act(id=note.act_id, entries=(entry,), is_urgent=True, is_named=True)
        if isinstance(await o.gate.commit(act), Failed):
            raise unavailable("journal-gone")
    journal.clear()
    return len(lines)


def _fields(o: Opened, note: Note) -> dict[str, Plain]:
    fields: dict[str, Plain] = {
        "actor": NOBODY if note.public else "clock",
        "actor_kind": "person" if note.public else "clock",
        "phase": "single",
        "subject": note.holder,
        "generation": note.generation,
        "done_at": note.at,
    }
    known = [
        row
        for row in o.standing.all_of("credential", Credential)
        if note.public and row.public == note.public
    ]
    if known:
        fields |= {"actor": known[0].id, "organisation": known[0].organisation}
    if note.reason:
        fields["reason"] = note.reason
    if note.count:
        fields["count"] = note.count
    return fields


def _person(note: Note) -> dict[str, Plain]:
    return {"person": note.custodian} if note.custodian else {}


def _decode(line: bytes) -> Note:
    try:
        return msgspec.convert(canonical.decode(line), Note)
    except msgspec.ValidationError as error:
        raise unavailable("journal-differs") from error
