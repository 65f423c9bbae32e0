"""Views of connected clouds as a town's people would see them."""

import msgspec

from custodes.law.coverage import coverage, of_wire
from custodes.parties.connections import SETTINGS, ConnectionKind
from custodes.protocols.guides import kms_v2, transit
from custodes.protocols.guides import xks as guide
from custodes.web.console.views.clouds import (
    Bar,
    CloudDenial,
    CloudForm,
    CloudRow,
    CloudSecret,
    CloudSign,
    CloudsView,
    CloudView,
    CoverageRow,
    CoverageView,
    CredentialLine,
    GuideStep,
    Held,
    LendRow,
    LentRow,
    ProgramRow,
    ProgramsView,
    SettingField,
    Two,
)
from custodes.web.console.views.shell import AsOf, DayBar, Line

from .console_views import PASSKEY, TOWN, at, proof

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
    as_of=AsOf(at=at(22, 8, 40), behind=1),
    may_change=True,
)
CLOUDS_NONE = CloudsView(customer=TOWN, rows=(), as_of=AsOf(), may_change=True)
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
    credentials=(
        CredentialLine(
            id="crd-0123456789abcdefghjkmnpqrs",
            access_id="CXKABCDEFGHIJKLMNOPQRSTUVWX23",
            label="seit dem Umzug",
            made_at=at(20, 9),
        ),
    ),
    takes_credentials=True,
    may_change=True,
    bars=(
        Bar(
            reason=Two(german="Ein Datenschlüssel wird geöffnet", english="A data key is opened"),
            count=398,
            width=100,
        ),
        Bar(reason=Two(german="Ein neuer Datenschlüssel", english="A new data key"), count=14, width=3),
    ),
    uses=412,
    uses_today=77,
    days=tuple(DayBar(day=at(n, 12), count=n * 3, height=n * 4) for n in range(1, 23)),
    refused=3,
    as_of=AsOf(at=at(22, 8, 40), behind=12),
    used_at=at(22, 8, 39, 12),
    checked_at=at(22, 8, 38),
    denials=(
        CloudDenial(
            at=at(22, 7, 2),
            reason="forbidden",
            rules=("customer/cloud-reasons-only",),
            operation="ReEncrypt",
            count=3,
            proof=proof(77, at(22, 7, 2), "machine"),
        ),
        CloudDenial(
            at=at(22, 7),
            reason="caller-not-listed",
            rules=(),
            operation="",
            count=1,
            proof=proof(76, at(22, 7), "machine"),
        ),
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
_CHOICES = ("-", "both", "wrap", "unwrap", "none")
CLOUD_FORM = CloudForm(
    customer=TOWN,
    connection="",
    kind="xks",
    name="",
    rows=(
        LendRow(key="key-1", key_name="meldedaten", name="meldedaten", chosen="both", choices=_CHOICES),
        LendRow(key="key-2", key_name="archiv", name="", chosen="-", choices=_CHOICES),
    ),
    settings=tuple(
        SettingField(
            name=one.name,
            label=Two(german=one.german, english=one.english),
            value="",
            is_list=one.values_max > 1,
        )
        for one in SETTINGS[ConnectionKind.XKS]
    ),
    is_cut=True,
    may_change=True,
    back_href="/clouds",
    refusal="bad-connection",
)
CLOUD_SIGN = CloudSign(
    what="set",
    name="AWS Frankfurt",
    customer=TOWN,
    before=(("name", "AWS"), ("lent", "meldedaten (wrap, unwrap)"), ("setting-host", "")),
    after=(
        ("name", "AWS Frankfurt"),
        ("lent", "meldedaten (wrap, unwrap)"),
        ("setting-host", "xks.lindenau.example"),
    ),
    hidden=(("what", "set"),),
    passkey=PASSKEY,
    command="custodes connection set --customer cus-1 --key-file KEYFILE --name NAME",
    back_href="/clouds",
)
CLOUD_SECRET = CloudSecret(
    name="AWS Frankfurt",
    access_id="CXKABCDEFGHIJKLMNOPQRSTUVWX23",
    secret="nur-zum-Zeigen-nur-zum-Zeigen-nur-zum-Zeigen",
    lines="export XKS_ACCESS_ID=CXKABCDEFGHIJKLMNOPQRSTUVWX23",
    file=guide.configuration(PATH, "CXKABCDEFGHIJKLMNOPQRSTUVWX23", "nur-zum-Zeigen").decode(),
    back_href=f"/clouds/{CONNECTION}",
)
PROGRAMS = ProgramsView(
    customer=TOWN,
    rows=(ProgramRow(name="Fachverfahren Meldewesen", uses=120, used_at=at(22, 8, 39, 12)),),
    bars=CLOUD.bars,
    denials=CLOUD.denials,
    uses=120,
    refused=3,
    as_of=AsOf(at=at(22, 8, 40)),
    listens="127.0.0.1:9400",
    socket="",
    transit=tuple(
        GuideStep(code=one.code, command=one.command)
        for one in transit.steps("", ("meldedaten",), listens="127.0.0.1:9400")
    ),
    kms=tuple(GuideStep(code=one.code, command=one.command) for one in kms_v2.steps("meldedaten", "")),
)
