"""Views of keys, kills and accounts as a town's people would see them, and what all fixtures share."""

import json
from datetime import UTC, datetime

import msgspec

from custodes.web.console.views.account import (
    AccountView,
    CredentialRow,
    EnrolView,
    OrganisationRow,
    PeopleView,
    PersonRow,
)
from custodes.web.console.views.keys import (
    KeyAct,
    KeyMoveView,
    KeyRow,
    KeysView,
    KeyVersion,
    KeyView,
    KillRow,
    KillsView,
    KillView,
    LiftView,
)
from custodes.web.console.views.objects import BoundsView, ToldRow
from custodes.web.console.views.shell import AsOf, Field, House, Line, Option, Pager, Passkey, Proof, Visitor

HOUSE = House(
    name="Rechenhaus Nord",
    is_demo=True,
    version="0.1.0",
    accessibility_href="https://rechenhaus-nord.example/barrierefreiheit",
    privacy_href="https://rechenhaus-nord.example/datenschutz",
    imprint_href="https://rechenhaus-nord.example/impressum",
)
VISITOR = Visitor(name="Aylin Brandt", organisation="Stadt Lindenau")
TRUSTEE_VISITOR = Visitor(
    name="Henrike Olsen",
    organisation="Rechenhaus Nord",
    customer="cus-1",
    customers=(
        Option(value="cus-1", text="Stadt Lindenau"),
        Option(value="cus-2", text="Kreisklinikum Süd"),
        Option(value="cus-3", text="Zweckverband Wasserversorgung Oberes Tal"),
    ),
)
TOWN, TRUSTEE, SUPPLIER = "Stadt Lindenau", "Rechenhaus Nord", "Meldewerk Software GmbH"
REFERENCE = "LB-2026-0147"
OBJECT = "einwohner/2026/11/bestand-lindenau-ost.parquet"


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def proof(entry: int, when: datetime, log: str = "exceptional") -> Proof:
    return Proof(log=log, entry=entry, at=when, href=f"/log/{log}/{entry}/receipt")


