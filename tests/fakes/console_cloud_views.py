"""Views of connected clouds as a town's people would see them."""

import msgspec

from custodes.law.coverage import coverage, of_wire
from custodes.protocols.xks import guide
from custodes.web.console.views.clouds import (
    Bar,
    CloudDenial,
    CloudRow,
    CloudsView,
    CloudView,
    CoverageRow,
    CoverageView,
    GuideStep,
    Held,
    LentRow,
    Two,
)
from custodes.web.console.views.shell import Line

from .console_views import TOWN, at, proof

CONNECTION = "con-0123456789abcdefghjkmnpqrs"
PATH = f"/{CONNECTION}/kms/xks/v1"
CLOUDS = CloudsView(
    customer=TOWN,
    rows=(
        CloudRow(
            name="AWS Frankfurt",
            href=f"/clouds/{CONNECTION}",
            kind="xks",
            state="on",
            uses=412,
            denials=3,
            used_at=at(22, 8, 39, 12),
            checked_at=at(22, 8, 38),
        ),
        CloudRow(
            name="Microsoft 365",
            href=f"/clouds/{CONNECTION}",
            kind="dke",
            state="off",
            uses=0,
            denials=0,
            used_at=None,
            checked_at=None,
        ),
    ),
    folded=500,
)
CLOUDS_NONE = CloudsView(customer=TOWN, rows=(), folded=1)
CLOUD = CloudView(
    connection=CONNECTION,
    name="AWS Frankfurt",
    kind="xks",
    state="on",
    lines=(
        Line(label="customer", value=TOWN),
        Line(label="path", value=PATH, is_code=True),
        Line(label="made-at", moment=at(20, 9)),
        Line(label="setting-host", value="xks.lindenau.example", is_code=True),
    ),
    lent=(
        LentRow(key="meldedaten", href="/keys/key-1", name="meldedaten", verbs=("wrap", "unwrap")),
        LentRow(key="archiv", href="/keys/key-2", name="archiv", verbs=()),
    ),
    credentials=("CXKABCDEFGHIJKLMNOPQRSTUVWX23",),
    bars=(
        Bar(
            reason=Two(german="Ein Datenschlüssel wird geöffnet", english="A data key is opened"),
            count=398,
            width=100,
        ),
        Bar(reason=Two(german="Ein neuer Datenschlüssel", english="A new data key"), count=14, width=3),
    ),
    uses=412,
    uses_last_hour=77,
    folded=500,
    used_at=at(22, 8, 39, 12),
    checked_at=at(22, 8, 38),
    denials=(
        CloudDenial(
            at=at(22, 7, 2),
            rules=("customer/cloud-reasons-only",),
            operation="ReEncrypt",
            count=3,
            proof=proof(77, at(22, 7, 2), "machine"),
        ),
        CloudDenial(at=at(22, 7), rules=(), operation="", count=1, proof=proof(76, at(22, 7), "machine")),
    ),
    held=tuple(
        Held(
            service=one.service,
            holds=Two(german=one.holds_german, english=one.holds_english),
            is_confirmed=one.origin.confirmed,
        )
        for one in of_wire("xks")
    ),
    guide=tuple(
        GuideStep(code=one.code, command=one.command)
        for one in guide.steps("AWS", "xks.lindenau.example", PATH, ("meldedaten",), listens="127.0.0.1:9200")
    ),
    listens="",
    tried="",
)
CLOUD_OFF = msgspec.structs.replace(
    CLOUD, state="off", tried="holder-gone", guide=(), bars=(), denials=(), lent=(), credentials=()
)
COVERAGE = CoverageView(
    rows=tuple(
        CoverageRow(
            service=row.service,
            wire=row.wire,
            is_blind=row.is_blind,
            protects=Two(german=row.protects_german, english=row.protects_english),
            leaves=Two(german=row.leaves_german, english=row.leaves_english),
            holds=Two(german=row.holds_german, english=row.holds_english),
            source=row.origin.source,
            is_confirmed=row.origin.confirmed,
        )
        for row in coverage()
    ),
    read_on="2026-11-22",
)
