"""Views of rules and boundary, and of the page before either is signed."""

import msgspec

from custodes.web.console.views.rules import (
    BoundaryForm,
    ChangeView,
    OutsideRow,
    PlaceField,
    RuleForm,
    RulesView,
)
from custodes.web.console.views.shell import Option

from .console_views import PASSKEY, TOWN, at, proof

READERS = RuleForm(
    name="readers-read",
    de="Personen mit der Rolle »Lesen« lesen Objekte",
    en="People with the role reader read objects",
    is_chosen=True,
    is_default=True,
)
HOURS = RuleForm(
    name="business-hours",
    de="Freigaben werden nur zu bestimmten Zeiten genutzt",
    en="Grants are used at certain times only",
    is_chosen=True,
    is_default=False,
    fields=(
        PlaceField(name="weekdays", kind="weekdays", de="Wochentage", en="Days of the week", value="1, 2, 3"),
        PlaceField(name="from", kind="from-minute", de="Ab", en="From", value="07:30"),
        PlaceField(name="to", kind="to-minute", de="Bis", en="To", value="18:00"),
    ),
    filled=(("Wochentage", "Days of the week", "1, 2, 3"),),
)
ATTESTED = RuleForm(
    name="cloud-grades-only",
    de="Was ein Cloud-Dienst über den Grund sagt, muss belegt sein (asserted, signed, attested)",
    en="What a cloud says about why must be corroborated (asserted, signed, attested)",
    is_chosen=True,
    is_default=False,
    fields=(PlaceField(name="grades", kind="texts", de="Stufen", en="Grades", value="attested"),),
    filled=(("Stufen", "Grades", "attested"),),
    is_unsatisfied=True,
)
RESIDENTS = RuleForm(
    name="readers-resident-in",
    de="Unter einer Freigabe liest nur, wer in bestimmten Ländern oder Unionen lebt",
    en="Only people resident in certain countries or unions read under a grant",
    is_chosen=False,
    is_default=False,
    fields=(PlaceField(name="areas", kind="texts", de="Länder oder Unionen", en="Countries or unions"),),
)
RULES = RulesView(
    customer=TOWN,
    generation=3,
    rules=(READERS, HOURS, RESIDENTS),
    may_change=True,
    proof=proof(31, at(22, 8)),
)
RULES_REFUSED = msgspec.structs.replace(RULES, may_change=False, proof=None, refusal="bad-choices")
BOUNDARY_FORM = BoundaryForm(
    customer=TOWN,
    generation=2,
    areas="EU",
    jurisdictions="EU, CH",
    denied="",
    classes=(Option(value="personal", text="checked"), Option(value="health", text="")),
    unions=(("EU", "27"), ("EEA", "30")),
    may_change=True,
)
RULES_CHANGE = ChangeView(
    kind="rules",
    customer=TOWN,
    added=(HOURS, ATTESTED),
    removed=(READERS,),
    action="/rules/sign",
    back_href="/rules",
    hidden=(("kind", "rules"), ("document", "[]"), ("at", "2026-11-22T08:00:00Z")),
    passkey=PASSKEY,
    command="custodes rules set FILE --customer cus-1h2j3k4m5n6p7q8r9s0t1v2w3x --key-file KEYFILE",
    refusals=("policy.house-signed-only", "signature-stale"),
)
BOUNDARY_CHANGE = msgspec.structs.replace(
    RULES_CHANGE,
    kind="boundary",
    added=(),
    removed=(),
    before=(("areas", "EU"), ("jurisdictions", "EU, CH")),
    after=(("areas", "FR"), ("jurisdictions", "EU, CH")),
    outside=(
        OutsideRow(
            bucket="meldedaten",
            data_class="personal",
            place="frankfurt-1",
            reasons=("country-not-allowed", "jurisdiction-not-allowed"),
            is_outside_now=False,
        ),
        OutsideRow(bucket="archiv", data_class="personal", place="lyon-2", reasons=(), is_outside_now=True),
    ),
    back_href="/boundary",
    refusals=(),
)
CHANGE_NOTHING = msgspec.structs.replace(
    RULES_CHANGE, kind="rules-reset", added=(), removed=(), passkey=None, refusals=()
)
