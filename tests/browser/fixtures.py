"""One view per page, filled as a town's people would see it; the hard cases (long names, errors) too."""

import json
from datetime import UTC, datetime

from custodes.web.console.views.case import CaseRow, CasesView, CaseView, ClosedMove, OpenMove, Step, Turn
from custodes.web.console.views.fault import FaultView
from custodes.web.console.views.keys import (
    KeyAct,
    KeyRow,
    KeysView,
    KeyVersion,
    KeyView,
    KillView,
    Standstill,
)
from custodes.web.console.views.log import Checkpoint, EntryRow, LogFilter, LogView, Opened
from custodes.web.console.views.objects import (
    BoundaryView,
    BucketRow,
    BucketsView,
    Country,
    ObjectRow,
    ObjectsView,
)
from custodes.web.console.views.questions import (
    CrisisAnswer,
    Place,
    QuestionsView,
    Reader,
    Reading,
    WhereAnswer,
    WhoAnswer,
)
from custodes.web.console.views.shell import Field, House, Line, Option, Pager, Passkey, Proof, View, Visitor
from custodes.web.console.views.sign_in import SignInView

HOUSE = House(
    name="Rechenhaus Nord",
    is_demo=True,
    version="0.1.0",
    accessibility_href="https://rechenhaus-nord.example/barrierefreiheit",
    privacy_href="https://rechenhaus-nord.example/datenschutz",
    imprint_href="https://rechenhaus-nord.example/impressum",
)
VISITOR = Visitor(name="Aylin Brandt", organisation="Stadt Lindenau")
TOWN, TRUSTEE, SUPPLIER = "Stadt Lindenau", "Rechenhaus Nord", "Meldewerk Software GmbH"
REFERENCE = "LB-2026-0147"
OBJECT = "einwohner/2026/11/bestand-lindenau-ost.parquet"


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def proof(entry: int, when: datetime, witnesses: int = 0, log: str = "exceptional") -> Proof:
    return Proof(log=log, entry=entry, at=when, href=f"/log/{log}/{entry}/receipt", witnesses=witnesses)


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
PLACES = (
    Place(
        name="Kommunalspeicher Kiel",
        country="DE",
        operator="Rechenhaus Nord AöR",
        jurisdiction="DE",
        is_inside=True,
        objects=18_204,
        size_bytes=412_316_860_416,
    ),
    Place(
        name="Paris-2",
        country="FR",
        operator="Nuage Public SAS",
        jurisdiction="FR",
        is_inside=True,
        objects=3_118,
        size_bytes=71_403_110_400,
    ),
)
_INSIDE = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_OUTSIDE = "AL BA CH GB IS LI MD ME MK NO RS TR UA US CN"
BAD_PLACE = Place(
    name="eu-central-x",
    country="DE",
    operator="Example Cloud Inc.",
    jurisdiction="US",
    is_inside=False,
    objects=12,
    size_bytes=812_000,
)

