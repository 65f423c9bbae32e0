"""Metering: what a customer used on each day, counted from his own entries and from nothing else.

The trustee bills by it, the customer repeats it over what his monitor was shown, and both get the same bytes.
Person fields are not needed but for one thing: where an object's name was erased, a version that another one
of that name replaced is still counted as stored (`unnamed` says how many there are).
Format: docs/reference/metering.md.
"""

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from custodes.kernel.refusal import malformed
from custodes.ledger.vocabulary import SubLog, sub_log
from custodes.objects.audit import Deed, Noted, noted_of
from custodes.objects.version import Versioning

Fields = Mapping[str, Any]

PROTOCOLS: Mapping[str, str] = {"key": "keys", "object": "s3", "upload": "s3", "bucket": "s3"}
_BEGINS = ("single", "admission")
_MONTH = re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])")


class Day(msgspec.Struct, kw_only=True):
    """One day (UTC) of one customer. Sizes are plain bytes; what is stored as the day ended."""

    customer: str
    day: str
    uses_keys: int = 0
    uses_s3: int = 0
    uses_clouds: int = 0
    denials: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    objects: int = 0
    bytes_stored: int = 0
    unnamed: int = 0
    cases: int = 0
    entries_machine: int = 0
    entries_exceptional: int = 0


COLUMNS = Day.__struct_fields__


def metered(customer: str, month: str, machine: Iterable[Fields], exceptional: Iterable[Fields]) -> bytes:
    """The month (`YYYY-MM`) as CSV (RFC 4180), a line for each day on which something was entered.

    Both sub-logs from their first entry on, each in its own order, opened. `bad-month` (malformed).
    """
    meter = Meter(customer, month)
    for fields in heapq.merge(machine, exceptional, key=at):
        meter.add(fields)
    return meter.csv()


class Change(msgspec.Struct, frozen=True, array_like=True):
    """By how much an entry changed what is stored: versions, their plain bytes, versions without a name."""

    objects: int = 0
    size_bytes: int = 0
    unnamed: int = 0


NO_CHANGE = Change()


class Meter:
    """Takes entries in the order of their times, of one second those of the machine log first."""

    def __init__(self, customer: str, month: str) -> None:
        """`bad-month` (malformed)."""
        check_month(month)
        self._customer = customer
        self._month = month
        self._held = _Held()
        self._cases: set[str] = set()
        self._days: dict[str, tuple[Day, list[Change]]] = {}
        self._before: list[Change] = []

    def add(self, fields: Fields) -> bool:
        """Count one entry; False for one that is later than the month, and is not counted.

        A veil is written every day whether anything was done or not, and is passed by.
        """
        if is_passed_by(fields):
            return True
        day = at(fields)[:10]
        if day[:7] > self._month:
            return False
        noted = noted_of(fields)
        change = NO_CHANGE if noted is None else self._held.take(noted, int(fields.get("bytes", 0)))
        case = fields.get("case")
        is_new = case is not None and case not in self._cases
        if is_new:
            self._cases.add(str(case))
        if day[:7] < self._month:
            self._before.append(change)
            self._before = [summed(self._before)]
            return True
        row, changes = self._days.setdefault(day, (Day(customer=self._customer, day=day), []))
        count(row, fields)
        row.cases += is_new
        changes.append(change)
        return True

    def csv(self) -> bytes:
        """The month's lines."""
        rows = [(row, summed(changes)) for _, (row, changes) in sorted(self._days.items())]
        return to_csv(stocked(summed(self._before), rows))


def check_month(month: str) -> None:
    """`bad-month` (malformed) for anything but `YYYY-MM`."""
    if _MONTH.fullmatch(month) is None:
        raise malformed("bad-month")


def is_passed_by(fields: Fields) -> bool:
    """A veil, which has no time of its own, is counted nowhere."""
    return fields.get("act") == "veil" or "at" not in fields


