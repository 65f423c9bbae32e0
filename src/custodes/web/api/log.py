"""The log: entries, receipts, tiles of a customer's own sub-logs."""

from collections.abc import Mapping

from custodes.acts.asks.log import (
    Entries,
    LookEntries,
    MakeReceipt,
    ReceiptFile,
    SubLogTile,
    Tile,
)
from custodes.kernel.refusal import absent
from custodes.web.kit.call import Call

from .asking import Row

_WHO = ("forbidden", "not-authenticated")
_KINDS = ("machine", "exceptional")


def _log(call: Call) -> Mapping[str, object]:
    kind = call.path["kind"]
    if kind not in _KINDS:
        raise absent("no-such-thing")
    return {"log": f"{call.path['customer']}/{kind}"}


def _tile(call: Call) -> Mapping[str, object]:
    return {**_log(call), "path": f"tile/{call.path['path']}"}


ROWS = (
    Row(
        method="GET",
        path="/v1/customers/{customer}/entries",
        name="list-entries",
        action="log:read",
        ask=LookEntries,
        gives=Entries,
        summary="Entries opened to the asker, newest first, with the size of both sub-logs",
        refusals=(*_WHO, "bad-limit", "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/log/{customer}/{kind}/{index}/receipt",
        name="get-receipt",
        action="log:prove",
        ask=MakeReceipt,
        gives=ReceiptFile,
        summary="The receipt of an entry as a file (docs/formats/receipt.md); `grade` sequenced or witnessed",
        fixed={"log": "", "disclose": None},
        make=_log,
        raw=lambda answer: answer.document,
        refusals=(*_WHO, "bad-grade", "no-such-thing", "not-yet-witnessed"),
    ),
    Row(
        method="GET",
        path="/v1/log/{customer}/{kind}/tile/{path:path}",
        name="get-tile",
        action="log:read",
        ask=SubLogTile,
        gives=Tile,
        summary="A tile or entry bundle of a sub-log, by its tlog-tiles path",
        fixed={"log": ""},
        make=_tile,
        raw=lambda answer: answer.body,
        media="application/octet-stream",
        refusals=(*_WHO, "no-such-thing"),
    ),
)