PASSKEY = Passkey(
    options=json.dumps(
        {
            "challenge": "AAECAwQFBgcICQoLDA0ODw",
            "rpId": "localhost",
            "userVerification": "required",
            "timeout": 60000,
        }
    )
)
KEYS = KeysView(
    customer=TOWN,
    kinds=("aes256-gcm96", "rsa-2048"),
    rows=(
        KeyRow(
            name="meldedaten",
            href="/keys/meldedaten",
            kind="aes256-gcm96",
            state="active",
            version=3,
            uses=46_118,
            used_at=at(22, 8, 39, 12),
        ),
        KeyRow(
            name="archiv",
            href="/keys/archiv",
            kind="aes256-gcm96",
            state="active",
            version=1,
            uses=2_083,
            used_at=at(21, 23, 0, 4),
        ),
        KeyRow(
            name="probe-2025",
            href="/keys/probe-2025",
            kind="aes256-gcm96",
            state="destruction-scheduled",
            version=2,
            uses=0,
            used_at=None,
        ),
        KeyRow(
            name="alt",
            href="/keys/alt",
            kind="aes256-gcm96",
            state="killed",
            version=5,
            uses=0,
            used_at=at(3, 7),
        ),
    ),
    as_of=AsOf(at=at(22, 8, 40)),
    pager=Pager(first=1, last=4, total=4),
)
KEY = KeyView(
    key="key-1h2j3k4m5n6p7q8r9s0t1v2w3x",
    name="meldedaten",
    state="active",
    lines=(
        Line(label="purpose", value="Objekte im Eimer meldedaten"),
        Line(label="holder", value="Datei (Demo)"),
        Line(label="policy", value="Grundregel Meldewesen, Fassung 7", href="/policies/7"),
        Line(label="boundary", value="EU", href="/objects#map"),
        Line(label="born-at", moment=at(2, 9)),
        Line(label="used-at", moment=at(22, 8, 39)),
    ),
    versions=(
        KeyVersion(number=3, state="active", born_at=at(15, 2)),
        KeyVersion(number=2, state="retired", born_at=at(8, 2)),
        KeyVersion(number=1, state="retired", born_at=at(2, 9), is_imported=True),
    ),
    acts=(
        KeyAct(verb="rotate", href="/keys/meldedaten/rotate"),
        KeyAct(verb="disable", href="/keys/meldedaten/disable"),
        KeyAct(verb="schedule-destruction", href=None, reason="wrong-key-state"),
    ),
    entries=(
        ("key.unwrap", proof(20_941, at(22, 8, 39, 12), "machine")),
        ("key.wrap", proof(20_940, at(22, 8, 39, 11), "machine")),
        ("grant.use", proof(412, at(22, 8, 34))),
    ),
)
KEY_MOVE = KeyMoveView(
    verb="disable",
    name="meldedaten",
    key=KEY.key,
    action=f"/keys/{KEY.key}/disable",
    back_href=f"/keys/{KEY.key}",
    is_grave=True,
    is_by_quorum=False,
    is_half_signed=False,
    waiting_days=None,
    passkey=None,
    fields=(
        Field(name="reason", label="reason", kind="long", hint="logged"),
        Field(name="approval", label="confirm", kind="hidden"),
    ),
    link=None,
    logged=(
        Line(label="act", value="key.disable", is_act=True),
        Line(label="who", value=f"Aylin Brandt, {TOWN}"),
        Line(label="actor", value="crd-1h2j3k4m5n6p7q8r9s0t1v2w3x", is_code=True),
    ),
    refusal="state-changed",
)
KEY_DESTROY = msgspec.structs.replace(
    KEY_MOVE,
    verb="schedule-destruction",
    is_by_quorum=True,
    is_half_signed=True,
    waiting_days=30,
    passkey=PASSKEY,
    refusal=None,
)
KEY_SIGNED = msgspec.structs.replace(
    KEY_DESTROY, passkey=None, link=f"/keys/{KEY.key}/schedule-destruction?approval={'eyJh' * 150}"
)
KILL = KillView(
    scope="customer",
    name=TOWN,
    action="/kill",
    back_href="/keys",
    customers=(TOWN,),
    applications=("Meldeverfahren", "Ratsarchiv"),
    keys=4,
    buckets=3,
    open_grants=1,
    uses_24_hours=1_644,
    is_killed_already=False,
    uses_are_more=True,
    logged=(
        Line(label="act", value="kill", is_act=True),
        Line(label="who", value=f"Aylin Brandt, {TOWN}"),
        Line(label="actor", value="crd-1h2j3k4m5n6p7q8r9s0t1v2w3x", is_code=True),
    ),
    reason="",
    lift_organisations=2,
    fields=(
        Field(name="scope", label="confirm", kind="hidden", value="customer"),
        Field(name="reason", label="reason", kind="long", hint="logged"),
    ),
)
KILL_CHECKED = msgspec.structs.replace(
    KILL,
    reason="Verdacht: Zugangsdaten des Meldeverfahrens liegen offen.",
    fields=(
        Field(name="scope", label="confirm", kind="hidden", value="customer"),
        Field(name="reason", label="confirm", kind="hidden", value="Verdacht"),
        Field(name="confirmed", label="confirm", kind="hidden", value="yes"),
    ),
)
KILL_ROW = KillRow(
    href="/kills/kil-1h2j3k4m5n6p7q8r9s0t1v2w3x",
    scope="customer",
    name=TOWN,
    at=at(22, 8, 41),
    by="Aylin Brandt",
    reason="Verdacht: Zugangsdaten des Meldeverfahrens liegen offen.",
)
KILLS = KillsView(rows=(KILL_ROW,), pending=2, is_fresh=True)
KILLS_NONE = KillsView(rows=())
LIFT = LiftView(
    row=KILL_ROW,
    action="/kills/kil-1h2j3k4m5n6p7q8r9s0t1v2w3x/lift",
    document='{"house":"hse-1h2j3k4m5n6p7q8r9s0t1v2w3x","kill":"kil-1h2j3k4m5n6p7q8r9s0t1v2w3x",'
    '"killed_at":"2026-11-22T08:41:00Z","scope":"customer",'
    '"subject":"cus-1h2j3k4m5n6p7q8r9s0t1v2w3x","v":"custodes/lift/v1"}',
    lift_organisations=2,
    passkey=PASSKEY,
    approval="",
    link=None,
)
LIFT_SIGNED = msgspec.structs.replace(
    LIFT,
    passkey=None,
    approval="eyJh" * 150,
    link=f"https://trust.example{KILL_ROW.href}?approval={'eyJh' * 150}",
)
CREDENTIAL = CredentialRow(
    id="crd-1h2j3k4m5n6p7q8r9s0t1v2w3x",
    kind="file-key",
    label="Schlüssel im Tresor",
    state="active",
    created_at=at(1, 9),
    expires_at=None,
)
PEOPLE = PeopleView(
    customer=TOWN,
    organisations=(
        OrganisationRow(
            name=TOWN,
            kind="customer",
            group="Kreis Lindenau",
            people=(
                PersonRow(
                    name="Aylin Brandt",
                    is_application=False,
                    roles=("owner", "approver"),
                    is_vetted=False,
                    credentials=(CREDENTIAL,),
                ),
                PersonRow(
                    name="Meldeverfahren",
                    is_application=True,
                    roles=("application",),
                    is_vetted=False,
                    credentials=(),
                ),
            ),
        ),
    ),
)
PEOPLE_NONE = PeopleView(customer=TOWN, organisations=())
ACCOUNT = AccountView(
    lines=(
        Line(label="person", value="Aylin Brandt"),
        Line(label="organisation", value=TOWN),
        Line(label="role", value="approver", is_role=True),
        Line(label="role", value="owner", is_role=True),
    ),
    credentials=(CREDENTIAL,),
    has_passkey=False,
    is_vetted=False,
    passkey=Passkey(options='{"challenge":"AAEC","user":{"id":"AAEC","name":"a"}}', is_enrolment=True),
    challenge="AAECAwQFBgcICQoLDA0ODw",
    officers=(Option(value="crd-1", text="Olga Brandt (passkey)"), Option(value="root", text="")),
)
ACCOUNT_MADE = msgspec.structs.replace(
    ACCOUNT, has_passkey=True, is_vetted=True, link=f"https://trust.example/enrol?document={'eyJh' * 200}"
)
ENROL = EnrolView(
    lines=(*ACCOUNT.lines, Line(label="document-hash", value="n" * 43 + "=", is_code=True)),
    document="eyJh",
    passkey=PASSKEY,
)
ENROLLED = EnrolView(lines=(), document="", passkey=None, done="crd-1h2j3k4m5n6p7q8r9s0t1v2w3x")

BOUNDS = BoundsView(
    padding="padme",
    bytes_max=50_000_000_000,
    versions_max=None,
    bytes_used=9_124_316,
    versions_used=2,
    upload_bytes_used=5_242_880,
    told=(ToldRow(webhook="Archiv", events=("s3:ObjectCreated:*",), prefix="einwohner/", suffix=".pdf"),),
    action="/objects/meldedaten/bounds",
)
