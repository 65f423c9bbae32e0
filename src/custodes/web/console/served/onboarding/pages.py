"""`/onboarding`: from a template or a file to a plan, and from a confirmed plan to what was done."""

from collections.abc import Mapping

import msgspec

from custodes.acts.asks import Ask
from custodes.acts.plans import planning, templates, wanted
from custodes.acts.plans.carrying import carry_out
from custodes.acts.plans.found import gather
from custodes.acts.plans.ground import Ground
from custodes.acts.plans.steps import Plan
from custodes.acts.plans.talking import Talk, run_async
from custodes.kernel.refusal import Refusal, absent, malformed
from custodes.law.book import shipped
from custodes.web.console.pages import PageQuery
from custodes.web.console.served.visit import Desk, Does, Visit, form, page, seated
from custodes.web.console.views import onboarding as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form

from . import showing

FILE_NAME = "onboarding.yaml"  # what the file is called in commands for others
FORM_BYTES_MAX = 3 * 131_072 + 8_192  # every byte of a file may travel as three
TIMEOUT_MS = 60_000
PAGES = (4, 4, 2)  # questions a page, in the order of the templates' index


class TemplateQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which template."""

    template: str = ""


class OnboardingPages:
    """Template, questions, plan, outcome."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._law = shipped()

    async def begin(self, call: Call, visit: Visit) -> Reply:
        """Templates to choose from, and a place for a file."""
        return self._begin(call, visit, "", None)

    async def first(self, call: Call, visit: Visit) -> Reply:
        """The first page of questions of a template."""
        return self._questions(call, visit, _template(call.asked(TemplateQuery).template), 1, answers={})

    async def answers(self, call: Call, visit: Visit) -> Reply:
        """Answers of one page: the next page, or the plan."""
        given = call.taken(Form)
        template = _template(given.one("template"))
        number = _number(given.one("page"))
        asked = [one.name for one in templates.QUESTIONS[: sum(PAGES[:number])]]
        answers = {name: " ".join(given.one(name).split()) for name in asked}
        wrong = self._wrong(template, answers)
        if wrong:
            return self._questions(call, visit, template, number, answers=answers, wrong=wrong)
        if number < len(PAGES):
            return self._questions(call, visit, template, number + 1, answers=answers)
        return await self._plan(call, visit, templates.fill(template.name, answers))

    async def plan(self, call: Call, visit: Visit) -> Reply:
        """The plan of a file."""
        return await self._plan(call, visit, call.taken(Form).one("file"))

    async def do(self, call: Call, visit: Visit) -> Reply:
        """Carry out the plan that was shown; another than that is shown again instead."""
        given = call.taken(Form)
        file = given.one("file")
        planner = _Planner(self._desk, visit, file, self._law)
        try:
            shown = await planner.plan()
        except Refusal as refusal:
            return self._fault(call, visit, file, refusal)
        if shown.digest != given.one("digest"):
            view = showing.plan_view(shown, file, has_changed=True)
            return self._desk.pages.reply(call, view, visit.visitor, status=409)
        allows = given.many("weaker") == ("yes",)
        talk = carry_out(shown, planner.again, sign=_unsigned, allows_weaker=allows)
        outcome = await run_async(talk, self._desk.doors.ask)
        return self._desk.pages.reply(call, showing.outcome_view(outcome, file), visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        large = {"body_bytes_max": FORM_BYTES_MAX, "timeout_ms": TIMEOUT_MS}
        plan = form("/onboarding/plan", "onboarding-plan", seated(desk, _inside(self.plan)))
        do = form("/onboarding/do", "onboarding-do", seated(desk, _inside(self.do)))
        first = seated(desk, _inside(self.first))
        return (
            page("/onboarding", "onboarding", seated(desk, _inside(self.begin))),
            page("/onboarding/questions", "onboarding-questions", first, TemplateQuery),
            form("/onboarding/answers", "onboarding-answers", seated(desk, _inside(self.answers))),
            msgspec.structs.replace(plan, **large),
            msgspec.structs.replace(do, **large),
        )

    async def _plan(self, call: Call, visit: Visit, file: str) -> Reply:
        try:
            plan = await _Planner(self._desk, visit, file, self._law).plan()
        except Refusal as refusal:
            return self._fault(call, visit, file, refusal)
        return self._desk.pages.reply(call, showing.plan_view(plan, file), visit.visitor)

    def _fault(self, call: Call, visit: Visit, file: str, refusal: Refusal) -> Reply:
        """The file again with what is wrong in it; every other refusal stands."""
        if refusal.code != "file-refused":
            raise refusal
        return self._begin(call, visit, file, refusal)

    def _begin(self, call: Call, visit: Visit, file: str, refusal: Refusal | None) -> Reply:
        view = views.TemplatesView(
            version=templates.VERSION,
            templates=tuple(showing.template_row(one) for one in templates.TEMPLATES.values()),
            file=file,
            fault=_fault_of(refusal) if refusal else None,
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=400 if refusal else 200)

    def _questions(
        self,
        call: Call,
        visit: Visit,
        template: templates.Template,
        number: int,
        *,
        answers: Mapping[str, str],
        wrong: frozenset[str] = frozenset(),
    ) -> Reply:
        before, upto = sum(PAGES[: number - 1]), sum(PAGES[:number])
        view = views.QuestionsPage(
            template=showing.template_row(template),
            page=number,
            pages=len(PAGES),
            questions=tuple(
                views.QuestionRow(
                    name=one.name,
                    de=one.de,
                    en=one.en,
                    example=template.example[one.name],
                    answer=answers.get(one.name, ""),
                    is_wrong=one.name in wrong,
                )
                for one in templates.QUESTIONS[before:upto]
            ),
            hidden=tuple((one.name, answers[one.name]) for one in templates.QUESTIONS[:before]),
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=400 if wrong else 200)

    def _wrong(self, template: templates.Template, answers: Mapping[str, str]) -> frozenset[str]:
        """The question whose answer the template's file would be refused for; none when it is good so far."""
        try:
            text = templates.fill(template.name, answers)
            planning.check(*wanted.read(text.encode()), self._law, self._desk.clock.now().date())
        except Refusal as refusal:
            line = refusal.facts.get("line")
            asked = templates.asked_at(template.name, line) if isinstance(line, int) else ""
            name = str(refusal.facts.get("question") or asked)
            if name not in answers:  # two of them do not go together: the last one was too much
                name = next(reversed(list(answers)), "")
            return frozenset({name})
        return frozenset()


class _Planner:
    """One file of one visit, planned as often as needed."""

    def __init__(self, desk: Desk, visit: Visit, file: str, law: planning.Book) -> None:
        self._desk, self._visit, self._law = desk, visit, law
        self._file = file.encode()

    async def plan(self) -> Plan:
        """What stands now, and what is to be done; `file-refused` (malformed)."""
        return await run_async(self.again(), self._desk.doors.ask)

    def again(self) -> Talk[Plan]:
        """The same as a talk."""
        asked, text = wanted.read(self._file)
        evidence = self._visit.evidence
        found = yield from gather(evidence, lambda id_, name: planning.wants(asked, id_, name))
        return planning.plan(
            Ground(
                wanted=asked,
                text=text,
                found=found,
                evidence=evidence,
                book=self._law,
                on=self._desk.clock.now().date(),
                signs=False,
                file=FILE_NAME,
            )
        )


def _inside(does: Does) -> Does:
    """For those who run the house; to everybody else there are no such pages."""

    async def do(call: Call, visit: Visit) -> Reply:
        if "onboarding" not in visit.visitor.sections:
            raise absent("no-such-thing")
        return await does(call, visit)

    return do


def _unsigned(ask: Ask[object], _generation: int) -> Ask[object]:
    """Without a key at hand no step that wants a signature is the visitor's own."""
    return ask


def _template(name: str) -> templates.Template:
    found = templates.TEMPLATES.get(name)
    if found is None:
        raise absent("no-such-template")
    return found


def _number(text: str) -> int:
    if text not in {str(number) for number in range(1, len(PAGES) + 1)}:
        raise malformed("malformed-form", field="page")
    return int(text)


def _fault_of(refusal: Refusal) -> views.FileFault:
    facts = refusal.facts
    line = facts.get("line")
    return views.FileFault(
        line=line if isinstance(line, int) else 1,
        path=str(facts.get("path", "")),
        why=str(facts.get("why", "")),
        what=str(facts.get("what", "")),
    )
