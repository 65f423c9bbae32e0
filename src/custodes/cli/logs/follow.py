"""`custodes log follow`: a customer's entries to security monitoring, each line with the entry's index."""

import functools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from custodes.acts.asks.log import Entries, LookEntries
from custodes.adapters.collectors import collector
from custodes.cli.speech import Asker, reaching
from custodes.kernel.refusal import Kind, Refusal

T = TypeVar("T")

PAGE = 500
_START = "0.0"


@click.command("follow")
@click.option("--customer", required=True, help="Id of the customer.")
@click.option("--kind", type=click.Choice(("machine", "exceptional")), help="Only this sub-log.")
@click.option(
    "--as",
    "form",
    type=click.Choice(("ocsf", "otlp", "syslog")),
    default="ocsf",
    show_default=True,
    help="How lines are written to standard output; an address decides it by itself.",
)
@click.option(
    "--to",
    "address",
    default="-",
    show_default=True,
    help="`-`, syslog+tls://host[:port], https://host/v1/logs; syslog+tcp and http to this machine only.",
)
@click.option(
    "--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM of a private authority."
)
@click.option(
    "--place",
    "place_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that keeps how far it came; a page is kept as read once the collector took it.",
)
@click.option("--persons", is_flag=True, help="With person fields; an erasure does not reach where they go.")
@click.option("--once", is_flag=True, help="End at the end of the log instead of waiting for more.")
@click.option(
    "--every",
    "pause_s",
    type=click.FloatRange(0.1, 3600),
    default=5.0,
    show_default=True,
    help="Seconds to wait at the end of the log.",
)
@reaching
def follow(  # noqa: PLR0913 - one member for each option
    asker: Asker,
    *,
    customer: str,
    kind: str | None,
    form: str,
    address: str,
    ca: Path | None,
    place_file: Path | None,
    persons: bool,
    once: bool,
    pause_s: float,
) -> None:
    """Send entries oldest first, from where it last stopped; at least once each, none left out."""
    to = collector(address, form, ca)
    place = _kept(place_file)

    def fetch() -> Entries:
        proof = asker.evidence
        return asker.ask(
            LookEntries(proof, customer, kind, after=place, limit=PAGE, hides_persons=not persons)
        )

    try:
        while True:
            page = _patiently(fetch, once, pause_s)
            if page.entries:
                _patiently(functools.partial(to.deliver, page.entries), once, pause_s)
            reached = page.next_after or place
            if reached != place:
                place = reached
                _keep(place_file, place)
            elif once:
                return
            else:
                time.sleep(pause_s)
    finally:
        to.close()


def _patiently(step: Callable[[], T], once: bool, pause_s: float) -> T:
    """Do it; whoever follows waits while the other side is away, whoever came once is told."""
    while True:
        try:
            return step()
        except Refusal as refusal:
            if once or refusal.kind not in {Kind.UNAVAILABLE, Kind.LIMITED}:
                raise
            click.echo(f"waiting: {refusal.code}", err=True)
            time.sleep(pause_s)


def _kept(file: Path | None) -> str:
    if file is None or not file.exists():
        return _START
    return file.read_text("ascii").strip() or _START


def _keep(file: Path | None, place: str) -> None:
    """Whole or not at all: a place cut in the middle would name another one."""
    if file is None:
        return
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    beside.write_text(f"{place}\n", encoding="ascii")
    beside.replace(file)
