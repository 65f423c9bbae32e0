"""`custodes certificate`: that no exceptional entry of a period names a key."""

from datetime import UTC, datetime
from pathlib import Path

import click

from custodes.acts.audit.files import Beside, examine
from custodes.cli.speech import Out, offline
from custodes.cli.speech.options import FILE, FOLDER
from custodes.cli.speech.output import EXIT_REFUSED
from custodes.ledger.receipt import parse_pins
from custodes.wiring.watch import monitor as wiring

CLAIM = (
    "No entry of the customer's exceptional sub-log between these two witnessed epochs names this key. It "
    "says nothing about machine uses, about what daily veils hide, or about what never reached the log."
)
_DAY = click.DateTime(formats=("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"))


@click.group("certificate")
def certificate() -> None:
    """Certificates of no exceptional access to a key, made from what your monitor holds."""


@certificate.command("make")
@click.argument("folder", type=FOLDER)
@click.option("--key", required=True, help="Id of the key.")
@click.option("--from", "since", type=_DAY, help="Begin at or before this time (UTC); else as early as held.")
@click.option("--until", type=_DAY, help="End at or after this time (UTC); else as late as held.")
@click.option("--out", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File.")
@offline
def make(
    out: Out, *, folder: Path, key: str, since: datetime | None, until: datetime | None, target: Path
) -> None:
    """Make a certificate from the monitor in FOLDER; refused if an entry names the key."""
    made = wiring.certifying(folder).make(key, _utc(since), _utc(until))
    target.write_bytes(made.encode())
    value = {"file": str(target), "first": made.first.epoch, "last": made.last.epoch, "claim": CLAIM}
    pairs = {"file": target, "epochs": f"{made.first.epoch} to {made.last.epoch}", "says": CLAIM}
    out.pairs(value, pairs)


@certificate.command("verify")
@click.argument("file", type=FILE)
@click.option("--pins", "pins_file", type=FILE, required=True, help="What you know from elsewhere.")
@offline
def verify(out: Out, *, file: Path, pins_file: Path) -> None:
    """Check a certificate offline; its slot must be among the pins. The stand-alone verifier does too."""
    verdict = examine(file, parse_pins(pins_file.read_bytes()), Beside())
    words = {True: "held", False: "FAILED", None: "not checked"}
    value = {
        "proven": verdict.is_proven,
        "claim": CLAIM,
        "checks": [
            {"name": check.name, "passed": check.passed, "detail": check.detail} for check in verdict.checks
        ],
    }
    rows = ((words[check.passed], check.name, check.detail) for check in verdict.checks)
    out.rows(value, ("", "what", "how"), rows)
    out.say(f"{'PROVEN' if verdict.is_proven else 'NOT PROVEN'}: {CLAIM}")
    if not verdict.is_proven:
        raise click.exceptions.Exit(EXIT_REFUSED)


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)
