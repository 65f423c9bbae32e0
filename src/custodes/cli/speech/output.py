"""What a command prints: tables for people, canonical JSON for programs, progress only on a terminal.

Text from elsewhere never reaches the terminal raw: whatever is not printable becomes `?`, so that a name in
somebody's entry cannot move the cursor or recolour a verdict.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal

from .hints import hint_for

EXIT_REFUSED, EXIT_USAGE, EXIT_UNAVAILABLE = 1, 2, 3
_LATER = frozenset({Kind.UNAVAILABLE, Kind.LIMITED, Kind.BROKEN})
_WIDTH_WITHOUT_TERMINAL = 160
_ID = re.compile(r"[a-z]{3}-[0-9a-z]{26}")

Bar = Callable[[int, int], None]


class Out:
    """Where a command says what it found. `is_json`: nothing but one canonical JSON value on stdout."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json

    def json(self, value: object) -> None:
        """One canonical JSON value; structs by their members, bytes as base64."""
        click.echo(canonical.encode(msgspec.to_builtins(value, str_keys=True)).decode())

    def say(self, line: str) -> None:
        """One line for a person; nothing under `--json`."""
        if not self.is_json:
            click.echo(printable(line))

    def warn(self, line: str) -> None:
        """One line on stderr, always."""
        click.echo(printable(line), err=True)

    def pairs(self, value: object, pairs: Mapping[str, object]) -> None:
        """One thing: JSON of `value`, or the named pairs as two columns."""
        if self.is_json:
            self.json(value)
            return
        table = Table(show_header=False, box=None, pad_edge=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, content in pairs.items():
            table.add_row(_cell(name), _cell(content))
        _console().print(table)

    def rows(self, value: object, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A list: JSON of `value`, or a table with these columns."""
        if self.is_json:
            self.json(value)
            return
        texts = [[said(content) for content in row] for row in rows]
        if not texts:
            click.echo("none")
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, name in enumerate(columns):
            is_ids = all(_ID.fullmatch(row[place]) for row in texts if place < len(row))
            table.add_column(name, overflow="fold", no_wrap=is_ids)  # what is copied stays in one piece
        for row in texts:
            table.add_row(*(_cell(content) for content in row))
        _console().print(table)

    @contextmanager
    def progress(self, label: str) -> Iterator[Bar]:
        """A bar on stderr: call what you are given with (done, total). Silent without a terminal."""
        if self.is_json or not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bars:
            task = bars.add_task(printable(label), total=None)
            yield lambda done, total: bars.update(task, completed=done, total=total)


def refused(refusal: Refusal, *, is_json: bool) -> int:
    """Say a refusal on stderr, with what to do about it, and give back the exit code."""
    hint = hint_for(refusal.code, refusal.kind, refusal.facts)
    if is_json:
        told = {
            "code": refusal.code,
            "kind": refusal.kind.value,
            "facts": dict(refusal.facts),
            "hint": hint,
        }
        click.echo(canonical.encode(msgspec.to_builtins(told)).decode(), err=True)
    else:
        facts = ", ".join(f"{name}: {said(value)}" for name, value in refusal.facts.items())
        click.echo(printable(f"{refusal.code}{f' ({facts})' if facts else ''}. {hint}"), err=True)
    return EXIT_UNAVAILABLE if refusal.kind in _LATER else EXIT_REFUSED


def printable(text: str) -> str:
    """The text without what a terminal would obey."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


def said(value: object) -> str:
    """A value in words, as tables and refusals show it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return canonical.b64(value)
    if isinstance(value, (tuple, list, set, frozenset)):
        return ", ".join(said(each) for each in value) or "-"
    return str(value)


def _cell(value: object) -> Text:
    return Text(printable(said(value)))


def _console() -> Console:
    if sys.stdout.isatty():
        return Console(highlight=False, soft_wrap=False)
    return Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL, color_system=None)
