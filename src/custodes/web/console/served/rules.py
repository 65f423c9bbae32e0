"""Rules and boundary of a customer: shown, changed by a form, checked, and signed with a passkey."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from custodes.acts.asks import Signed
from custodes.acts.asks.documents import act_document
from custodes.acts.asks.objects import LookBuckets
from custodes.acts.asks.rules import LookPlaces, LookPolicy, ResetPolicy, SetBoundary, SetPolicy
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.law.book import shipped
from custodes.policy import presets
from custodes.policy.actions import PURPOSES
from custodes.policy.unsatisfied import unsatisfied
from custodes.web.console.views import rules as views
from custodes.web.console.views.shell import Option
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from . import facts, signing
from .facts import maybe
from .questions import boundary_of
from .visit import Desk, Visit, form, page, seated

TEXTS_MAX = 100
OWNER = "owner"
KINDS = ("rules", "rules-reset", "boundary")
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)
Change = SetPolicy | ResetPolicy | SetBoundary
Choice = tuple[str, Mapping[str, Plain]]


class RulePages:
    """`/rules` and `/boundary`: what stands, the form, the check, the signature."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._law = shipped()

    async def rules(self, call: Call, visit: Visit) -> Reply:
        """The rules that stand, as forms."""
        return await self._rules(call, visit, None)

    async def check_rules(self, call: Call, visit: Visit) -> Reply:
        """What would come and go."""
        try:
            chosen = _chosen(call.taken(Form))
        except Refusal as refusal:
            return await self._rules(call, visit, refusal)
        return await self._change(call, visit, "rules", canonical.encode([_plain(one) for one in chosen]))

    async def check_reset(self, call: Call, visit: Visit) -> Reply:
        """The same for the preset rules."""
        return await self._change(call, visit, "rules-reset", b"")

    async def boundary(self, call: Call, visit: Visit) -> Reply:
        """The boundary that stands, as a form."""
        return await self._boundary(call, visit, None)

    async def check_boundary(self, call: Call, visit: Visit) -> Reply:
        """What would stand outside."""
        given = call.taken(Form)
        document = canonical.encode(
            {
                "areas": _codes(given, "areas"),
                "jurisdictions": _codes(given, "jurisdictions"),
                "denied_jurisdictions": _codes(given, "denied"),
                "data_classes": list(given.many("classes")),
            }
        )
        try:
            return await self._change(call, visit, "boundary", document)
        except Refusal as refusal:
            if refusal.kind is not Kind.MALFORMED:
                raise
            return await self._boundary(call, visit, refusal)

    async def sign(self, call: Call, visit: Visit) -> Reply:
        """The owner's signature over the change, handed in with it."""
        given = call.taken(Form)
        kind, at = given.one("kind"), given.one("at")
        if kind not in KINDS:
            raise malformed("malformed-form", field="kind")
        document = given.one("document").encode()
        bare, generation = await self._bare(visit, kind, document)
        try:
            raw = act_document(bare, visit.house.id, generation, at)
            mine = await signing.signature(self._desk.doors, visit.evidence, raw, given)
            signed = Signed(visit.evidence, at, mine)
            await self._desk.doors.ask(msgspec.structs.replace(bare, evidence=signed))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._change(call, visit, kind, document, refusal)
        return see_other("/boundary" if kind == "boundary" else "/rules")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/rules", "rules", seated(desk, self.rules)),
            form("/rules/check", "rules-check", seated(desk, self.check_rules)),
            form("/rules/reset", "rules-reset", seated(desk, self.check_reset)),
            page("/boundary", "boundary", seated(desk, self.boundary)),
            form("/boundary/check", "boundary-check", seated(desk, self.check_boundary)),
            form("/rules/sign", "rules-sign", seated(desk, self.sign)),
        )

    async def _rules(self, call: Call, visit: Visit, refusal: Refusal | None) -> Reply:
        found = await self._desk.doors.ask(LookPolicy(visit.evidence, visit.customer))
        standing = _listed(found.choices)
        view = views.RulesView(
            customer=visit.customer_name,
            generation=found.generation,
            rules=_forms(standing),
            may_change=OWNER in visit.me.roles,
            proof=await facts.latest(self._desk, visit, "change.policy", "customer.create"),
            refusal=refusal.code if refusal else None,
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=_status(refusal))

    async def _boundary(self, call: Call, visit: Visit, refusal: Refusal | None) -> Reply:
        places = await self._desk.doors.ask(LookPlaces(visit.evidence, visit.customer))
        found = boundary_of(places)
        classes = {str(one) for one in found.get("data_classes", ())}
        on = self._desk.clock.now().date()
        view = views.BoundaryForm(
            customer=visit.customer_name,
            generation=places.generation,
            areas=", ".join(map(str, found.get("areas", ()))),
            jurisdictions=", ".join(map(str, found.get("jurisdictions", ()))),
            denied=", ".join(map(str, found.get("denied_jurisdictions", ()))),
            classes=tuple(
                Option(value=row.code, text="checked" if row.code in classes else "")
                for row in self._law.tables.data_classes
            ),
            unions=tuple(
                (row.code, str(len(self._law.members(row.code, on)))) for row in self._law.tables.unions
            ),
            may_change=OWNER in visit.me.roles,
            refusal=refusal.code if refusal else None,
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=_status(refusal))

    async def _bare(self, visit: Visit, kind: str, document: bytes) -> tuple[Change, int]:
        """The ask without its signature, and the generation it is signed over."""
        evidence, customer = visit.evidence, visit.customer
        if kind == "boundary":
            places = await self._desk.doors.ask(LookPlaces(evidence, customer))
            return SetBoundary(evidence, customer, document), places.generation
        found = await self._desk.doors.ask(LookPolicy(evidence, customer))
        bare = ResetPolicy(evidence, customer) if kind == "rules-reset" else None
        return bare or SetPolicy(evidence, customer, document), found.generation

    async def _change(
        self, call: Call, visit: Visit, kind: str, document: bytes, refusal: Refusal | None = None
    ) -> Reply:
        is_boundary = kind == "boundary"
        bare, generation = await self._bare(visit, kind, document)
        at = to_text(self._desk.clock.now())
        digest = signing.digest_of(act_document(bare, visit.house.id, generation, at))
        asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
        view = views.ChangeView(
            kind=kind,
            customer=visit.customer_name,
            action="/rules/sign",
            back_href="/boundary" if is_boundary else "/rules",
            hidden=(("kind", kind), ("document", document.decode()), ("at", at)),
            passkey=signing.asking(asked, digest) if signing.passkeys_of(asked) else None,
            command=_command(kind, visit.customer),
            refusals=facts.codes(refusal),
        )
        if is_boundary:
            view = await self._boundary_change(visit, document, view)
        else:
            view = await self._rules_change(visit, kind, document, view)
        return self._desk.pages.reply(call, view, visit.visitor, status=_status(refusal))

    async def _rules_change(
        self, visit: Visit, kind: str, document: bytes, view: views.ChangeView
    ) -> views.ChangeView:
        found = await self._desk.doors.ask(LookPolicy(visit.evidence, visit.customer))
        old = _listed(found.choices)
        default: list[Choice] = [(one.name, {}) for one in presets.PRESETS.values() if one.is_default]
        new: Sequence[Choice] = default if kind == "rules-reset" else _listed(document)
        added = [one for one in new if one not in old]
        removed = [one for one in old if one not in new]
        return msgspec.structs.replace(
            view,
            added=tuple(_form(name, filled) for name, filled in added),
            removed=tuple(_form(name, filled) for name, filled in removed),
            passkey=view.passkey if added or removed else None,
        )

    async def _boundary_change(
        self, visit: Visit, document: bytes, view: views.ChangeView
    ) -> views.ChangeView:
        ask, evidence, customer = self._desk.doors.ask, visit.evidence, visit.customer
        now = await ask(LookPlaces(evidence, customer))
        await ask(LookPlaces(evidence, customer, trial=document))
        found = await maybe(self._desk, LookBuckets(evidence, customer))
        buckets = found.buckets if found else ()
        classes = sorted({one.data_class for one in buckets})
        judged = await asyncio.gather(
            *(ask(LookPlaces(evidence, customer, name, document)) for name in classes),
            *(ask(LookPlaces(evidence, customer, name)) for name in classes),
        )
        after = dict(zip(classes, judged[: len(classes)], strict=True))
        before = dict(zip(classes, judged[len(classes) :], strict=True))
        rows = []
        for bucket in buckets:
            inside = {one.id: one.inside for one in before[bucket.data_class].places}
            for place in after[bucket.data_class].places:
                if place.id in bucket.locations and not (place.inside and inside[place.id]):
                    rows.append(
                        views.OutsideRow(
                            bucket=bucket.name,
                            data_class=bucket.data_class,
                            place=place.name,
                            reasons=place.reasons,
                            is_outside_now=not inside[place.id],
                        )
                    )
        old, new = _said(boundary_of(now)), _said(_document(document))
        return msgspec.structs.replace(
            view,
            before=old,
            after=new,
            outside=tuple(rows),
            passkey=view.passkey if old != new else None,
        )


