"""`custodes monitor`: a customer checks, epoch by epoch, that he sees every one of his entries."""

from pathlib import Path
from typing import Any

import click

from custodes.acts.watch.mirror import Outcome
from custodes.acts.watch.monitor import Report
from custodes.assurance.metering import rows_of
from custodes.cli.speech import Out, offline
from custodes.cli.speech.asker import read_text
from custodes.cli.speech.options import FILE, FOLDER
from custodes.cli.speech.output import EXIT_REFUSED
from custodes.ledger.receipt import parse_pins
from custodes.wiring.remote import RemoteHouse
from custodes.wiring.watch import following, turning
from custodes.wiring.watch import monitor as wiring
from custodes.wiring.watch.monitor import MonitorSettings

from .gaps import follow_of
from .looking import looking
from .mirror import EXIT_FORKED, show_evidence

_WORDS = {True: "held", False: "FAILED", None: "not checked"}


@click.group("monitor")
def monitor() -> None:
    """Follow a customer's entries from outside, with a token of his and pins from elsewhere.

    Exit codes: 0 all that was checked held, 1 something did not, 3 not reachable, 4 the log has forked.
    docs/operations/monitor.md says what is checked and what cannot be.
    """


@monitor.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--url", required=True, help="Address of the installation: https://...")
@click.option("--log-url", required=True, help="Address of its public log.")
@click.option("--customer", required=True, help="Id of the customer.")
@click.option("--pins", "pins_file", type=FILE, required=True, help="What you know from elsewhere.")
@click.option("--policy", "policy_file", type=FILE, help="Your own tlog-policy; else the one in the pins.")
@offline
def init(
    out: Out,
    *,
    folder: Path,
    pins_file: Path,
    policy_file: Path | None,
    **where: Any,  # noqa: ANN401 - the members of `MonitorSettings`
) -> None:
    """Begin a monitor in FOLDER."""
    settings = MonitorSettings(**where)
    RemoteHouse(settings.url)
    pins = parse_pins(pins_file.read_bytes())
    policy = policy_file.read_text(encoding="utf-8") if policy_file else pins.policy
    wiring.found(folder, settings, pins, policy)
    named = settings.customer
    out.pairs({"folder": str(folder), "customer": named}, {"monitor of": named, "in": folder})


@monitor.command("run")
@click.argument("folder", type=FOLDER)
@click.option("--token-file", type=FILE, help="File whose first line is your API token.")
@click.option("--token", envvar="CUSTODES_TOKEN", help="Your API token; rather use the variable or the file.")
@click.option("--once", is_flag=True, help="One round, then end with an exit code.")
@click.option(
    "--every", type=click.IntRange(1), default=60, show_default=True, help="Seconds between rounds."
)
@offline
def run(
    out: Out, *, folder: Path, token_file: Path | None, token: str | None, once: bool, every: int
) -> None:
    """Check everything that was published since the last round; goes on until something does not hold."""
    known = read_text(token_file) if token_file is not None else (token or "")
    if not known:
        raise click.UsageError("give your token: --token-file FILE, or the variable CUSTODES_TOKEN")
    house = RemoteHouse(wiring.load(folder).url)

    def look() -> None:
        for origin in turning.monitor(folder, house, known):
            out.say(f"the log goes on as {origin}")
        found = wiring.monitor(folder, house, known).round()
        _show(out, found)
        if found.forks:
            raise click.exceptions.Exit(EXIT_FORKED)
        if found.has_failed:
            raise click.exceptions.Exit(EXIT_REFUSED)

    looking(out, look, None if once else every)


@monitor.command("evidence")
@click.argument("folder", type=FOLDER)
@offline
def evidence(out: Out, *, folder: Path) -> None:
    """What is held of forks, and what each document shows. The files lie in FOLDER/root/evidence."""
    show_evidence(out, wiring.mirror(folder))


@monitor.command("compare")
@click.argument("folder", type=FOLDER)
@click.argument("checkpoint", type=FILE)
@click.option("--from", "said_by", default="somebody else", help="Who was shown it, for the evidence.")
@offline
def compare(out: Out, *, folder: Path, checkpoint: Path, said_by: str) -> None:
    """Whether a CHECKPOINT that somebody else was shown is of the tree you follow."""
    found = wiring.mirror(folder).compare(checkpoint.read_bytes(), said_by)
    same = found.outcome in {Outcome.SAME, Outcome.BEHIND}
    value = {"outcome": found.outcome.value, "same": same, "fork": found.fork, "proof": found.proof}
    pairs: dict[str, object] = {"same tree": same, "outcome": found.outcome.value}
    if found.fork:
        pairs |= {"evidence": found.fork, "shows": found.proof}
    out.pairs(value, pairs)
    if found.outcome is Outcome.FORKED:
        raise click.exceptions.Exit(EXIT_FORKED)


@monitor.command("metering")
@click.argument("folder", type=FOLDER)
@click.option("--month", required=True, help="YYYY-MM, in UTC.")
@offline
def own_metering(out: Out, *, folder: Path, month: str) -> None:
    """Your own bill: the month counted from the entries that this monitor holds, proven again."""
    counted = wiring.own_metering(folder, month)
    if out.is_json:
        out.json(rows_of(counted))
    else:
        click.echo(counted.decode("ascii"), nl=False)


def _show(out: Out, found: Report) -> None:
    value = {
        "checks": [
            {"name": check.name, "passed": check.passed, "detail": check.detail} for check in found.checks
        ],
        "size": found.size,
        "epoch": found.epoch,
        "forks": list(found.forks),
    }
    rows = ((_WORDS[check.passed], check.name, check.detail) for check in found.checks)
    out.rows(value, ("", "what", "how"), rows)


monitor.add_command(follow_of(following.monitor))
