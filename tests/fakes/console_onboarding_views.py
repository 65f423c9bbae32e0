"""Views of onboarding, filled as an administrator would see them; long names and errors too."""

from custodes.web.console.views.onboarding import (
    DifferenceRow,
    FileFault,
    OutcomeView,
    PlanView,
    QuestionRow,
    QuestionsPage,
    RefusedRow,
    StepRow,
    TemplateRow,
    TemplatesView,
)

TOWN = TemplateRow(
    name="town",
    de="Stadt oder Gemeinde",
    en="Town",
    about_de="Melderegister und andere Fachverfahren; personenbezogene und Sozialdaten in der Union.",
    about_en="Registers and other applications; personal and social data inside the Union.",
)
FILE = "custodes: onboarding/v1\norganisations:\n  - name: Klinikum <b>Musterstadt</b> gGmbH\n"
LONG = "custodes party credential per-66a37aagj4a94gjd6c0cfbrdtx YOUR.pub --organisation " + "org-" + "0" * 26
CREATED = StepRow(noun="person", name="petra@klinikum.example", state="create", line=20)
CHANGED = StepRow(
    noun="location",
    name="Rechenzentrum am Donaudampfschifffahrtsgesellschaftskai",
    state="change",
    line=31,
    differences=(DifferenceRow(member="country", found="DE", wanted="FR"),),
    weaker=(("place-moved", "Rechenzentrum am Donaudampfschifffahrtsgesellschaftskai"),),
)
OPEN = StepRow(
    noun="key-of",
    name="petra@klinikum.example",
    state="open",
    line=24,
    differences=(DifferenceRow(member="roles", found="", wanted="key-officer, owner"),),
    who="person-and-officer",
    whose="Petra Pohl, Klinikum Musterstadt gGmbH",
    commands=("custodes file-key new YOUR.key", LONG),
    href="/account",
    after=(("organisation", "Klinikum Musterstadt gGmbH"), ("customer", "Klinikum Musterstadt")),
)
VERSIONING = StepRow(
    noun="versioning",
    name="patientenakten",
    state="change",
    differences=(DifferenceRow(member="versioning", found="enabled", wanted="off"),),
    weaker=(("versioning-off", "patientenakten"),),
)
RULES = StepRow(
    noun="rules",
    name="Klinikum Musterstadt",
    state="open",
    differences=(
        DifferenceRow(member="x", de="Eine Regel", en="A rule", found="on", wanted=""),
        DifferenceRow(member="y", de="Andere Regel", en="Other rule", found="", wanted="EU"),
    ),
    weaker=(("rule-dropped", "people-only-under-grant"),),
    who="owner",
    whose="Klinikum Musterstadt gGmbH",
)
DRIFT = StepRow(
    noun="bucket",
    name="patientenakten",
    state="drift",
    customer="Klinikum Musterstadt",
    differences=(DifferenceRow(member="owners", found="Labor", wanted="Klinikinformationssystem"),),
)
UNMANAGED = StepRow(noun="organisations", name="5", state="unmanaged")
TEMPLATES = TemplatesView(version="2026-11-22", templates=(TOWN,))
TEMPLATES_FAULT = TemplatesView(
    version="2026-11-22",
    templates=(TOWN,),
    file=FILE,
    fault=FileFault(line=3, path="$.organisations[0]", why="wrong-form", what="Object missing field `kind`"),
)
QUESTIONS = QuestionsPage(
    template=TOWN,
    page=1,
    pages=3,
    questions=(
        QuestionRow(
            name="organisation", de="Name der Organisation", en="Legal name", example="Stadt Musterstadt"
        ),
        QuestionRow(name="country", de="Land", en="Country", example="DE", answer="Germany", is_wrong=True),
    ),
)
PLAN = PlanView(
    file=FILE,
    digest="0" * 64,
    own=(CREATED, CHANGED, VERSIONING),
    others=(OPEN, RULES),
    drift=(DRIFT,),
    unmanaged=(UNMANAGED,),
    has_changed=True,
)
PLAN_EMPTY = PlanView(file=FILE, digest="0" * 64, own=(), others=(), drift=(), unmanaged=(UNMANAGED,))
OUTCOME = OutcomeView(
    file=FILE,
    done=(CREATED,),
    refused=(RefusedRow(step=CHANGED, codes=("plan-changed",)),),
    others=(OPEN,),
    drift=(DRIFT,),
)
ONBOARDING = {
    "onboarding": TEMPLATES,
    "onboarding-fault": TEMPLATES_FAULT,
    "onboarding-questions": QUESTIONS,
    "onboarding-plan": PLAN,
    "onboarding-nothing": PLAN_EMPTY,
    "onboarding-done": OUTCOME,
}
