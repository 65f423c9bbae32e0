"""Every command that a runbook tells somebody to type exists, with these options and arguments."""

import re
import shlex
from pathlib import Path

import click
import pytest

from custodes.cli import main
from house.tree import ROOT

PAGES = (
    *sorted((ROOT / "docs" / "runbooks").glob("*.md")),
    ROOT / "docs/operations/running.md",
    ROOT / "docs/operations/slo.md",
)
PLAYED = {  # page -> the test that takes its commands from the page itself and carries them out
    "clock": ("tests/attack/test_runbooks.py", 'Page(house, "clock"'),
    "failover": ("tests/conformance/test_runbook_failover.py", 'Page(machines[0], "failover"'),
    "full-disk": ("tests/attack/test_runbooks.py", 'Page(house, "full-disk"'),
    "kill": ("tests/attack/test_runbooks.py", 'Page(house, "kill"'),
    "lift": ("tests/attack/test_runbooks.py", 'Page(house, "lift"'),
    "lost-approver": ("tests/attack/test_runbooks.py", 'Page(house, "lost-approver"'),
    "lost-custodian": ("tests/attack/test_runbook_custodian.py", 'Page(house, "lost-custodian"'),
    "outbox": ("tests/attack/test_runbooks_running.py", 'Page(house, "outbox"'),
    "process-gone": ("tests/attack/test_runbooks_running.py", 'Page(typed, "process-gone"'),
    "restore": ("tests/attack/test_runbook_restore.py", "docs/runbooks/restore.md"),
    "unseal": ("tests/attack/test_runbooks.py", 'Page(house, "unseal"'),
    "upgrade": ("tests/conformance/test_upgrade.py", 'Page(Typed(first.settings.house), "upgrade"'),
    "witness-conflict": ("tests/attack/test_runbooks.py", 'Page(house, "witness-conflict"'),
}
FENCED = re.compile(r"^\s*```\w*\n(.*?)^\s*```", re.M | re.S)


def lines(text: str) -> list[str]:
    """Command lines in fences and between backticks."""
    fenced = [line.strip() for block in FENCED.findall(text) for line in block.splitlines()]
    spans = re.findall(r"`(custodes [^`]+)`", FENCED.sub("", text))
    return [line for line in (*fenced, *(" ".join(span.split()) for span in spans)) if is_command(line)]


def is_command(line: str) -> bool:
    return line.startswith("custodes ")


def why_wrong(line: str) -> str | None:
    """What click would say to it, before it looks at any file; None where it takes it."""
    line = re.sub(r'"\$\([^)]*\)"', "FILE", line.split(" > ", maxsplit=1)[0])
    words = shlex.split(line)[1:]
    command: click.Command = main
    context = click.Context(command)
    while isinstance(command, click.Group):
        if not words:
            return None if command is not main else "no command"
        name = words.pop(0)
        found = command.get_command(context, name)
        if found is None:
            return f"no such command: {name}"
        context, command = click.Context(found, parent=context, info_name=name), found
    is_bare = not words or words == ["--help"]
    try:
        values, rest, order = command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return error.format_message()
    if rest:
        return f"too many arguments: {rest}"
    given = {parameter.name for parameter in order}
    missing = [
        one.name
        for one in command.params
        if isinstance(one, click.Argument) and one.required and not _is_given(values, one, given)
    ]
    return f"wanting: {missing}" if missing and not is_bare else None


def _is_given(values: dict[str, object], one: click.Parameter, given: set[str | None]) -> bool:
    return one.name in given and isinstance(values.get(str(one.name)), (str, tuple))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_to_be_typed_exists(page: Path):
    found = lines(page.read_text(encoding="utf-8"))
    assert found
    wrong = {line: said for line in found if (said := why_wrong(line)) is not None}
    assert wrong == {}


def test_every_runbook_is_played():
    assert set(PLAYED) == {page.stem for page in (ROOT / "docs" / "runbooks").glob("*.md")}
    for page, (test, how) in PLAYED.items():
        assert how in (ROOT / test).read_text(encoding="utf-8"), page


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("custodes open-all", "no such command: open-all"),
        ("custodes clock --folder DIR", "no such command: --folder"),
        ("custodes kills --all", "No such option"),
        ("custodes lift --document", "Option '--document' requires an argument."),
        ("custodes lift --document FILE", "wanting: ['kill_id']"),
        ("custodes kills EVERY ONE", "too many arguments"),
    ],
)
def test_what_does_not_exist_is_seen(line: str, said: str):
    assert said in (why_wrong(line) or "")
