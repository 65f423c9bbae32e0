"""What a tour says: its steps as they are played, and what came of them."""

import sys
import textwrap
from collections.abc import Callable, Sequence

import click
import msgspec

from .stage import Stage

WIDTH = 100
_INDENT = 10


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, what came of it, whether that bears the claim out; `see` is a page of the console."""

    done: str
    shown: str
    held: bool
    see: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: its name in `--json`, the part it stands in, what it claims, and how that is proved."""

    name: str
    part: str
    claim: str
    play: Callable[[Stage], Proof]


def steps(part: str, *rows: tuple[str, str, Callable[[Stage], Proof]]) -> tuple[Step, ...]:
    """Rows of (name, claim, play) as the steps of one part."""
    return tuple(Step(name=name, part=part, claim=claim, play=play) for name, claim, play in rows)


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A step with its proof."""

    number: int
    name: str
    part: str
    claim: str
    done: str
    shown: str
    proved: bool
    see: str = ""


class Report:
    """Writes as the tour goes along; `--json` writes once, at the end."""

    def __init__(self, *, is_json: bool) -> None:
        self._is_json = is_json
        self._part = ""

    def step(self, step: Played) -> None:
        """One step, when it has been played."""
        if self._is_json:
            return
        if step.part != self._part:
            self._part = step.part
            click.echo(f"\n{click.style(step.part, bold=True)}")
        click.echo(f"\n{step.number:>3}  {click.style(step.claim, bold=True)}")
        _line("done", step.done)
        _line("proof", step.shown)
        verdict = click.style("proved", fg="green") if step.proved else click.style("NOT PROVED", fg="red")
        click.echo(f"     {verdict}")

    def end(self, played: Sequence[Played], remains: Sequence[str]) -> None:
        """What this installation does not prevent, and how many steps were proved."""
        proved = sum(step.proved for step in played)
        if self._is_json:
            body = {
                "steps": msgspec.to_builtins(list(played)),
                "proved": proved,
                "of": len(played),
                "not_prevented": list(remains),
            }
            click.echo(msgspec.json.format(msgspec.json.encode(body), indent=2).decode())
            return
        click.echo(f"\n{click.style('What this installation does not prevent', bold=True)}\n")
        for line in remains:
            click.echo(textwrap.fill(line, WIDTH, initial_indent="  -  ", subsequent_indent="     "))
        missing = "" if proved == len(played) else " - see above what was not"
        click.echo(f"\ntour: {proved} of {len(played)} steps proved{missing}")

    def pause(self, step: Played, console: str) -> None:
        """Wait for Enter, with the page that shows this step."""
        if self._is_json or not sys.stdin.isatty():
            return
        link = f"     {console}{step.see or '/'}  (Enter)"
        click.prompt(link, default="", show_default=False, prompt_suffix="")


def _line(label: str, text: str) -> None:
    lead = f"     {label:<{_INDENT - 4}}"
    click.echo(
        textwrap.fill(
            text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False
        )
    )