def summed(changes: Iterable[Change]) -> Change:
    """All of them together."""
    objects = size = unnamed = 0
    for one in changes:
        objects, size, unnamed = objects + one.objects, size + one.size_bytes, unnamed + one.unnamed
    return Change(objects, size, unnamed)


def stocked(before: Change, rows: Iterable[tuple[Day, Change]]) -> Iterator[Day]:
    """Each day, in order, with what was stored as it ended; `before` is what was stored before the first."""
    for row, change in rows:
        before = summed((before, change))
        row.objects, row.bytes_stored, row.unnamed = before.objects, before.size_bytes, before.unnamed
        yield row


def at(fields: Fields) -> str:
    """When an entry was put in order: text that sorts as time. A veil has none; it stands where it stands."""
    return str(fields.get("at", ""))


def to_csv(rows: Iterable[Day]) -> bytes:
    """A header and a line for each, ends of line CRLF. Nothing in it needs quotes: ids, days and numbers."""
    lines = [",".join(COLUMNS)]
    lines += [",".join(str(getattr(row, name)) for name in COLUMNS) for row in rows]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def rows_of(raw: bytes) -> list[dict[str, str | int]]:
    """The lines of such a CSV, by column; figures as numbers."""
    head, *lines = (line.split(",") for line in raw.decode("ascii").splitlines())
    return [
        {name: int(text) if text.isdigit() else text for name, text in zip(head, line, strict=True)}
        for line in lines
    ]


class _Held:
    """What the customer's buckets hold after the entries so far: versions with their sizes."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._null: dict[tuple[str, str], str] = {}  # (bucket, name) -> the version a next one replaces
        self._unnamed: set[str] = set()
        self._bytes = 0

    def take(self, noted: Noted, size: int) -> Change:
        before = self._figures()
        if noted.deed is Deed.REMOVE:
            self._drop(noted.version)
            return self._since(before)
        if noted.name is not None and noted.versioning is not Versioning.ENABLED:
            self._drop(self._null.get((noted.bucket, noted.name), ""))
            self._null[noted.bucket, noted.name] = noted.version
        if noted.deed is Deed.PUT:
            self._sizes[noted.version] = size
            self._bytes += size
            if noted.name is None:
                self._unnamed.add(noted.version)
        return self._since(before)

    def _figures(self) -> Change:
        return Change(len(self._sizes), self._bytes, len(self._unnamed))

    def _since(self, before: Change) -> Change:
        now = self._figures()
        return Change(
            now.objects - before.objects, now.size_bytes - before.size_bytes, now.unnamed - before.unnamed
        )

    def _drop(self, version: str) -> None:
        self._bytes -= self._sizes.pop(version, 0)
        self._unnamed.discard(version)


def count(day: Day, fields: Fields) -> None:
    """Count one entry in its day; what is stored, and cases that are new, are the caller's to say."""
    act, phase = str(fields["act"]), fields["phase"]
    if sub_log(fields) is SubLog.MACHINE:
        day.entries_machine += 1
    else:
        day.entries_exceptional += 1
    if fields.get("decision") == "deny" or act == "denial":
        day.denials += int(fields.get("count", 1))
        return
    if act == "object.lease":  # its end says how many reads it was; one that is not said counts nothing
        if phase == "outcome":
            day.uses_s3 += int(fields.get("count", 0))
            day.bytes_out += int(fields.get("bytes", 0))
        return
    protocol = PROTOCOLS.get(act.partition(".")[0])
    is_use = protocol is not None and phase in _BEGINS
    if is_use and (protocol == "s3" or act in {"key.wrap", "key.unwrap"}):
        if protocol == "s3":
            day.uses_s3 += 1
        elif "connection" in fields:
            day.uses_clouds += 1
        else:
            day.uses_keys += 1
    if act == "object.put" and "versioning" in fields:
        day.bytes_in += int(fields.get("bytes", 0))
    if act == "object.get" and phase == "outcome":
        outcomes = fields.get("outcomes")
        day.bytes_out += sum(one[2] for one in outcomes) if outcomes else int(fields.get("bytes", 0))
