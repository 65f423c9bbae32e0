"""Views of the log, of one entry, and of refusals, as all fixtures show them."""

import msgspec

from custodes.web.console.views.fault import FaultView
from custodes.web.console.views.log import (
    Checkpoint,
    DestroyedRow,
    EntryRow,
    EntryView,
    GapRow,
    LogFilter,
    LogView,
    LostRow,
    Opened,
    Reasoned,
)
from custodes.web.console.views.shell import Pager

from .console_views import OBJECT, REFERENCE, SUPPLIER, TOWN, at

LOG = LogView(
    filter=LogFilter(log="", act="object.get", since="2026-11-01"),
    acts=("key.unwrap", "object.get", "kill", "grant.use"),
    destroyed=(
        DestroyedRow(
            log="machine",
            first=0,
            last=1_023,
            at=at(1, 3, 2),
            href="/log/cus-00000000000000000000000000/exceptional/77",
        ),
    ),
    rows=(
        EntryRow(
            log="exceptional",
            entry=412,
            at=at(22, 8, 34),
            act="grant.use",
            who="Jonas Wirth",
            organisation=SUPPLIER,
            fields=(
                Opened(name="object_name", value=f"meldedaten/{OBJECT}"),
                Opened(name="purpose", value="Fehlersuche, Ticket MW-8841"),
                Opened(name="bytes", value="8812004"),
            ),
            receipt_href="/log/exceptional/412/receipt",
            more=(Opened(name="policies", value="granted-access, house-may-object-read"),),
            case_href=f"/cases/{REFERENCE}",
        ),
        EntryRow(
            log="machine",
            entry=20_941,
            at=at(22, 8, 39, 12),
            act="key.unwrap",
            who="Meldeverfahren",
            organisation=TOWN,
            fields=(
                Opened(name="key", value="meldedaten, 3"),
                Opened(name="purpose", value="object.get"),
                Opened(name="object_name", value=None, why="erased"),
            ),
            receipt_href="/log/machine/20941/receipt",
        ),
    ),
    gaps=(
        GapRow(
            first=20_411,
            last=20_977,
            since=at(21, 6),
            until=at(21, 6, 40),
            opens="rechenhaus-nord.example/custodes/2",
            kept=(("exceptional", 402), ("machine", 20_100)),
            href="/log/cus-0/exceptional/403",
        ),
    ),
    lost=(
        LostRow(log="machine", first=19_004, last=19_811, at=at(20, 7), href="/log/cus-0/exceptional/399"),
    ),
    checkpoint=Checkpoint(
        origin="rechenhaus-nord.example/custodes/root",
        size=61_204,
        root="0xk3o4mZbq2J8v0o7y1dQ5f3mW9cUe6hTn2Lr8aPp4s=",
        href="/log/checkpoint",
    ),
    sizes=(("exceptional", 413), ("machine", 20_941)),
    has_pins=True,
    pager=Pager(first=1, last=2, total=21_353, next_href="/log?after=20940"),
    command="custodes verify receipt-20941.json --keys rechenhaus-nord.keys",
)
ENTRY = EntryView(
    row=msgspec.structs.replace(
        LOG.rows[0],
        act="denial",
        fields=(
            *LOG.rows[0].fields,
            Opened(name="bucket", value="meldedaten", id="bkt-1h2j3k4m5n6p7q8r9s0t1v2w3x"),
            Opened(name="decision", value="deny", table="choice"),
        ),
    ),
    whys=(
        Reasoned(
            de="Nur der Kunde selbst erreicht seine Daten ohne Freigabe.",
            en="Only the customer himself reaches his data without a grant.",
            changed_by="nobody",
            lifted_by="lockbox:request",
        ),
    ),
    command="custodes verify receipt.json --pins pins.json",
    explain="custodes explain cus-1h2j3k4m5n6p7q8r9s0t1v2w3x/machine:412",
)
LOG_EMPTY = LogView(
    filter=LogFilter(),
    acts=(),
    rows=(),
    checkpoint=None,
    pager=Pager(first=0, last=0),
    command="custodes verify FILE",
)
FAULTS = {
    kind: FaultView(status=status, code=code, kind=kind, request="req-1h2j3k4m5n6p7q8r9s0t1v2w3x")
    for status, kind, code in (
        (400, "malformed", "malformed-query"),
        (401, "unauthenticated", "no-credential"),
        (403, "denied", "stale-form"),
        (404, "absent", "no-such-path"),
        (409, "conflict", "state-changed"),
        (423, "locked", "house-sealed"),
        (429, "limited", "too-many-tries"),
        (503, "unavailable", "keyroom-gone"),
        (500, "broken", "broken"),
    )
}
