"""`custodes doctor`: what an installation has, what it lacks, what that means, and what mends it."""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.running.findings import (
    UNKNOWN,
    WARNING,
    WRONG,
    Finding,
    LookFindings,
    finding,
    worst_first,
)
from custodes.acts.asks.running.meanings import MEANINGS, NAMES
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, Settings, load
from custodes.wiring.inspecting.look import findings
from custodes.wiring.inspecting.machine import machine
from custodes.wiring.local import LocalHouse

from .speech import Out, offline
from .speech.options import FOLDER
from .speech.output import EXIT_REFUSED

_TIMEOUT_S = 15.0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at, in words."""

    name: str
    state: str
    found: str
    why: str = ""
    means: str = ""
    mend: str = ""


@click.command()
@click.option("--folder", type=FOLDER, envvar="CUSTODES_FOLDER", help="Look at this installation too.")
@offline
def doctor(out: Out, *, folder: Path | None) -> None:
    """Look at the machine and, with --folder, at the installation on it.

    One line for each thing: ok, warning, wrong, or unknown where this user cannot look. Exit code 1 when
    something is wrong. Measures how long the disk takes to be sure (fdatasync) by writing to the
    installation's own folder. Whoever runs as the keyroom's user sees what the keyroom itself knows too.
    """
    if folder is None:
        found = tuple(machine())
    else:
        settings = load(folder / FILE_NAME)
        if settings.demo:
            out.warn("demo: keys in a file, not for real data")
        found = joined(inside(settings), findings(settings))
    lines = [line(one, folder) for one in worst_first(found)]
    out.say(headline(lines))
    rows = ((NAMES[one.name][0], one.state, one.found, one.means, one.mend) for one in lines)
    out.rows(lines, ("what", "state", "found", "what that means", "what mends it"), rows)
    if any(one.state == WRONG for one in lines):
        raise click.exceptions.Exit(EXIT_REFUSED)


def headline(lines: list[Line]) -> str:
    """What to do first, in one line."""
    counts = {state: sum(one.state == state for one in lines) for state in (WRONG, WARNING)}
    if not any(counts.values()):
        return "Nothing is wrong."
    first = lines[0]
    said = f"First: {NAMES[first.name][0]}: {first.means} {first.mend}"
    if not counts[WRONG]:
        return f"Nothing is wrong. Warnings: {counts[WARNING]}. {said}"
    return f"Wrong: {counts[WRONG]}. {said}"


def inside(settings: Settings) -> tuple[Finding, ...]:
    """What the keyroom says of itself; of one that cannot say, only that."""
    try:
        with LocalHouse(settings, timeout_s=_TIMEOUT_S) as here:
            return here.ask(LookFindings(here.local())).findings
    except Refusal as refusal:
        if refusal.code == "house-sealed":
            return (finding("seal", "sealed", "-"),)
        is_hidden = refusal.code == "local-token-gone" and not _is_down(settings)
        why, state = ("not-ours-to-see", UNKNOWN) if is_hidden else ("silent", WRONG)
        found = "-" if refusal.code == "local-token-gone" else refusal.code
        return (Finding(name="keyroom", state=state, found=found, why=why),)


def _is_down(settings: Settings) -> bool:
    """Whether there is no keyroom to ask, as far as this user can look."""
    try:
        return settings.sockets.is_dir() and not any(
            one.name == settings.socket.name for one in settings.sockets.iterdir()
        )
    except OSError:
        return False


def joined(told: tuple[Finding, ...], seen: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What the keyroom told; where it could not look, or said nothing, what is seen from here.

    Whether the memory of the keyroom is locked, only the keyroom knows.
    """
    known = {one.name for one in told if one.state != UNKNOWN}
    kept = [one for one in told if one.state != UNKNOWN]
    added = [one for one in seen if one.name not in known]
    told_of = {one.name for one in (*kept, *added)}
    rest = [one for one in told if one.state == UNKNOWN and one.name not in told_of]
    return (*kept, *added, *rest)


def line(one: Finding, folder: Path | None) -> Line:
    """A finding in English words, its mending command with the folder's own name in it."""
    meaning = MEANINGS.get(one.why)
    mend = "" if meaning is None else meaning.mend
    if folder is not None:
        mend = " ".join(str(folder) if word == "DIR" else word for word in mend.split(" "))
        mend = mend.replace("DIR/", f"{folder}/")
    return Line(
        name=one.name,
        state=one.state,
        found=one.found,
        why=one.why,
        means="" if meaning is None else meaning.en,
        mend=mend,
    )
