"""`custodes apply`: an onboarding file or a template, its plan, and carrying it out."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from custodes.acts.asks import Ask
from custodes.acts.plans import exporting, planning, templates, wanted
from custodes.acts.plans.carrying import Outcome, carry_out
from custodes.acts.plans.found import gather
from custodes.acts.plans.ground import Ground
from custodes.acts.plans.reading import FILE_BYTES_MAX
from custodes.acts.plans.steps import Plan, State, plain
from custodes.acts.plans.talking import Talk, run
from custodes.cli.speech import Asker, signing
from custodes.cli.speech.output import EXIT_REFUSED, printable
from custodes.kernel.refusal import Refusal, conflict
from custodes.law.book import shipped

from . import showing

EXIT_DIFFERS = 2
_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command()
@click.option("-f", "--file", type=_FILE, help="The onboarding file (YAML or JSON); - reads it from stdin.")
@click.option(
    "--plan", "only_plans", is_flag=True, help="Only show what would be done. Exit code 2: differs."
)
@click.option("--expect", help="Carry out only if the plan has this digest (as `--plan --json` prints it).")
@click.option("--yes", is_flag=True, help="Do not ask before carrying it out.")
@click.option("--allow-weaker", is_flag=True, help="Also do what loosens a rule, a boundary or a place.")
@click.option("--export", "exported", metavar="CUSTOMER", help="Print the file of what stands of a customer.")
@click.option("--template", "template", type=click.Choice(tuple(templates.TEMPLATES)), help="Print one.")
@click.option("--set", "answers", multiple=True, metavar="QUESTION=ANSWER", help="An answer of the template.")
@signing
def apply(  # noqa: PLR0913 - one parameter per option, given by name
    asker: Asker,
    *,
    file: Path | None,
    only_plans: bool,
    expect: str | None,
    yes: bool,
    allow_weaker: bool,
    exported: str | None,
    template: str | None,
    answers: tuple[str, ...],
) -> None:
    """Have what a file says stand: customers, people, places, rules, keys, buckets.

    Shows the plan, asks, and does what you may do; what needs somebody else's signature or role is listed
    with the command for him. Nothing is ever removed. Run it as often as you like.

    Exit codes: 0 nothing (more) to do for you, 1 refused, 2 with --plan: something differs or is open.
    """
    if sum(1 for one in (file, exported, template) if one is not None) != 1:
        raise click.UsageError("give one of --file, --export and --template")
    if template is not None:
        click.echo(templates.fill(template, _answers(answers)), nl=False)
    elif exported is not None:
        click.echo(_export(asker, exported), nl=False)
    elif file is not None:
        ground = _Planner(asker, file)
        shown = ground.first()
        if only_plans:
            _show_plan(asker, shown)
            raise click.exceptions.Exit(EXIT_DIFFERS if shown.differs else 0)
        if expect is not None and expect != shown.digest:
            raise conflict("plan-changed", digest=shown.digest)
        _carry_out(asker, ground, shown, asks=not yes and expect is None, allows_weaker=allow_weaker)


class _Planner:
    """One file, planned as often as needed."""

    def __init__(self, asker: Asker, file: Path) -> None:
        self._asker = asker
        self._name = "FILE" if str(file) == "-" else str(file)
        raw = sys.stdin.buffer.read(FILE_BYTES_MAX + 1) if str(file) == "-" else _read(file)
        try:
            self._wanted, self._text = wanted.read(raw)
        except Refusal as refusal:
            raise self._located(refusal) from None

    def first(self) -> Plan:
        """The plan to show."""
        try:
            return run(self.again(), self._asker.ask)
        except Refusal as refusal:
            raise self._located(refusal) from None

    def again(self) -> Talk[Plan]:
        """What stands now, and what is to be done."""
        asker = self._asker
        found = yield from gather(asker.evidence, lambda id_, name: planning.wants(self._wanted, id_, name))
        return planning.plan(
            Ground(
                wanted=self._wanted,
                text=self._text,
                found=found,
                evidence=asker.evidence,
                book=shipped(),
                on=asker.clock.now().date(),
                signs=asker.has_key,
                file=self._name,
            )
        )

    def _located(self, refusal: Refusal) -> Refusal:
        """The refusal with the file's name, as editors jump to it; one line on stderr for people."""
        if refusal.code != "file-refused" or self._asker.is_json:
            return refusal
        facts = refusal.facts
        what = f": {facts['what']}" if facts.get("what") else ""
        line = f"{self._name}:{facts['line']}: {facts['path']}: {facts['why']}{what}"
        click.echo(printable(line), err=True)
        raise click.exceptions.Exit(EXIT_REFUSED)


def _carry_out(asker: Asker, ground: _Planner, shown: Plan, *, asks: bool, allows_weaker: bool) -> None:
    if asks and shown.own and not asker.is_json:
        _show_plan(asker, shown)
        click.confirm("Carry out what is yours to do?", abort=True, err=True)

    def sign(ask: Ask[Any], generation: int) -> Ask[Any]:
        return asker.signed(ask, generation)

    def say(*step: Any) -> None:  # noqa: ANN401 - (step, number, total)
        if not asker.is_json:
            click.echo(showing.done_line(*step))

    talk = carry_out(shown, ground.again, sign=sign, allows_weaker=allows_weaker, say=say)
    outcome = run(talk, asker.ask)
    _show_outcome(asker, outcome)
    if outcome.refused:
        raise click.exceptions.Exit(EXIT_REFUSED)


def _show_plan(asker: Asker, plan: Plan) -> None:
    if asker.is_json:
        asker.json(plain(plan))
        return
    _print(showing.plan_lines, plan)


def _show_outcome(asker: Asker, outcome: Outcome) -> None:
    if not asker.is_json:
        _print(showing.outcome_lines, outcome)
        return
    asker.json(
        {
            "done": [step.key for step in outcome.done],
            "refused": [
                {"key": one.step.key, "code": one.code, "facts": msgspec.to_builtins(one.facts)}
                for one in outcome.refused
            ],
            "open": [step.key for step in outcome.plan.steps if step.state is State.OPEN],
            "plan": plain(outcome.plan),
        }
    )


def _print(lines: Callable[[Any], Any], of: object) -> None:
    for line in lines(of):
        click.echo(line)


def _export(asker: Asker, customer: str) -> str:
    found = run(gather(asker.evidence, lambda id_, _name: id_ == customer), asker.ask)
    return exporting.export(found, customer)


def _answers(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if any(not sign for _, sign, _ in pairs):
        raise click.UsageError("an answer is QUESTION=ANSWER")
    return {name: answer for name, _, answer in pairs}


def _read(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(FILE_BYTES_MAX + 1)
