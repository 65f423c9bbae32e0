"""`custodes export`: what opens a customer's objects, handed to the customer."""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.documents import export_document
from custodes.acts.asks.exports import (
    BeginExport,
    EndExport,
    ExportSheet,
    ExportView,
    LookExports,
    TakeExport,
)
from custodes.adapters import private_file
from custodes.cli.speech import Asker, reaching, signing
from custodes.cli.speech.options import APPROVAL_HELP, FILE
from custodes.kernel.refusal import Kind, Refusal, absent
from custodes.objects.export import DAYS_DEFAULT, DAYS_MAX, VERSIONS_MAX

PLACE = "export.json"
TRIES = 30

_CUSTOMER = click.option("--customer", required=True, help="Id of the customer.")


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far an export was taken: for each bucket where it goes on, None once it is whole."""

    export: str
    after: dict[str, str | None]
    sheets: int = 0
    versions: int = 0
    size_bytes: int = 0


@click.group("export")
def export() -> None:
    """What opens a customer's objects, handed to the customer: data keys and manifests, sealed to his key."""


@export.command("begin")
@_CUSTOMER
@click.option("--recipient", required=True, help="age recipient (age1...) of the customer: `age-keygen`.")
@click.option("--location", required=True, help="Id or name of the location where the export will lie.")
@click.option("--reason", required=True, help="Why; stands in the log.")
@click.option("--bucket", "buckets", multiple=True, help="Only these buckets; else all of the customer's.")
@click.option(
    "--days",
    type=click.IntRange(1, DAYS_MAX),
    default=DAYS_DEFAULT,
    show_default=True,
    help="How long sheets may be taken.",
)
@click.option(
    "--document",
    "save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Only write what is to be signed here.",
)
@click.option("--approval", "approvals", type=FILE, multiple=True, help=APPROVAL_HELP)
@signing
def begin(  # noqa: PLR0913 - one parameter per option, given by name
    asker: Asker,
    *,
    customer: str,
    recipient: str,
    location: str,
    reason: str,
    buckets: tuple[str, ...],
    days: int,
    save: Path | None,
    approvals: tuple[Path, ...],
) -> None:
    """Begin an export. Two people of the customer sign; nobody else has to agree."""
    bare = BeginExport(asker.evidence, customer, recipient, location, reason, buckets, days)
    document = export_document(asker.look().id, bare)
    if save is not None:
        save.write_bytes(document)
        asker.pairs({"document": str(save)}, {"document": save})
        return
    signatures = (asker.sign(document), *(path.read_bytes().strip() for path in approvals))
    _show(asker, asker.ask(msgspec.structs.replace(bare, approvals=signatures)))


@export.command("list")
@_CUSTOMER
@reaching
def list_exports(asker: Asker, *, customer: str) -> None:
    """Every export of a customer, newest first."""
    found = asker.ask(LookExports(asker.evidence, customer))
    rows = ((row.id, row.state, row.begun_at, row.lapses_at, row.reason) for row in found.exports)
    asker.rows(found, ("export", "state", "begun", "lapses", "reason"), rows)


@export.command("take")
@click.argument("export_id", metavar="EXPORT")
@_CUSTOMER
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the sheets. A run that broke off goes on there.",
)
@click.option(
    "--versions",
    type=click.IntRange(1, VERSIONS_MAX),
    default=VERSIONS_MAX,
    show_default=True,
    help="Object versions in one sheet.",
)
@reaching
def take(asker: Asker, *, export_id: str, customer: str, out: Path, versions: int) -> None:
    """Take every sheet of an export. Each has its entry in the log before a key is opened."""
    rows = asker.ask(LookExports(asker.evidence, customer)).exports
    row = next((one for one in rows if one.id == export_id), None)
    if row is None:
        raise absent("no-such-export")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = _begun(out, row)
    with asker.progress("buckets") as show:
        for number, bucket in enumerate(row.buckets):
            show(number, len(row.buckets))
            while (after := place.after[bucket]) is not None:
                given = _given(asker, TakeExport(asker.evidence, row.id, bucket, after, versions))
                place = _kept(out, place, bucket, given)
    asker.pairs(
        {"export": row.id, "sheets": place.sheets, "versions": place.versions, "bytes": place.size_bytes},
        {
            "export": row.id,
            "sheets": place.sheets,
            "versions": place.versions,
            "bytes of plain data": place.size_bytes,
            "in": out,
            "next": "age --decrypt each sheet, then custodes_recover.py with a copy of the store's objects",
        },
    )


@export.command("end")
@click.argument("export_id", metavar="EXPORT")
@reaching
def end(asker: Asker, *, export_id: str) -> None:
    """Give no further sheet of an export."""
    _show(asker, asker.ask(EndExport(asker.evidence, export_id)))


def _given(asker: Asker, ask: TakeExport) -> ExportSheet:
    """A sheet; asked again while the witnesses take their time, or somebody writes meanwhile."""
    for _ in range(TRIES - 1):
        try:
            return asker.ask(ask)
        except Refusal as refusal:
            if refusal.kind is not Kind.LIMITED and refusal.code != "changed-meanwhile":
                raise
    return asker.ask(ask)


def _begun(out: Path, row: ExportView) -> _Place:
    file = out / PLACE
    if file.exists():
        place = msgspec.json.decode(file.read_bytes(), type=_Place)
        if place.export == row.id:
            return place
        raise click.UsageError(f"{out} holds another export: {place.export}")
    return _Place(export=row.id, after=dict.fromkeys(row.buckets, ""))


def _kept(out: Path, place: _Place, bucket: str, given: ExportSheet) -> _Place:
    """The sheet first, then how far we are: a run that dies in between takes this sheet again."""
    number = place.sheets + 1
    sheet = out / f"sheet-{number:05}.age"
    sheet.unlink(missing_ok=True)
    private_file.write_new(sheet, given.sealed)
    done = msgspec.structs.replace(
        place,
        after={**place.after, bucket: given.after or None},
        sheets=number,
        versions=place.versions + given.count,
        size_bytes=place.size_bytes + given.size_bytes,
    )
    new = out / f"{PLACE}.new"
    new.write_bytes(msgspec.json.format(msgspec.json.encode(done), indent=1))
    new.replace(out / PLACE)
    return done


def _show(asker: Asker, row: ExportView) -> None:
    asker.pairs(
        row,
        {
            "export": row.id,
            "customer": row.customer,
            "state": row.state,
            "buckets": list(row.buckets),
            "recipient": row.recipient,
            "location": row.location,
            "reason": row.reason,
            "begun": row.begun_at,
            "lapses": row.lapses_at,
        },
    )
