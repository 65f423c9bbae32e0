"""One view per page, filled as a town's people would see it; the hard cases (long names, errors) too."""

import msgspec

from custodes.web.console.views.case import (
    Approved,
    CaseRow,
    CasesView,
    CaseView,
    ClosedMove,
    NewCaseView,
    OpenMove,
    Step,
    Turn,
    Why,
)
from custodes.web.console.views.questions import (
    CrisisAnswer,
    QuestionsView,
    Reader,
    Reading,
    WhereAnswer,
    WhoAnswer,
)
from custodes.web.console.views.shell import Field, Line, Option, Pager, View, Visitor
from custodes.web.console.views.sign_in import SignedInView, SignInView
from custodes.web.console.views.state import FindingRow, StateView
from fakes import console_people_views as people_views
from fakes.console_cloud_views import (
    CLOUD,
    CLOUD_FORM,
    CLOUD_SECRET,
    CLOUD_SIGN,
    CLOUDS,
    CLOUDS_NONE,
    COVERAGE,
    PROGRAMS,
)
from fakes.console_log_views import ENTRY, FAULTS, LOG, LOG_EMPTY
from fakes.console_object_views import (
    ADOPTED,
    ADOPTION_SIGN,
    ADOPTIONS,
    BAD_PLACE,
    BUCKETS,
    CARE,
    LEASE_STOP,
    LEASES,
    LEASES_NONE,
    OBJECT_PAGE,
    OBJECTS,
    PLACES,
    READINGS,
    READINGS_NONE,
    STORES,
    USAGE,
    USAGE_90,
    WEBHOOK_SECRET,
    WEBHOOKS,
)
from fakes.console_onboarding_views import ONBOARDING
from fakes.console_preservation_views import PRESERVATION_PAGES
from fakes.console_rule_views import (
    BOUNDARY_CHANGE,
    BOUNDARY_FORM,
    CHANGE_NOTHING,
    RULES,
    RULES_CHANGE,
    RULES_REFUSED,
)
from fakes.console_setting_views import SETTING_PAGES
from fakes.console_stray_views import STRAY_PAGES
from fakes.console_views import (
    ACCOUNT,
    ACCOUNT_MADE,
    ENROL,
    ENROLLED,
    KEY,
    KEY_DESTROY,
    KEY_MOVE,
    KEY_SIGNED,
    KEYS,
    KILL,
    KILL_CHECKED,
    KILLS,
    KILLS_NONE,
    LIFT,
    LIFT_SIGNED,
    OBJECT,
    PASSKEY,
    PEOPLE,
    PEOPLE_NONE,
    REFERENCE,
    SUPPLIER,
    TOWN,
    TRUSTEE,
    TRUSTEE_VISITOR,
    VISITOR,
    at,
    proof,
)

