"""`custodes clock`: whether the installation believes its clock, and the end of a jump."""

from pathlib import Path

import click

from custodes.acts.asks.house import ClockShown, ConfirmClock, LookClock
from custodes.kernel.refusal import conflict

from .speech import Asker, reaching, signing
from .speech.options import APPROVAL_HELP, FILE, confirm


@click.group()
def clock() -> None:
    """Whether the clock is believed: grants and deadlines rest on it."""


@clock.command("show")
@reaching
def show(asker: Asker) -> None:
    """The time told, how far the machine's clock strays, and a jump that waits for two officers."""
    _say(asker, asker.ask(LookClock(asker.evidence)))


@clock.command("confirm")
@click.option(
    "--document",
    "save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is to be signed here, and do nothing else.",
)
@click.option("--approval", "approvals", type=FILE, multiple=True, help=APPROVAL_HELP)
@click.option("--confirm", "typed", help="Type nothing: the time it jumped to, for programs.")
@signing
def confirm_jump(asker: Asker, *, save: Path | None, approvals: tuple[Path, ...], typed: str | None) -> None:
    """Say that the time is right after a jump; by persons of two organisations, yours with --key-file."""
    found = asker.ask(LookClock(asker.evidence))
    if not found.document:
        raise conflict("no-clock-jump")
    if save is not None:
        save.write_bytes(found.document)
        asker.pairs({"document": str(save)}, {"document": save})
        return
    if typed is None:
        asker.warn(f"The clock went from {found.jumped_from} to {found.jumped_to}; it now says {found.at}.")
    confirm("What destroys by time goes on.", found.jumped_to, typed)
    others = tuple(path.read_bytes().strip() for path in approvals)
    _say(asker, asker.ask(ConfirmClock(asker.evidence, (asker.sign(found.document), *others))))


def _say(asker: Asker, found: ClockShown) -> None:
    jump = f"{found.jumped_from} to {found.jumped_to}, not confirmed" if found.jumped_to else "none"
    value = {name: getattr(found, name) for name in found.__struct_fields__ if name != "document"}
    shown = {
        "time": found.at,
        "behind": f"{found.behind_s} s",
        "witnesses": f"{found.apart_s:+} s apart"
        if found.is_vouched_for or found.apart_s
        else "none vouched",
        "jump": jump,
    }
    asker.pairs(value, shown)


def _apart(found: ClockShown) -> str:
    has_said = found.is_vouched_for or found.apart_s
    return f"{found.apart_s:+} s apart" if has_said else "none vouched"
