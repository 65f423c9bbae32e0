"""Onboarding: a template, its questions on short pages, the plan, and what came of it."""

from .shell import View


class TemplateRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One template, in both languages."""

    name: str
    de: str
    en: str
    about_de: str
    about_en: str


class FileFault(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong in a file: `why` is a code of `words.onboarding.FAULTS`."""

    line: int
    path: str
    why: str
    what: str


class TemplatesView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first page: templates of a date, or a file one has."""

    version: str
    templates: tuple[TemplateRow, ...]
    file: str = ""
    fault: FileFault | None = None


class QuestionRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question with the answer so far; `is_wrong` when it cannot stand so."""

    name: str
    de: str
    en: str
    example: str
    answer: str = ""
    is_wrong: bool = False


class QuestionsPage(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One short page of questions; answers of the pages before travel hidden."""

    template: TemplateRow
    page: int
    pages: int
    questions: tuple[QuestionRow, ...]
    hidden: tuple[tuple[str, str], ...] = ()


class DifferenceRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member that differs; `de` and `en` are given where it is a rule, else `member` is a code."""

    member: str
    found: str
    wanted: str
    de: str = ""
    en: str = ""


class StepRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: noun, state, `who` and the first of each `weaker` pair are codes of `words.onboarding`.

    `after` are (noun, name) of steps that come first.
    """

    noun: str
    name: str
    state: str
    customer: str = ""
    line: int = 0
    differences: tuple[DifferenceRow, ...] = ()
    weaker: tuple[tuple[str, str], ...] = ()
    who: str = "you"
    whose: str = ""
    commands: tuple[str, ...] = ()
    href: str = ""
    after: tuple[tuple[str, str], ...] = ()


class PlanView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan of a file. `has_changed`: it is another than the one that was confirmed."""

    file: str
    digest: str
    own: tuple[StepRow, ...]
    others: tuple[StepRow, ...]
    drift: tuple[StepRow, ...]
    unmanaged: tuple[StepRow, ...]
    has_changed: bool = False

    @property
    def is_weaker(self) -> bool:
        """Whether something the reader would do loosens what protects data."""
        return any(row.weaker for row in self.own)

    @property
    def is_empty(self) -> bool:
        """Whether everything stands as the file says."""
        return not (self.own or self.others or self.drift)


class RefusedRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step that was not carried out, and the codes why."""

    step: StepRow
    codes: tuple[str, ...]


class OutcomeView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done, what was not, and what is left for whom."""

    file: str
    done: tuple[StepRow, ...]
    refused: tuple[RefusedRow, ...]
    others: tuple[StepRow, ...]
    drift: tuple[StepRow, ...] = ()