STATE = StateView(
    at=at(22, 8, 40),
    rows=(
        FindingRow(name="quorum", state="wrong", found="961 s", why="quorum-stale"),
        FindingRow(name="disk-space", state="warning", found="4.1 GiB", why="disk-small"),
        FindingRow(name="port", state="unknown", found="", why="no-network"),
        FindingRow(name="seal", state="ok", found="-", why=""),
        FindingRow(name="fsync", state="ok", found="fdatasync: 0.21 ms, max. 0.46 ms (n = 50)", why=""),
    ),
)
SIGN_IN = SignInView(passkey=PASSKEY, challenge="AAECAwQFBgcICQoLDA0ODw", onward="/cases/LB-2026-0147")
SIGN_IN_BY = SignInView(passkey=PASSKEY, entrances=(Option(value="iss-1", text="Stadt Lindenau"),))
SIGNED_IN = SignedInView(onward="/cases/LB-2026-0147")
SIGN_IN_REFUSED = SignInView(passkey=PASSKEY, account="a.brandt", refusal="not-authenticated")
QUESTIONS = QuestionsView(
    customer=TOWN,
    at=at(22, 8, 40),
    where=WhereAnswer(
        places=PLACES,
        unplaced=0,
        boundary="EU",
        map_href="/objects#map",
        proof=proof(20_911, at(22, 8, 31), "machine"),
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
                ticket="MW-8841",
                purpose="support",
                entry=412,
                href="/log/exceptional/412",
            ),
            Reading(
                at=at(9, 13, 2),
                who="Mara Lindqvist",
                organisation=SUPPLIER,
                what="einwohner/2026/10/protokoll.txt",
                ticket="MW-8702",
                purpose="support",
                entry=388,
                href="/log/exceptional/388",
            ),
        ),
        since=at(1, 0),
        machine_entries=48_201,
        exceptional_uses=2,
        proof=proof(413, at(22, 8, 35)),
    ),
    crisis=CrisisAnswer(
        holder="file",
        is_sealed=False,
        live_keys=4,
        is_killed=False,
        kill_href="/kill?scope=customer",
        kills_href="/kills",
        is_break_glass_open=False,
        quorum_organisations=2,
        not_prevented=("root-on-machine", "witness-embedded"),
        proof=proof(402, at(20, 22, 1)),
    ),
)
QUESTIONS_BAD = QuestionsView(
    customer=TOWN,
    at=at(22, 8, 40),
    where=WhereAnswer(
        places=(*PLACES, BAD_PLACE), unplaced=2, boundary="EU", map_href="/objects#map", proof=None
    ),
    who=WhoAnswer(readers=(), readings=(), since=at(1, 0), machine_entries=1, exceptional_uses=0, proof=None),
    crisis=CrisisAnswer(
        holder="hsm",
        is_sealed=True,
        live_keys=1,
        is_killed=True,
        kill_href="/kill?scope=customer",
        kills_href="/kills",
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
        proof=proof(409, at(22, 8, 12)),
        note="Nach dem Update fehlen Straßen im Ortsteil Ost. Ich muss die eine Bestandsdatei ansehen, "
        "die das Verfahren zurückweist.",
    ),
    Step(at=at(22, 8, 20), verb="remind", who="", organisation="", proof=proof(410, at(22, 8, 20))),
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
    customer=TOWN,
    purpose="Fehlersuche im Meldeverfahren, eine Datei, einmal",
    turn=Turn(organisations=(TOWN,), lapses_at=at(26, 8, 12)),
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
        ClosedMove(
            verbs=("withdraw",),
            whys=(
                Why(
                    de="Das ist nicht Ihr Antrag.",
                    en="This is not your request.",
                    changed_by="another-person",
                ),
            ),
        ),
        ClosedMove(
            verbs=("review",),
            whys=(
                Why(
                    de="Wer genehmigt hat, prüft nicht nach.",
                    en="Whoever approved does not review.",
                    changed_by="another-person",
                    lifted_by="another-person",
                ),
            ),
        ),
    ),
)
CASE_REFUSED = CaseView(
    reference="LB-2026-0148",
    desk="lockbox",
    state="asked",
    customer=TOWN,
    purpose="Donaudampfschifffahrtsgesellschaftskapitänspatentverwaltungsdatensatzprüfung",
    turn=Turn(organisations=(TOWN, TRUSTEE), lapses_at=None),
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
    closed_moves=(
        ClosedMove(
            verbs=("approve",),
            whys=(
                Why(
                    de="Niemand genehmigt den eigenen Antrag.",
                    en="Nobody approves his own request.",
                    changed_by="nobody",
                ),
            ),
        ),
    ),
    refusals=("state-changed", "approval-stale"),
    approvals=(Approved(who="Henrike Olsen", organisation=TRUSTEE, at=at(22, 8, 27)),),
)
NEW_CASE = NewCaseView(
    desk="lockbox",
    customer=TOWN,
    verb="ask",
    action="/cases/new/lockbox",
    fields=(
        Field(name="beneficiary", label="Ask.beneficiary", hint="Ask.beneficiary", chars_max=30),
        Field(name="resources", label="Ask.resources", hint="Ask.resources", kind="long", error="bad-value"),
        Field(
            name="actions",
            label="Ask.actions",
            kind="choices",
            value="object:read",
            options=tuple(
                Option(value=name, text=name) for name in ("key:use-unwrap", "object:list", "object:read")
            ),
        ),
        Field(
            name="purpose",
            label="Ask.purpose",
            kind="choice",
            options=(Option(value="incident", text="incident"), Option(value="support", text="support")),
        ),
        Field(name="hours", label="Ask.hours", hint="Ask.hours", kind="number", value="1"),
        Field(name="not_before", label="Ask.not_before", hint="Ask.not_before", is_required=False),
    ),
    refusals=("bad-form",),
)
CASES = CasesView(
    rows=(
        CaseRow(
            reference=REFERENCE,
            href=f"/cases/{REFERENCE}",
            desk="lockbox",
            state="asked",
            title=CASE.purpose,
            ticket="MW-8841",
            purpose="support",
            asked_by="Jonas Wirth",
            organisation=SUPPLIER,
            asked_at=at(22, 8, 12),
            lapses_at=at(26, 8, 12),
            is_mine=True,
        ),
        CaseRow(
            reference="LB-2026-0139",
            href="/cases/LB-2026-0139",
            desk="lockbox",
            state="closed",
            title="Fehlersuche",
            ticket="MW-8702",
            purpose="support",
            asked_by="Mara Lindqvist",
            organisation=SUPPLIER,
            asked_at=at(9, 12, 40),
            lapses_at=None,
            is_mine=False,
        ),
        CaseRow(
            reference="LB-2026-0131",
            href="/cases/LB-2026-0131",
            desk="lockbox",
            state="denied",
            title="Auswertung der Zugriffszahlen",
            ticket="",
            purpose="incident",
            asked_by="Mara Lindqvist",
            organisation=SUPPLIER,
            asked_at=at(2, 7, 5),
            lapses_at=None,
            is_mine=False,
        ),
    ),
    pager=Pager(first=1, last=3, total=3),
    open_hrefs=(("lockbox", "/cases/new/lockbox"), ("break-glass", "/cases/new/break-glass")),
)
VIEWS: dict[str, tuple[View, Visitor | None]] = {
    "sign-in-by": (SIGN_IN_BY, None),
    "signed-in": (SIGNED_IN, None),
    "sign-in": (SIGN_IN, None),
    "sign-in-refused": (SIGN_IN_REFUSED, None),
    "questions": (QUESTIONS, VISITOR),
    "questions-bad": (QUESTIONS_BAD, VISITOR),
    "cases": (CASES, VISITOR),
    "case": (CASE, VISITOR),
    "case-refused": (CASE_REFUSED, VISITOR),
    "keys": (KEYS, VISITOR),
    "clouds": (CLOUDS, VISITOR),
    "clouds-none": (CLOUDS_NONE, VISITOR),
    "cloud": (CLOUD, VISITOR),
    "cloud-off": (
        msgspec.structs.replace(
            CLOUD, state="off", tried="holder-gone", guide=(), bars=(), denials=(), lent=()
        ),
        VISITOR,
    ),
    "cloud-form": (CLOUD_FORM, VISITOR),
    "cloud-sign": (CLOUD_SIGN, VISITOR),
    "cloud-secret": (CLOUD_SECRET, VISITOR),
    "programs": (PROGRAMS, VISITOR),
    "coverage": (COVERAGE, VISITOR),
    "case-new": (NEW_CASE, VISITOR),
    "key": (KEY, VISITOR),
    "key-move": (KEY_MOVE, VISITOR),
    "key-destroy": (KEY_DESTROY, VISITOR),
    "key-signed": (KEY_SIGNED, VISITOR),
    "kill": (KILL, VISITOR),
    "kills": (KILLS, VISITOR),
    "kills-none": (KILLS_NONE, VISITOR),
    "lift": (LIFT, VISITOR),
    "lift-signed": (LIFT_SIGNED, VISITOR),
    "account": (ACCOUNT, TRUSTEE_VISITOR),
    "account-made": (ACCOUNT_MADE, VISITOR),
    "enrol": (ENROL, VISITOR),
    "enrolled": (ENROLLED, VISITOR),
    "object": (OBJECT_PAGE, VISITOR),
    "care": (CARE, VISITOR),
    "readings": (READINGS, VISITOR),
    "readings-none": (READINGS_NONE, VISITOR),
    "webhooks": (WEBHOOKS, VISITOR),
    "webhook-secret": (WEBHOOK_SECRET, VISITOR),
    "adoptions": (ADOPTIONS, VISITOR),
    "adoption_sign": (ADOPTION_SIGN, VISITOR),
    "adopted": (ADOPTED, VISITOR),
    "stores": (STORES, VISITOR),
    "leases": (LEASES, VISITOR),
    "leases-none": (LEASES_NONE, VISITOR),
    "lease-stop": (LEASE_STOP, VISITOR),
    **{name: (view, VISITOR) for name, view in SETTING_PAGES.items()},
    **{name: (view, TRUSTEE_VISITOR) for name, view in (STRAY_PAGES | PRESERVATION_PAGES).items()},
    "usage": (USAGE, VISITOR),
    "usage-90": (USAGE_90, VISITOR),
    "buckets": (BUCKETS, VISITOR),
    "objects": (OBJECTS, VISITOR),
    "log": (LOG, VISITOR),
    "entry": (ENTRY, VISITOR),
    "people": (PEOPLE, VISITOR),
    **{name: (view, VISITOR) for name, view in people_views.PAGES.items()},
    "state": (STATE, TRUSTEE_VISITOR),
    "people-none": (PEOPLE_NONE, VISITOR),
    **{name: (view, TRUSTEE_VISITOR) for name, view in ONBOARDING.items()},
    "kill-checked": (KILL_CHECKED, VISITOR),
    "rules": (RULES, VISITOR),
    "rules-refused": (RULES_REFUSED, VISITOR),
    "rules-change": (RULES_CHANGE, VISITOR),
    "boundary": (BOUNDARY_FORM, VISITOR),
    "boundary-change": (BOUNDARY_CHANGE, VISITOR),
    "change-nothing": (CHANGE_NOTHING, VISITOR),
    "log-empty": (LOG_EMPTY, VISITOR),
    **{
        f"fault-{kind}": (view, VISITOR if kind != "unauthenticated" else None)
        for kind, view in FAULTS.items()
    },
}
