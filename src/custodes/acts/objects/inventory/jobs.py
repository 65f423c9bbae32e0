"""How far a report is: a row per configuration, due from a time on, changed by whoever found it as it was.

A report is data files, then `symlink.txt`, `manifest.json` and `manifest.checksum`; the last says that it is
whole. Each file is one write, and the row moves in the transaction that adds it: a crash between loses at
most the file on its way, and of two who write the same file the second is refused.
"""

from datetime import datetime

import msgspec

from custodes.acts.asks.buckets.inventory import InventoryView
from custodes.acts.writing.object_rows import InventoryRow
from custodes.kernel import canonical
from custodes.kernel.clock import from_text, to_text
from custodes.objects.rules.inventory import (
    File,
    Inventory,
    checksum_of,
    manifest_name,
    manifest_of,
    next_at,
    symlink_of,
)

SYMLINK, MANIFEST, CHECKSUM = "symlink.txt", "manifest.json", "manifest.checksum"
CLOSING = (SYMLINK, MANIFEST, CHECKSUM)


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`begun_at` is empty between reports. `name`, `seq` is the place behind the last line that is in a
    file; `closing` counts the files behind the data files. `rule` is what the running report was begun with.
    """

    begun_at: str = ""
    rule: Inventory | None = None
    name: str = ""
    seq: int = 0
    is_listed: bool = False
    files: tuple[File, ...] = ()
    closing: int = 0
    reported_at: str = ""
    lines: int = 0
    problem: str = ""


def job_of(row: InventoryRow | None) -> Job:
    """A row's job; a new one where there is no row."""
    return Job() if row is None or not row.body else msgspec.json.decode(row.body, type=Job)


def job_row(bucket: str, inventory: str, at: datetime, job: Job) -> InventoryRow:
    """A job as it is stored, due from `at` on."""
    body = canonical.encode(msgspec.to_builtins(job))
    return InventoryRow(bucket=bucket, inventory=inventory, at=at, body=body)


def begun(job: Job, rule: Inventory, now: datetime) -> Job:
    """A report from the beginning."""
    return Job(begun_at=to_text(now), rule=rule, reported_at=job.reported_at, lines=job.lines)


def filed(job: Job, file: File, place: tuple[str, int], *, is_end: bool) -> Job:
    """The job with one more data file, which ends at this place."""
    return msgspec.structs.replace(
        job, files=(*job.files, file), name=place[0], seq=place[1], is_listed=is_end, problem=""
    )


def next_file(job: Job, source: str) -> tuple[str, bytes] | None:
    """Name and content of the file that comes next behind the data files; None when all are there."""
    if job.rule is None or job.closing >= len(CLOSING):
        return None
    kind, begun_at = CLOSING[job.closing], from_text(job.begun_at)
    manifest = manifest_of(job.rule, source, begun_at, job.files)
    content = {
        SYMLINK: symlink_of(job.rule, job.files),
        MANIFEST: manifest,
        CHECKSUM: checksum_of(manifest),
    }[kind]
    return manifest_name(job.rule, source, begun_at, kind), content


def ended(job: Job, rule: Inventory) -> tuple[Job, datetime]:
    """The job after its last file, and when the next report is due."""
    done = Job(reported_at=job.begun_at, lines=sum(one.lines for one in job.files))
    return done, next_at(rule, from_text(job.begun_at))


def view_of(rule: Inventory, job: Job) -> InventoryView:
    """As people see it."""
    return InventoryView(
        id=rule.id,
        is_enabled=rule.is_enabled,
        destination=rule.destination,
        destination_prefix=rule.destination_prefix,
        frequency=rule.frequency,
        prefix=rule.prefix,
        reported_at=job.reported_at,
        lines=job.lines,
        is_running=bool(job.begun_at),
        problem=job.problem,
    )
