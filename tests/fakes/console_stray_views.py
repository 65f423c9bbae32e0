"""Pages of what belongs to nothing, as those who run the installation and a custodian see them."""

import msgspec

from custodes.web.console.views.shell import Line, Pager
from custodes.web.console.views.stored.strays import (
    StrayApproval,
    StrayRemoval,
    StrayRow,
    StraysAtView,
    StraysRow,
    StraysView,
)
from fakes.console_views import PASSKEY, at

HREF = "/strays/loc-01kb6cz0j5vhmgqb1w0m7x8r9t"
PLACE = StraysRow(
    name="Kommunalspeicher Kiel",
    store="s3://kommunalspeicher-kiel-mit-einem-langen-namen/custodes?endpoint=https://s3.example",
    href=HREF,
    count=1_204,
    size_bytes=412_316_860,
)
ROWS = (
    StrayRow(
        blob="blb-01kb6cz0j5vhmgqb1w0m7x8r9t", size_bytes=8_388_608, found_at=at(1, 9, 0), goes_since=None
    ),
    StrayRow(
        blob="blb-01kb6cz0j5vhmgqb1w0m7x8r9v", size_bytes=7, found_at=at(1, 9, 0), goes_since=at(22, 9, 0)
    ),
    StrayRow(blob="blb-01kb6cz0j5vhmgqb1w0m7x8r9w", size_bytes=0, found_at=None, goes_since=None),
)
LINES = (
    Line(label="place", value=PLACE.name),
    Line(label="found-by", moment=at(1, 9, 0)),
    Line(label="blobs", value="1000"),
    Line(label="size", size_bytes=412_316_860),
)
DOCUMENT = '{"bytes":412316860,"count":1000,"digest":"' + 43 * "A" + '=","location":"loc-01kb6cz0j5vhmgqb1w"}'
REMOVAL = StrayRemoval(
    place=PLACE,
    lines=LINES,
    rows=ROWS,
    count=1_000,
    most=1_000,
    document=DOCUMENT,
    action=f"{HREF}/removal",
    before="2026-11-01T08:00:00Z",
    digest=43 * "A" + "=",
    link=f"https://treuhand.example{HREF}/approval?document=" + 90 * "eyJi",
    command="custodes store strays remove loc-01kb6cz0j5vhmgqb1w0m7x8r9t --before 2026-11-01T08:00:00Z",
)
APPROVAL = StrayApproval(
    lines=(*LINES, Line(label="digest", value=43 * "A" + "=", is_code=True)),
    document=DOCUMENT,
    action=f"{HREF}/approval",
    text=90 * "eyJi",
    passkey=PASSKEY,
)
AT = StraysAtView(
    place=PLACE,
    rows=ROWS,
    pager=Pager(first=0, last=0, next_href=f"{HREF}?after=blb-01kb6cz0j5vhmgqb1w0m7x8r9w"),
    removal_href=f"{HREF}/removal",
    days=30,
    days_min=14,
    days_max=3_650,
    most=1_000,
    gone=1_000,
)


def _more(view, **changes):
    return msgspec.structs.replace(view, **changes)


STRAY_PAGES = {
    "strays": StraysView(rows=(PLACE, _more(PLACE, name="Paris-2", count=0, size_bytes=0))),
    "strays-at": AT,
    "stray-removal": _more(REMOVAL, is_other=True, refusal="strays-changed"),
    "stray-approval": APPROVAL,
}