SIGN_IN = SignInView(passkey=PASSKEY, onward="/cases/LB-2026-0147")
SIGN_IN_REFUSED = SignInView(passkey=PASSKEY, account="a.brandt", refusal="bad-credentials")
QUESTIONS = QuestionsView(
    customer=TOWN,
    at=at(22, 8, 40),
    where=WhereAnswer(
        places=PLACES,
        unplaced=0,
        boundary="EU",
        map_href="/objects#map",
        proof=proof(20_911, at(22, 8, 31), 3, "machine"),
    ),
    who=WhoAnswer(
        readers=(
            Reader(name="Meldeverfahren", organisation=TOWN, basis="application"),
            Reader(
                name="Jonas Wirth",
                organisation=SUPPLIER,
                basis="grant",
                until=at(22, 9, 30),
                href=f"/cases/{REFERENCE}",
            ),
        ),
        readings=(
            Reading(
                at=at(22, 8, 34),
                who="Jonas Wirth",
                organisation=SUPPLIER,
                what=OBJECT,
                why="Fehlersuche, Ticket MW-8841",
                entry=412,
                href="/log/exceptional/412",
            ),
            Reading(
                at=at(9, 13, 2),
                who="Mara Lindqvist",
                organisation=SUPPLIER,
                what="einwohner/2026/10/protokoll.txt",
                why="Fehlersuche, Ticket MW-8702",
                entry=388,
                href="/log/exceptional/388",
            ),
        ),
        since=at(1, 0),
        machine_uses=48_201,
        exceptional_uses=2,
        proof=proof(413, at(22, 8, 35), 3),
    ),
    crisis=CrisisAnswer(
        holder="file",
        is_sealed=False,
        live_keys=4,
        kill_href="/keys/kill?scope=customer",
        export_href="/export",
        exported_at=at(20, 22),
        is_break_glass_open=False,
        quorum_organisations=2,
        not_prevented=("root-on-machine", "witness-embedded"),
        proof=proof(402, at(20, 22, 1), 3),
    ),
)
QUESTIONS_BAD = QuestionsView(
    customer=TOWN,
    at=at(22, 8, 40),
    where=WhereAnswer(
        places=(*PLACES, BAD_PLACE), unplaced=2, boundary="EU", map_href="/objects#map", proof=None
    ),
    who=WhoAnswer(readers=(), readings=(), since=at(1, 0), machine_uses=1, exceptional_uses=0, proof=None),
    crisis=CrisisAnswer(
        holder="hsm",
        is_sealed=True,
        live_keys=1,
        kill_href="/keys/kill?scope=customer",
        export_href="/export",
        exported_at=None,
        is_break_glass_open=True,
        quorum_organisations=2,
        not_prevented=(),
        proof=None,
    ),
)
SCOPE = (
    Line(label="asked-by", value=f"Jonas Wirth, {SUPPLIER}"),
    Line(label="asked-for", value=TOWN),
    Line(label="resource", value=f"meldedaten/{OBJECT}", is_code=True),
    Line(label="version", value="ver-5f0k3m9q2r7t1v4w6x8y0z2b4d", is_code=True),
    Line(label="purpose", value="Fehlersuche im Meldeverfahren"),
    Line(label="ticket", value="MW-8841", href="https://tickets.example/MW-8841"),
    Line(label="lapses-at", moment=at(22, 9, 30)),
    Line(label="uses", value="1"),
)
STEPS = (
    Step(
        at=at(22, 8, 12),
        verb="ask",
        who="Jonas Wirth",
        organisation=SUPPLIER,
        proof=proof(409, at(22, 8, 12), 3),
        note="Nach dem Update fehlen Straßen im Ortsteil Ost. Ich muss die eine Bestandsdatei ansehen, "
        "die das Verfahren zurückweist.",
    ),
    Step(at=at(22, 8, 20), verb="remind", who="", organisation="", proof=proof(410, at(22, 8, 20), 3)),
    Step(
        at=at(22, 8, 27),
        verb="approve",
        who="Henrike Olsen",
        organisation=TRUSTEE,
        proof=proof(411, at(22, 8, 27)),
    ),
)
CASE = CaseView(
    reference=REFERENCE,
    desk="lockbox",
    state="asked",
    purpose="Fehlersuche im Meldeverfahren, eine Datei, einmal",
    turn=Turn(role="approver", organisation=TOWN, lapses_at=at(26, 8, 12)),
    scope=SCOPE,
    steps=STEPS,
    open_moves=(
        OpenMove(
            verb="approve",
            action=f"/cases/{REFERENCE}/approve",
            document="sha256:9f2c1b7e0d5a44c8b3f6e1a2978d0c5b6a7f8e9d0c1b2a3f4e5d6c7b8a90fbe1",
            passkey=PASSKEY,
            command=f"custodes case approve {REFERENCE} --key ~/.custodes/aylin.key",
        ),
        OpenMove(
            verb="deny",
            action=f"/cases/{REFERENCE}/deny",
            fields=(Field(name="reason", label="reason", kind="long", hint="logged"),),
        ),
    ),
    closed_moves=(
        ClosedMove(verb="return", reasons=("wrong-state",), opened_by=("asker",)),
        ClosedMove(verb="review", reasons=("not-a-party", "own-approval"), opened_by=("reviewer", "auditor")),
    ),
)
CASE_REFUSED = CaseView(
    reference="LB-2026-0148",
    desk="lockbox",
    state="asked",
    purpose="Donaudampfschifffahrtsgesellschaftskapitänspatentverwaltungsdatensatzprüfung",
    turn=Turn(role="approver", organisation="", lapses_at=None),
    scope=SCOPE[:3],
    steps=STEPS[:1],
    open_moves=(
        OpenMove(
            verb="revoke",
            action="/cases/LB-2026-0148/revoke",
            is_grave=True,
            fields=(
                Field(name="reason", label="reason", kind="long", error="field-missing"),
                Field(
                    name="hours",
                    label="hours",
                    kind="choice",
                    value="1",
                    hint="hours",
                    options=(Option(value="1", text="1"), Option(value="8", text="8")),
                ),
                Field(name="ticket", label="ticket", is_required=False, value="MW-1"),
                Field(name="generation", label="confirm", kind="hidden", value="7"),
            ),
        ),
    ),
    closed_moves=(ClosedMove(verb="approve", reasons=("own-request",), opened_by=("approver",)),),
    refusal="state-changed",
)
CASES = CasesView(
    rows=(
        CaseRow(
            reference=REFERENCE,
            href=f"/cases/{REFERENCE}",
            desk="lockbox",
            state="asked",
            purpose=CASE.purpose,
            asked_by=f"Jonas Wirth, {SUPPLIER}",
            asked_at=at(22, 8, 12),
            lapses_at=at(26, 8, 12),
            is_mine=True,
        ),
        CaseRow(
            reference="LB-2026-0139",
            href="/cases/LB-2026-0139",
            desk="lockbox",
            state="closed",
            purpose="Fehlersuche, Ticket MW-8702",
            asked_by=f"Mara Lindqvist, {SUPPLIER}",
            asked_at=at(9, 12, 40),
            lapses_at=None,
            is_mine=False,
        ),
        CaseRow(
            reference="LB-2026-0131",
            href="/cases/LB-2026-0131",
            desk="lockbox",
            state="denied",
            purpose="Auswertung der Zugriffszahlen",
            asked_by=f"Mara Lindqvist, {SUPPLIER}",
            asked_at=at(2, 7, 5),
            lapses_at=None,
            is_mine=False,
        ),
    ),
    pager=Pager(first=1, last=3, total=3),
)
KEYS = KeysView(
    customer=TOWN,
    rows=(
        KeyRow(
            name="meldedaten",
            href="/keys/meldedaten",
            purpose="Objekte im Eimer meldedaten",
            state="active",
            version=3,
            uses_30_days=46_118,
            used_at=at(22, 8, 39, 12),
        ),
        KeyRow(
            name="archiv",
            href="/keys/archiv",
            purpose="Ratsarchiv",
            state="active",
            version=1,
            uses_30_days=2_083,
            used_at=at(21, 23, 0, 4),
        ),
        KeyRow(
            name="probe-2025",
            href="/keys/probe-2025",
            purpose="Probebetrieb",
            state="destruction-scheduled",
            version=2,
            uses_30_days=0,
            used_at=None,
        ),
        KeyRow(
            name="alt",
            href="/keys/alt",
            purpose="Altverfahren",
            state="killed",
            version=5,
            uses_30_days=0,
            used_at=at(3, 7),
        ),
    ),
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
        KeyVersion(number=3, state="active", born_at=at(15, 2), wraps=21_322),
        KeyVersion(number=2, state="retired", born_at=at(8, 2), wraps=311),
        KeyVersion(number=1, state="retired", born_at=at(2, 9), wraps=0),
    ),
    acts=(
        KeyAct(verb="rotate", href="/keys/meldedaten/rotate"),
        KeyAct(verb="disable", href="/keys/meldedaten/disable"),
        KeyAct(verb="schedule-destruction", href=None, reason="waits-for-quorum"),
    ),
    kill_href="/keys/meldedaten/kill",
    entries=(
        proof(20_941, at(22, 8, 39, 12), 0, "machine"),
        proof(20_940, at(22, 8, 39, 11), 0, "machine"),
        proof(412, at(22, 8, 34), 3),
    ),
)
KILL = KillView(
    scope="key",
    name="meldedaten",
    action="/keys/meldedaten/kill",
    back_href="/keys/meldedaten",
    standstills=(
        Standstill(name="Meldeverfahren", kind="application", uses_24_hours=1_644, used_at=at(22, 8, 39, 12)),
        Standstill(
            name="Grant LB-2026-0147, Jonas Wirth", kind="grant", uses_24_hours=1, used_at=at(22, 8, 34)
        ),
        Standstill(name="meldedaten", kind="bucket", uses_24_hours=1_645, used_at=at(22, 8, 39, 12)),
    ),
    log_text="act: kill\nkey: key-1h2j3k4m5n6p7q8r9s0t1v2w3x (meldedaten)\n"
    "by: Aylin Brandt, Stadt Lindenau\nreason: <what you write below>",
    lift_organisations=2,
    fields=(
        Field(name="reason", label="reason", kind="long", hint="logged"),
        Field(name="generation", label="confirm", kind="hidden", value="41"),
    ),
)
INSIDE = tuple(part for part in _INSIDE.split())
OUTSIDE = tuple(part for part in _OUTSIDE.split())
BOUNDARY = BoundaryView(
    name="EU",
    rule="Nur Orte in der Europäischen Union, deren Betreiber ebenfalls von dort beherrscht wird.",
    generation=4,
    countries=tuple(
        Country(
            code=code,
            is_inside=code in INSIDE,
            places={"DE": 2, "FR": 1}.get(code, 0),
            places_outside=int(code == "DE"),
        )
        for code in (*INSIDE, *OUTSIDE)
    ),
    places=(*PLACES, BAD_PLACE),
)
BUCKETS = BucketsView(
    customer=TOWN,
    rows=(
        BucketRow(
            name="meldedaten",
            href="/objects/meldedaten",
            data_class="personal",
            place="Kommunalspeicher Kiel",
            country="DE",
            is_inside=True,
            objects=18_204,
            size_bytes=412_316_860_416,
        ),
        BucketRow(
            name="ratsarchiv",
            href="/objects/ratsarchiv",
            data_class="ordinary",
            place="Paris-2",
            country="FR",
            is_inside=True,
            objects=3_118,
            size_bytes=71_403_110_400,
        ),
    ),
    boundary=BOUNDARY,
)
OBJECTS = ObjectsView(
    bucket="meldedaten",
    prefix="einwohner/2026/11/",
    rows=(
        ObjectRow(
            name="einwohner/2026/11/anlagen/",
            href="/objects/meldedaten?prefix=einwohner/2026/11/anlagen/",
            is_prefix=True,
        ),
        ObjectRow(
            name=OBJECT,
            version="ver-5f0k3m9q2r7t1v4w6x8y0z2b4d",
            size_bytes=8_812_004,
            written_at=at(22, 2, 0, 11),
            place="Kommunalspeicher Kiel",
            country="DE",
        ),
        ObjectRow(
            name="einwohner/2026/11/<script>alert(1)</script>.csv",
            version="ver-6g1m4n0r3s8v2w5x7y9z1c3e5f",
            size_bytes=312,
            written_at=at(21, 17, 44, 2),
            place="eu-central-x",
            country="",
            is_inside=False,
        ),
    ),
    pager=Pager(
        first=101,
        last=103,
        previous_href="/objects/meldedaten?after=x",
        next_href="/objects/meldedaten?after=y",
    ),
)
LOG = LogView(
    filter=LogFilter(log="", act="object.get", since="2026-11-01"),
    acts=("key.unwrap", "object.get", "kill", "grant.use"),
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
            witnesses=3,
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
            witnesses=0,
        ),
    ),
    checkpoint=Checkpoint(
        origin="rechenhaus-nord.example/custodes/root",
        size=61_204,
        root="0xk3o4mZbq2J8v0o7y1dQ5f3mW9cUe6hTn2Lr8aPp4s=",
        at=at(22, 8, 39, 50),
        witnesses=3,
        href="/log/checkpoint",
    ),
    pager=Pager(first=1, last=2, total=21_353, next_href="/log?after=20940"),
    command="custodes verify receipt-20941.json --keys rechenhaus-nord.keys",
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
        (429, "limited", "too-many-attempts"),
        (503, "unavailable", "keyroom-gone"),
        (500, "broken", "broken"),
    )
}
VIEWS: dict[str, tuple[View, Visitor | None]] = {
    "sign-in": (SIGN_IN, None),
    "sign-in-refused": (SIGN_IN_REFUSED, None),
    "questions": (QUESTIONS, VISITOR),
    "questions-bad": (QUESTIONS_BAD, VISITOR),
    "cases": (CASES, VISITOR),
    "case": (CASE, VISITOR),
    "case-refused": (CASE_REFUSED, VISITOR),
    "keys": (KEYS, VISITOR),
    "key": (KEY, VISITOR),
    "kill": (KILL, VISITOR),
    "buckets": (BUCKETS, VISITOR),
    "objects": (OBJECTS, VISITOR),
    "log": (LOG, VISITOR),
    "log-empty": (LOG_EMPTY, VISITOR),
    **{
        f"fault-{kind}": (view, VISITOR if kind != "unauthenticated" else None)
        for kind, view in FAULTS.items()
    },
}
