"""`follow`, of mirror, monitor and witness: go on behind a gap that two officers declared."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from custodes.cli.speech import Out, offline
from custodes.cli.speech.options import FILE, FOLDER
from custodes.ledger.loss.gap import Officer
from custodes.ledger.receipt import Check
from custodes.wiring.watch import following

_WORDS = {True: "held", False: "FAILED", None: "not checked"}
Follow = Callable[[Path, bytes, Sequence[Officer]], list[Check]]


def follow_of(work: Follow) -> click.Command:
    """The command over one kind of folder."""

    @click.command("follow")
    @click.argument("folder", type=FOLDER)
    @click.argument("gap", type=FILE)
    @click.option(
        "--officer",
        "officers",
        multiple=True,
        required=True,
        help="Who may declare it, known from elsewhere: NAME=ORGANISATION[/GROUP]=PUBLIC. Give two.",
    )
    @offline
    def follow(out: Out, *, folder: Path, gap: Path, officers: tuple[str, ...]) -> None:
        """The log was closed after a loss: follow the one that GAP names. What is held is put aside and kept.

        Refused unless two of these officers, of two organisations, signed it, and its last head is no older
        than what is held here. Ask them on another way than the installation's. docs/operations/monitor.md.
        """
        checks = work(folder, gap.read_bytes(), [following.officer(text) for text in officers])
        value = [{"name": one.name, "passed": one.passed, "detail": one.detail} for one in checks]
        out.rows(value, ("", "what", "how"), ((_WORDS[one.passed], one.name, one.detail) for one in checks))

    return follow