def _forms(standing: Sequence[Choice]) -> tuple[views.RuleForm, ...]:
    """Every rule there is a form for, first those that stand."""
    chosen = [_form(name, filled) for name, filled in standing]
    names = {name for name, _ in standing}
    rest = [_form(name, {}, is_chosen=False) for name in presets.PRESETS if name not in names]
    return (*chosen, *rest)


def _form(name: str, filled: Mapping[str, Plain], *, is_chosen: bool = True) -> views.RuleForm:
    preset = presets.PRESETS.get(name)
    if preset is None:
        return views.RuleForm(name=name, de=name, en=name, is_chosen=is_chosen, is_default=False)
    fields = tuple(
        views.PlaceField(
            name=place.name,
            kind=place.kind,
            de=place.german,
            en=place.english,
            value=_shown(place, filled.get(place.name)),
        )
        for place in preset.places
    )
    return views.RuleForm(
        name=name,
        de=preset.german,
        en=preset.english,
        is_chosen=is_chosen,
        is_default=preset.is_default,
        fields=fields,
        filled=tuple((one.de, one.en, one.value) for one in fields) if is_chosen else (),
        is_unsatisfied=is_chosen and bool(unsatisfied([(name, filled)])),
    )


def _shown(place: presets.Place, value: Plain) -> str:
    """What was filled in as the form takes it: codes with commas, minutes as a time of day."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, int) and place.kind in {"from-minute", "to-minute"}:
        return f"{value // 60:02d}:{value % 60:02d}"
    return "" if value is None else str(value)


def _chosen(given: Form) -> list[Choice]:
    """The forms that are ticked, with what was filled in; `bad-preset-field`, `bad-choices` (malformed)."""
    chosen: list[Choice] = []
    for name in given.many("rule"):
        preset = presets.PRESETS.get(name)
        if preset is None:
            raise malformed("bad-choices")
        filled = {place.name: _value(given, name, place) for place in preset.places}
        presets.rule(name, filled)
        chosen.append((name, filled))
    if not chosen:
        raise malformed("bad-choices")
    return chosen


def _value(given: Form, name: str, place: presets.Place) -> Plain:
    said = given.many(f"{name}.{place.name}")
    if place.kind == "weekdays":
        return [int(one) for one in said if one in set("1234567")]
    text = said[0].strip() if said else ""
    if place.kind in {"from-minute", "to-minute"}:
        hours, _, minutes = text.partition(":")
        if not (hours.isdigit() and minutes.isdigit() and len(text) == len("00:00")):
            raise malformed("bad-preset-field", preset=name, field=place.name)
        return int(hours) * 60 + int(minutes)
    parts = [part.strip() for part in text.replace("\n", ",").split(",")]
    found = [part for part in parts if part][:TEXTS_MAX]
    if place.name == "purposes" and set(found) - set(PURPOSES):
        raise malformed("bad-preset-field", preset=name, field=place.name)
    return list(found)


def _codes(given: Form, name: str) -> list[Plain]:
    """Codes of countries and unions as people write them: capitals, commas, spaces, lines."""
    text = given.one(name).replace(",", " ").replace(";", " ").upper()
    found: list[Plain] = list(dict.fromkeys(text.split()))
    return found[:TEXTS_MAX]


def _listed(raw: bytes) -> list[Choice]:
    found = canonical.decode(raw)
    return [
        (str(one.get("preset")), dict(filled))
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict) and isinstance(filled := one.get("filled"), dict)
    ]


def _plain(one: Choice) -> dict[str, Plain]:
    return {"preset": one[0], "filled": dict(one[1])}


def _document(raw: bytes) -> dict[str, Plain]:
    found = canonical.decode(raw)
    return found if isinstance(found, dict) else {}


def _said(found: Mapping[str, Plain]) -> tuple[tuple[str, str], ...]:
    """A boundary line by line; labels are codes of `words.LABELS`."""
    names = ("areas", "jurisdictions", "denied_jurisdictions", "data_classes")
    values = ((name, found.get(name)) for name in names)
    return tuple((name, ", ".join(map(str, v)) if isinstance(v, list) else "") for name, v in values)


def _command(kind: str, customer: str) -> str:
    words = {"rules": "rules set FILE", "rules-reset": "rules reset", "boundary": "boundary set"}[kind]
    return f"custodes {words} --customer {customer} --key-file KEYFILE"


def _status(refusal: Refusal | None) -> int:
    return problem(refusal, "").status if refusal else 200
