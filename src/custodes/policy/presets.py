"""Rules as forms: nobody has to write Cedar.

A form is a Cedar text with named places. What somebody fills in is put into the parsed rule as a value,
never into the text, so that no input can become code. A rule made from a form has a stable id: the
form's name, and a number when the form is used more than once.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from custodes.kernel.refusal import malformed

from .actions import DATA_ACTIONS
from .rules import Rule, RuleSet, from_cedar

FILLED_MAX = 100
TEXT_CHARS_MAX = 200


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to fill in: `kind` is `texts`, `weekdays`, `from-minute` or `to-minute`."""

    name: str
    kind: str
    german: str
    english: str


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A form. `is_default` means that a new customer starts with it."""

    name: str
    german: str
    english: str
    text: str
    places: tuple[Place, ...] = ()
    is_default: bool = False


_OWN = "principal is Application && principal has application"
_DATA = ", ".join(f'Action::"{name}"' for name in (*DATA_ACTIONS, "object:list", "object:delete"))
_APPROVALS = 'Action::"lockbox:approve", Action::"lockbox:review"'

_ROWS = (
    Preset(
        name="applications-own-buckets",
        german="Fachverfahren lesen und schreiben ihre eigenen Buckets",
        english="Applications read and write their own buckets",
        text=f"""permit(principal, action in [Action::"object:read", Action::"object:write",
            Action::"object:delete", Action::"object:list", Action::"bucket:read"], resource)
            when {{ {_OWN} && resource.owners.contains(principal.application) }};""",
        is_default=True,
    ),
    Preset(
        name="applications-own-bucket-life",
        german="Fachverfahren legen eigene Buckets an, stellen sie ein und löschen sie",
        english="Applications create, configure and delete their own buckets",
        text=f"""permit(principal, action in [Action::"bucket:create", Action::"bucket:configure",
            Action::"bucket:delete"], resource)
            when {{ {_OWN} && resource.owners.contains(principal.application) }};""",
        is_default=True,
    ),
    Preset(
        name="applications-lease-reads",
        german="Fachverfahren lesen eigene Buckets in Bündeln: ein Eintrag für höchstens 10.000 Lesevorgänge "
        "in 10 Sekunden, ohne die einzelnen Objekte zu nennen",
        english="Applications read their own buckets under leases: one entry for at most 10,000 reads within "
        "10 seconds, which does not name the objects",
        text=f"""permit(principal, action == Action::"object:lease", resource)
            when {{ {_OWN} && resource.owners.contains(principal.application) }};""",
    ),
    Preset(
        name="applications-retain",
        german="Fachverfahren setzen Aufbewahrung und Sperre in eigenen Buckets",
        english="Applications set retention and holds in their own buckets",
        text=f"""permit(principal, action == Action::"object:retain", resource)
            when {{ {_OWN} && resource.owners.contains(principal.application) }};""",
        is_default=True,
    ),
    Preset(
        name="applications-bypass-governance",
        german="Fachverfahren dürfen die Aufbewahrung »Governance« in eigenen Buckets übergehen",
        english="Applications may pass by a governance retention in their own buckets",
        text=f"""permit(principal, action == Action::"object:bypass-retention", resource)
            when {{ {_OWN} && resource.owners.contains(principal.application) }};""",
    ),
    Preset(
        name="bucket-policies-count",
        german="Fachverfahren nutzen fremde Buckets, soweit deren Policy oder ACL es erlaubt",
        english="Applications use other applications' buckets as far as those buckets' policy or ACL allows",
        text="""permit(principal is Application, action in [Action::"object:read", Action::"object:write",
            Action::"object:delete", Action::"object:list", Action::"object:retain",
            Action::"object:bypass-retention", Action::"bucket:read", Action::"bucket:configure"], resource)
            when { resource has bucket_policy && resource.bucket_policy == "allow" };""",
    ),
    Preset(
        name="anyone-reads-named-buckets",
        german="Alle Welt liest ohne Anmeldung die genannten Buckets, soweit Policy oder ACL es erlaubt",
        english="The whole world reads the named buckets without signing in, as far as their policy or ACL "
        "allows",
        text="""permit(principal is Anyone,
            action in [Action::"object:read", Action::"object:list"], resource)
            when { resource has bucket_policy && resource.bucket_policy == "allow" &&
            resource has public_name && "$buckets".contains(resource.public_name) };""",
        places=(Place(name="buckets", kind="texts", german="Buckets", english="Buckets"),),
    ),
    Preset(
        name="anyone-reads-public-buckets",
        german="Alle Welt liest ohne Anmeldung jeden Bucket, dessen Policy oder ACL es erlaubt: auch neue",
        english="The whole world reads every bucket without signing in whose policy or ACL allows it, those "
        "to come too",
        text="""permit(principal is Anyone,
            action in [Action::"object:read", Action::"object:list"], resource)
            when { resource has bucket_policy && resource.bucket_policy == "allow" };""",
    ),
    Preset(
        name="anyone-writes-public-buckets",
        german="Alle Welt schreibt und löscht ohne Anmeldung, wo Policy oder ACL es erlaubt",
        english="The whole world writes and deletes without signing in, where policy or ACL allows it",
        text="""permit(principal is Anyone,
            action in [Action::"object:write", Action::"object:delete"], resource)
            when { resource has bucket_policy && resource.bucket_policy == "allow" };""",
    ),
    Preset(
        name="anyone-lease-reads",
        german="Lesen ohne Anmeldung wird gebündelt: ein Eintrag für höchstens 10.000 Lesevorgänge in 10 "
        "Sekunden, ohne die einzelnen Objekte zu nennen",
        english="Reading without signing in goes under leases: one entry for at most 10,000 reads within 10 "
        "seconds, which does not name the objects",
        text="""permit(principal is Anyone, action == Action::"object:lease", resource);""",
    ),
    Preset(
        name="applications-use-keys",
        german="Fachverfahren nutzen Schlüssel",
        english="Applications use keys",
        text="""permit(principal is Application,
            action in [Action::"key:use-wrap", Action::"key:use-unwrap", Action::"key:use-sign",
            Action::"key:use-verify"], resource);""",
        is_default=True,
    ),
    Preset(
        name="readers-read",
        german="Personen mit der Rolle »Lesen« lesen Objekte",
        english="People with the role reader read objects",
        text="""permit(principal is Person,
            action in [Action::"object:read", Action::"object:list", Action::"bucket:read"], resource)
            when { principal.roles.contains("reader") };""",
        is_default=True,
    ),
    Preset(
        name="owners-list",
        german="Verantwortliche sehen Namen und Größen der Objekte, nicht deren Inhalt",
        english="Owners see names and sizes of objects, not what is in them",
        text="""permit(principal is Person,
            action in [Action::"object:list", Action::"bucket:read"], resource)
            when { principal.roles.contains("owner") };""",
        is_default=True,
    ),
    Preset(
        name="owners-write",
        german="Verantwortliche legen Objekte ab, ohne andere zu lesen",
        english="Owners write objects, without reading others",
        text="""permit(principal is Person, action == Action::"object:write", resource)
            when { principal.roles.contains("owner") };""",
        is_default=True,
    ),
    Preset(
        name="owners-retain",
        german="Verantwortliche setzen Aufbewahrung und Sperre einzelner Objekte",
        english="Owners set retention and holds of single objects",
        text="""permit(principal is Person, action == Action::"object:retain", resource)
            when { principal.roles.contains("owner") };""",
        is_default=True,
    ),
    Preset(
        name="owners-bypass-governance",
        german="Verantwortliche dürfen die Aufbewahrung »Governance« übergehen",
        english="Owners may pass by a governance retention",
        text="""permit(principal is Person, action == Action::"object:bypass-retention", resource)
            when { principal.roles.contains("owner") };""",
    ),
    Preset(
        name="granted-access",
        german="Wer eine Freigabe hat, nutzt genau diese",
        english="Who holds a grant uses exactly that",
        text="""permit(principal, action in [Action::"object:read", Action::"object:write",
            Action::"object:list", Action::"key:use-wrap", Action::"key:use-unwrap", Action::"grant:use"],
            resource) when { context has grant && context.grant.covers };""",
        is_default=True,
    ),
    Preset(
        name="everyone-watches",
        german="Alle Beteiligten lesen Protokoll, Regeln, Grenze und Vorgänge, die ihre Rolle erlaubt",
        english="All parties read log, rules, boundary and cases as far as their role goes",
        text="""permit(principal, action in [Action::"log:read", Action::"log:prove", Action::"policy:read",
            Action::"boundary:read", Action::"party:read", Action::"key:read", Action::"customer:read",
            Action::"lockbox:read", Action::"bucket:read", Action::"connection:read"], resource);""",
        is_default=True,
    ),
    Preset(
        name="lockbox",
        german="Zugriffe können beantragt, genehmigt, verweigert und nachgeprüft werden",
        english="Access can be asked for, approved, denied and reviewed",
        text="""permit(principal is Person, action in [Action::"lockbox:request", Action::"lockbox:approve",
            Action::"lockbox:deny", Action::"lockbox:return", Action::"lockbox:review"], resource);""",
        is_default=True,
    ),
    Preset(
        name="officers-administer",
        german="Verantwortliche verwalten Schlüssel, Buckets, Regeln und Grenze",
        english="Officers look after keys, buckets, rules and boundary",
        text="""permit(principal is Person, action in [Action::"key:create", Action::"key:rotate",
            Action::"key:disable", Action::"key:enable", Action::"key:schedule-destruction",
            Action::"key:destroy", Action::"bucket:create", Action::"bucket:delete",
            Action::"bucket:configure", Action::"bucket:adopt", Action::"policy:change",
            Action::"boundary:change", Action::"connection:change", Action::"customer:export",
            Action::"person-field:erase"], resource);""",
        is_default=True,
    ),
    Preset(
        name="people-only-under-grant",
        german="Auch eigene Personen lesen nur unter einer Freigabe",
        english="Even our own people read only under a grant",
        text=f"""forbid(principal is Person, action in [{_DATA}], resource)
            unless {{ context has grant && context.grant.covers }};""",
    ),
    Preset(
        name="business-hours",
        german="Freigaben werden nur zu bestimmten Zeiten genutzt",
        english="Grants are used at certain times only",
        text="""forbid(principal, action in [Action::"object:read", Action::"object:write",
            Action::"object:list", Action::"key:use-wrap", Action::"key:use-unwrap", Action::"grant:use"],
            resource) when { context has grant } unless { "$weekdays".contains(context.weekday) &&
            context.minute >= "$from" && context.minute < "$to" };""",
        places=(
            Place(name="weekdays", kind="weekdays", german="Wochentage", english="Days of the week"),
            Place(name="from", kind="from-minute", german="Ab (Minute des Tages)", english="From (minute)"),
            Place(name="to", kind="to-minute", german="Bis (Minute des Tages)", english="To (minute)"),
        ),
    ),
    Preset(
        name="approvers-resident-in",
        german="Genehmigen darf nur, wer in bestimmten Ländern oder Unionen lebt",
        english="Only people resident in certain countries or unions approve",
        text=f"""forbid(principal, action in [{_APPROVALS}], resource)
            unless {{ principal.areas.containsAny("$areas") }};""",
        places=(
            Place(name="areas", kind="texts", german="Länder oder Unionen", english="Countries or unions"),
        ),
    ),
    Preset(
        name="readers-resident-in",
        german="Unter einer Freigabe liest nur, wer in bestimmten Ländern oder Unionen lebt",
        english="Only people resident in certain countries or unions read under a grant",
        text="""forbid(principal, action in [Action::"object:read", Action::"object:list",
            Action::"key:use-unwrap", Action::"grant:use"], resource)
            when { context has grant } unless { principal.areas.containsAny("$areas") };""",
        places=(
            Place(name="areas", kind="texts", german="Länder oder Unionen", english="Countries or unions"),
        ),
    ),
    Preset(
        name="purposes-only",
        german="Daten werden nur zu bestimmten Zwecken berührt",
        english="Data is touched for certain purposes only",
        text=f"""forbid(principal, action in [{_DATA}], resource)
            unless {{ "$purposes".contains(context.purpose) }};""",
        places=(Place(name="purposes", kind="texts", german="Zwecke", english="Purposes"),),
    ),
    Preset(
        name="cloud-reasons-only",
        german="Cloud-Dienste nutzen Schlüssel nur mit bestimmten Gründen",
        english="Clouds use keys for certain reasons only",
        text="""forbid(principal, action in [Action::"key:use-wrap", Action::"key:use-unwrap"], resource)
            when { context has cloud } unless { "$reasons".contains(context.cloud.reason) };""",
        places=(Place(name="reasons", kind="texts", german="Gründe", english="Reasons"),),
    ),
    Preset(
        name="cloud-grades-only",
        german="Was ein Cloud-Dienst über den Grund sagt, muss belegt sein (asserted, signed, attested)",
        english="What a cloud says about why must be corroborated (asserted, signed, attested)",
        text="""forbid(principal, action in [Action::"key:use-wrap", Action::"key:use-unwrap"], resource)
            when { context has cloud } unless { "$grades".contains(context.cloud.grade) };""",
        places=(Place(name="grades", kind="texts", german="Stufen", english="Grades"),),
    ),
    Preset(
        name="cloud-openings-under-grant",
        german="Cloud-Dienste öffnen nur mit bestimmten Gründen, mit allen anderen nur unter einer Freigabe",
        english="Clouds open for certain reasons only, and for all others only under a grant",
        text="""forbid(principal, action == Action::"key:use-unwrap", resource)
            when { context has cloud } unless { "$reasons".contains(context.cloud.reason) }
            unless { context has grant && context.grant.covers };""",
        places=(Place(name="reasons", kind="texts", german="Gründe", english="Reasons"),),
    ),
    Preset(
        name="cloud-principals-only",
        german="Cloud-Dienste nutzen Schlüssel nur für bestimmte Aufrufer, wie der Dienst sie nennt",
        english="Clouds use keys for certain callers only, as the cloud names them",
        text="""forbid(principal, action in [Action::"key:use-wrap", Action::"key:use-unwrap"], resource)
            when { context has cloud } unless { context.cloud has principal &&
            "$principals".contains(context.cloud.principal) };""",
        places=(Place(name="principals", kind="texts", german="Aufrufer", english="Callers"),),
    ),
    Preset(
        name="class-never-granted",
        german="Daten bestimmter Klassen werden nie an Lieferanten freigegeben",
        english="Data of certain classes is never granted to suppliers",
        text="""forbid(principal, action == Action::"object:read", resource)
            when { principal has organisation_kind && principal.organisation_kind == "supplier" &&
            resource has data_class && "$classes".contains(resource.data_class) };""",
        places=(Place(name="classes", kind="texts", german="Datenklassen", english="Data classes"),),
    ),
)

PRESETS: Mapping[str, Preset] = MappingProxyType({row.name: row for row in _ROWS})


def rule(name: str, filled: Mapping[str, Any] | None = None, number: int = 1) -> Rule:
    """One rule from a form (`unknown-preset`, `bad-preset-field`)."""
    preset = PRESETS.get(name)
    if preset is None:
        raise malformed("unknown-preset", preset=name[:80])
    fields = dict(filled or {})
    if set(fields) != {place.name for place in preset.places} or not 1 <= number <= FILLED_MAX:
        raise malformed("bad-preset-field", preset=name)
    values = {f"${place.name}": _value(name, place, fields[place.name]) for place in preset.places}
    body = _put(from_cedar(_with_kinds(preset)), values)
    return Rule(id=name if number == 1 else f"{name}-{number}", body=body, form=name, fields=fields)


def default_rules(customer: str) -> RuleSet:
    """What a new customer starts with, and what `policy:reset` puts back."""
    made = tuple(rule(preset.name) for preset in PRESETS.values() if preset.is_default)
    return RuleSet(scope=customer, generation=1, rules=made)


def names(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Which forms a set was made from, in order, for the page that shows it."""
    return tuple(one.form for one in rules if one.form is not None)


