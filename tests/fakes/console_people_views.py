"""Views of issuers, cover, notices, witnesses and watching, as a town's people would see them."""

from datetime import date

from custodes.web.console.views.people import (
    CalendarRow,
    CoverView,
    Day,
    DelegationSign,
    IssuerRow,
    IssuersView,
    NoticeRow,
    NoticesView,
    Stretch,
    Tried,
    UntoldRow,
)
from custodes.web.console.views.shell import Option
from custodes.web.console.views.watch import (
    AuditorRow,
    ConflictRow,
    Counted,
    PolicyRow,
    WatchView,
    WitnessesView,
    WitnessRow,
)
from fakes.console_views import CREDENTIAL, PASSKEY, TOWN, TRUSTEE, at, proof

ISSUER = IssuerRow(
    id="iss-1h2j3k4m5n6p7q8r9s0t1v2w3x",
    name="Anmeldung der Stadt",
    url="https://login.lindenau.example/realms/stadt",
    client="custodes",
    redirect="https://treuhand.example/sign-in/returned",
    trouble="",
    is_off=False,
    is_listed=True,
    admits_unknown=True,
    minutes=480,
    mapping=(("CN=Sachbearbeitung,OU=Gruppen,DC=lindenau,DC=example", "reader"), ("amtsleitung", "approver")),
    tokens=(CREDENTIAL,),
)
TRIED = Tried(
    issuer=ISSUER.id,
    ends_in="session",
    subject="f1d2c3b4-0000-4a4a-9b9b-1234567890ab",
    name="Aylin Brandt",
    person="Aylin Brandt",
    groups=("amtsleitung", "alle"),
    mapped=(("amtsleitung", "approver"),),
    roles=("approver",),
)
ISSUERS = IssuersView(
    organisation=TOWN, rows=(ISSUER,), may_change=True, tried=TRIED, proof=proof(211, at(21, 9, 4))
)
DELEGATION = DelegationSign(
    organisation=TOWN,
    taker="Dr. Mechthild Sörensen-Wiese",
    since=at(22, 0),
    until=at(26, 0),
    hidden=(("person", "per-3"),),
    command="custodes cover delegate per-3 --since 2026-11-22 --until 2026-11-26",
    passkey=PASSKEY,
    refusal="bad-delegation",
)
COVER = CoverView(
    organisation=TOWN,
    may_delegate=True,
    days=tuple(date(2026, 11, 22 + n) for n in range(8)) + tuple(date(2026, 12, 1 + n) for n in range(6)),
    rows=(
        CalendarRow(name="Aylin Brandt", days=(Day(marks=("is-away",)),) * 4 + (Day(),) * 10),
        CalendarRow(name="Jonas Voß", days=(Day(marks=("stands-in", "on-call")),) * 4 + (Day(),) * 10),
    ),
    gaps=(Stretch(kind="nobody-on-call", since=at(26, 0), until=at(30, 0)),),
    stretches=(
        Stretch(
            kind="absence",
            name="Aylin Brandt",
            other="Jonas Voß",
            since=at(22, 0),
            until=at(26, 0),
            key="k 1",
        ),
        Stretch(kind="duty", name="Jonas Voß", since=at(22, 0), until=at(26, 0), key="k 2"),
        Stretch(kind="lead", name="Dr. Mechthild Sörensen-Wiese", key="per-3"),
        Stretch(
            kind="delegation",
            name="Jonas Voß",
            other="Aylin Brandt",
            since=at(22, 0),
            until=at(26, 0),
            key="m",
        ),
    ),
    people=(Option(value="per-1", text="Aylin Brandt"), Option(value="per-2", text="Jonas Voß")),
    generation=3,
    may_change=True,
    today="2026-11-22",
    proof=proof(214, at(21, 9, 40)),
    refusal="own-deputy",
)
NOTICES = NoticesView(
    organisation=TOWN,
    channels=("mail", "webhook"),
    rows=(
        NoticeRow(
            at=at(22, 8, 41),
            kind="escalate",
            message="approve",
            case="cas-1h2j3k4m5n6p7q8r9s0t1v2w3x",
            reached=0,
            until=at(24, 8, 41),
        ),
    ),
    waiting=3,
    oldest_at=at(22, 8, 41),
    untold=(
        UntoldRow(
            case="cas-2h2j3k4m5n6p7q8r9s0t1v2w3x", message="access-asked", proof=proof(198, at(20, 7, 2))
        ),
    ),
)
WITNESS = WitnessRow(
    name="zeuge.kreis-lindenau.example/w1",
    organisation="Kreis Lindenau",
    group="Land",
    url="https://zeuge.kreis-lindenau.example/",
    is_embedded=False,
    cosigned_at=at(22, 8, 59, 58),
)
POLICY = PolicyRow(
    whose="house",
    is_none=False,
    is_met=True,
    quorum="2 / w1, w2, w3",
    organisations=("Kreis Lindenau", "Prüfgesellschaft Nord"),
    met_since=at(22, 8, 59, 58),
    is_fresh=True,
    witnesses=(
        WITNESS,
        WitnessRow(
            name="log.example/eigen",
            organisation=TRUSTEE,
            group="",
            url="",
            is_embedded=True,
            cosigned_at=None,
        ),
    ),
    text="log log.example/nord+1a2b3c4d+AQ==\nwitness w1 …\nquorum q\n",
)
WITNESSES = WitnessesView(
    customer=TOWN,
    id="cus-1h2j3k4m5n6p7q8r9s0t1v2w3x",
    origin="log.example/nord",
    size=48_211,
    policies=(POLICY,),
    conflicts=(
        ConflictRow(
            at=at(20, 4, 12),
            reason="witness-conflict w1 larger",
            is_standing=True,
            proof=proof(190, at(20, 4, 12)),
        ),
    ),
    proof=proof(12, at(2, 10)),
)
WATCH = WatchView(
    customer=TOWN,
    monitor="custodes monitor init monitor --url https://treuhand.example --log-url LOG --customer cus-1 …",
    mirror="custodes mirror init mirror --url LOG --pins pins.json",
    compare="custodes monitor compare monitor THEIR-CHECKPOINT --from NAME",
    has_pins=True,
    auditors=(
        AuditorRow(name="Rechnungshof", organisation="Land"),
        AuditorRow(name="DSB", organisation="Kirche"),
    ),
    auditors_k=2,
    keys=(Option(value="key-1h2j3k4m5n6p7q8r9s0t1v2w3x", text="Einwohnerregister"),),
    since="2026-10-22",
    until="2026-11-22",
    counted=Counted(
        key="key-1h2j3k4m5n6p7q8r9s0t1v2w3x",
        name="Einwohnerregister",
        count=0,
        is_more=False,
        command="custodes certificate make monitor --key key-1 --from 2026-10-22 --out none.json",
        href="/log?log=exceptional",
    ),
)
PAGES = {
    "issuers": ISSUERS,
    "cover": COVER,
    "delegation": DELEGATION,
    "notices": NOTICES,
    "witnesses": WITNESSES,
    "watch": WATCH,
}
