"""Steps of a plan as rows of a page."""

from collections.abc import Iterable

from custodes.acts.plans.carrying import Outcome
from custodes.acts.plans.steps import Plan, State, Step
from custodes.acts.plans.templates import Template
from custodes.kernel import canonical
from custodes.policy.presets import PRESETS, Preset
from custodes.web.console.views import onboarding as views


def plan_view(plan: Plan, file: str, *, has_changed: bool = False) -> views.PlanView:
    """A plan in four parts."""
    return views.PlanView(
        file=file,
        digest=plan.digest,
        own=_rows(plan, {State.CREATE, State.CHANGE}),
        others=_rows(plan, {State.OPEN}),
        drift=_rows(plan, {State.DRIFT}),
        unmanaged=_rows(plan, {State.UNMANAGED}),
        has_changed=has_changed,
    )


def outcome_view(outcome: Outcome, file: str) -> views.OutcomeView:
    """What came of it."""
    names = _names(outcome.plan)
    return views.OutcomeView(
        file=file,
        done=tuple(_row(step, names) for step in outcome.done),
        refused=tuple(
            views.RefusedRow(step=_row(one.step, names), codes=_codes(one.code, one.facts))
            for one in outcome.refused
        ),
        others=_rows(outcome.plan, {State.OPEN}),
        drift=_rows(outcome.plan, {State.DRIFT}),
    )


def template_row(template: Template) -> views.TemplateRow:
    """A template's words."""
    return views.TemplateRow(
        name=template.name,
        de=template.de,
        en=template.en,
        about_de=template.about_de,
        about_en=template.about_en,
    )


def _rows(plan: Plan, states: Iterable[State]) -> tuple[views.StepRow, ...]:
    names = _names(plan)
    return tuple(_row(step, names) for step in plan.steps if step.state in states)


def _names(plan: Plan) -> dict[str, tuple[str, str]]:
    return {step.key: (step.noun, step.name) for step in plan.steps}


def _row(step: Step, names: dict[str, tuple[str, str]]) -> views.StepRow:
    weaker = (each.partition(":") for each in step.weaker)
    return views.StepRow(
        noun=step.noun,
        name=step.name,
        state=step.state.value,
        customer=step.customer if step.customer != step.name else "",
        line=step.line,
        differences=tuple(
            _difference(one.member, one.found, one.wanted, is_rule=step.noun == "rules")
            for one in step.differences
        ),
        weaker=tuple((code, what) for code, _, what in weaker),
        who=step.who.code,
        whose=", ".join(part for part in (step.who.person, step.who.organisation) if part),
        commands=step.commands,
        href=step.link,
        after=tuple(names[name] for name in step.after if name in names),
    )


def _difference(member: str, found: str, wanted: str, *, is_rule: bool) -> views.DifferenceRow:
    preset = PRESETS.get(member) if is_rule else None
    return views.DifferenceRow(
        member=member,
        found=_filled(preset, found),
        wanted=_filled(preset, wanted),
        de=preset.german if preset else "",
        en=preset.english if preset else "",
    )


def _filled(preset: Preset | None, text: str) -> str:
    """What is filled in as people read it: values with commas, minutes as a time of day."""
    if preset is None or not text.startswith("{"):
        return text
    filled = canonical.decode(text.encode())
    values = [filled.get(place.name) for place in preset.places] if isinstance(filled, dict) else []
    return "; ".join(
        f"{value // 60:02d}:{value % 60:02d}"
        if isinstance(value, int)
        else ", ".join(map(str, value if isinstance(value, list) else [value]))
        for value in values
    )


def _codes(code: str, facts: dict[str, object]) -> tuple[str, ...]:
    """A refusal's reasons where it names them, else itself."""
    named = facts.get("why") or facts.get("reasons")
    return tuple(map(str, named)) if isinstance(named, tuple | list) and named else (code,)