def _with_kinds(preset: Preset) -> str:
    """Give each place a value of its own type, so that Cedar parses the text."""
    text = preset.text
    for place in preset.places:
        if place.kind in {"texts", "weekdays"}:
            text = text.replace(f'"${place.name}"', f'["${place.name}"]')
    return text


def _value(preset: str, place: Place, given: object) -> Any:  # noqa: ANN401 - JSON of Cedar
    ok = False
    if place.kind == "texts":
        ok = isinstance(given, list | tuple) and 0 < len(given) <= FILLED_MAX
        ok = ok and all(type(one) is str and 0 < len(one) <= TEXT_CHARS_MAX for one in given)  # type: ignore[attr-defined]
    elif place.kind == "weekdays":
        ok = isinstance(given, list | tuple) and 0 < len(given) <= 7
        ok = ok and all(type(one) is int and 1 <= one <= 7 for one in given)  # type: ignore[attr-defined]
    elif place.kind in {"from-minute", "to-minute"}:
        ok = type(given) is int and 0 <= given <= 1_440
    if not ok:
        raise malformed("bad-preset-field", preset=preset, field=place.name)
    return [{"Value": one} for one in given] if isinstance(given, list | tuple) else given


def _put(body: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON of Cedar
    """Replace `{"Set": [{"Value": "$x"}]}` and `{"Value": "$x"}` by what was filled in."""
    if isinstance(body, list):
        return [_put(item, values) for item in body]
    if not isinstance(body, dict):
        return body
    items = body.get("Set")
    if isinstance(items, list) and len(items) == 1 and isinstance(items[0], dict):
        inner = items[0].get("Value")
        if isinstance(inner, str) and inner in values:
            return {"Set": values[inner]}
    inner = body.get("Value")
    if isinstance(inner, str) and inner in values:
        return {"Value": values[inner]}
    return {name: _put(member, values) for name, member in body.items()}
