"""The log: entries, receipts, tiles of a customer's own sub-logs."""

from collections.abc import Callable, Mapping

import msgspec

from custodes.acts.asks.log import (
    Chain,
    Entries,
    EntryView,
    LookChain,
    LookEntries,
    LookNames,
    LookOpenings,
    LookVeilSeal,
    MakeReceipt,
    Names,
    Openings,
    ReceiptFile,
    SubLogTile,
    Tile,
    VeilSealFile,
)
from custodes.acts.asks.upkeep import EndHold, LookRetention, PlaceHold, Retention, SetRetention
from custodes.kernel.refusal import absent
from custodes.protocols.siem import ocsf, otlp, syslog
from custodes.web.kit.call import JSON, Call

from .asking import Row

_WHO = ("forbidden", "not-authenticated")
_SIGNED = ("asker-did-not-sign", "bad-signature-form", "signature-refused", "signatures-too-few")
_KINDS = ("machine", "exceptional")


class ReceiptQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`disclose`: names of the fields to be shown, with commas; without it all the asker may see."""

    grade: str = "witnessed"
    disclose: str = ""


def _log(call: Call) -> Mapping[str, object]:
    kind = call.path["kind"]
    if kind not in _KINDS:
        raise absent("no-such-thing")
    return {"log": f"{call.path['customer']}/{kind}"}


def _receipt(call: Call) -> Mapping[str, object]:
    named = tuple(one for one in getattr(call.query, "disclose", "").split(",") if one)
    return {**_log(call), "disclose": named or None}


def _tile(call: Call) -> Mapping[str, object]:
    return {**_log(call), "path": f"tile/{call.path['path']}"}


def _lines(rendered: Callable[[EntryView], bytes]) -> Callable[[Entries], bytes]:
    return lambda page: b"".join(rendered(one) + b"\n" for one in page.entries)


def _events(name: str, media: str, raw: Callable[[Entries], bytes], what: str) -> Row:
    return Row(
        method="GET",
        path=f"/v1/customers/{{customer}}/events/{name}",
        name=f"list-events-{name}",
        action="log:read",
        ask=LookEntries,
        gives=Entries,
        summary=f"Entries oldest first, without person fields, as {what}, and where to go on",
        fixed={"before": None, "hides_persons": True},
        raw=raw,
        media=media,
        headers=lambda page: (("custodes-next-after", page.next_after or "0.0"),),
        make=_from_the_start,
        refusals=(*_WHO, "bad-limit", "bad-place", "bad-time", "no-such-thing"),
    )


def _from_the_start(call: Call) -> Mapping[str, object]:
    after = getattr(call.query, "after", None)
    return {"after": "0.0"} if after is None else {}


_RETENTION = (
    Row(
        method="GET",
        path="/v1/customers/{customer}/retention",
        name="get-retention",
        action="log:read",
        ask=LookRetention,
        gives=Retention,
        summary="For how long each class of entries can be opened, what holds some, what would be destroyed",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/customers/{customer}/retention",
        name="set-retention",
        action="retention:change",
        ask=SetRetention,
        gives=Retention,
        summary="Set the terms of a customer's entries, signed by two organisations, his own among them",
        refusals=(*_WHO, *_SIGNED, "bad-term", "no-such-thing", "source-missing"),
    ),
    Row(
        method="POST",
        path="/v1/customers/{customer}/holds",
        name="place-hold",
        action="retention:hold",
        ask=PlaceHold,
        gives=Retention,
        summary="Keep entries beyond their term",
        refusals=(*_WHO, "bad-hold", "no-such-thing", "source-missing"),
    ),
    Row(
        method="POST",
        path="/v1/customers/{customer}/holds/{hold}/end",
        name="end-hold",
        action="retention:change",
        ask=EndHold,
        gives=Retention,
        summary="End a hold, signed by two organisations, the customer's own among them",
        refusals=(*_WHO, *_SIGNED, "no-such-thing"),
    ),
)

ROWS = (
    *_RETENTION,
    Row(
        method="GET",
        path="/v1/customers/{customer}/entries",
        name="list-entries",
        action="log:read",
        ask=LookEntries,
        gives=Entries,
        summary="Entries opened to the asker, newest first (oldest first with `after`), and their number",
        refusals=(*_WHO, "bad-limit", "bad-place", "bad-time", "no-such-thing"),
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
        form=ReceiptQuery,
        make=_receipt,
        raw=lambda answer: answer.document,
        refusals=(*_WHO, "bad-grade", "destroyed-under-retention", "no-such-thing", "not-yet-witnessed"),
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
        refusals=(*_WHO, "bad-tile-path", "no-such-thing"),
    ),
    _events("ocsf", "application/x-ndjson", _lines(ocsf.rendered), "OCSF events, a line each"),
    _events("otlp", JSON, lambda page: otlp.rendered(page.entries), "one OTLP/JSON request of log records"),
    _events("syslog", "text/plain; charset=utf-8", _lines(syslog.rendered), "syslog messages, a line each"),
    Row(
        method="GET",
        path="/v1/log/{customer}/{kind}/chain",
        name="get-chain",
        action="log:read",
        ask=LookChain,
        gives=Chain,
        summary="The heads a sub-log had at the epochs at which it had changed, its slot and the slot's key",
        fixed={"log": ""},
        make=_log,
        refusals=(*_WHO, "bad-limit", "no-such-thing", "slot-key-unknown"),
    ),
    Row(
        method="GET",
        path="/v1/log/{customer}/{kind}/openings",
        name="list-openings",
        action="log:prove",
        ask=LookOpenings,
        gives=Openings,
        summary="Leaves with the openings that prove what they say (docs/formats/entry.md), oldest first",
        fixed={"log": ""},
        make=_log,
        refusals=(*_WHO, "bad-limit", "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/customers/{customer}/veils/{day}/seal",
        name="get-veil-seal",
        action="log:prove",
        ask=LookVeilSeal,
        gives=VeilSealFile,
        summary="A day's veil sealed to the seal auditors, as a file (docs/formats/veil-seal.md)",
        documents=("document", "opening"),
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/buckets/{bucket}/names",
        name="list-names",
        action="log:read",
        ask=LookNames,
        gives=Names,
        summary="Every version by its own id under its name, as the index has it, to compare with entries",
        refusals=(*_WHO, "no-such-thing"),
    ),
)
