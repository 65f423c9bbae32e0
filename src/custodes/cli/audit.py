"""`custodes audit`: hash a whole installation again, on its own machine."""

from pathlib import Path

import click

from custodes.acts.audit.house import Report
from custodes.kernel.refusal import Kind, Refusal
from custodes.wiring import auditing

from .speech import Asker, reaching
from .speech.options import FILE, passphrase_from
from .speech.output import EXIT_REFUSED


@click.command()
@click.option("--open/--shut", "with_openings", default=True, help="Open the holder, to prove openings too.")
@click.option("--passphrase-file", type=FILE, help="File whose first line opens the holder.")
@reaching
def audit(asker: Asker, *, with_openings: bool, passphrase_file: Path | None) -> None:
    """Hash everything again and compare it with what is signed; while the installation runs or not.

    Every leaf with its tiles and the signed head, every standing row with the signed root, the public log
    with the root log; with the holder opened also every row's MAC, every entry's fields with its leaf, and
    every object's name with what the log says happened to it. Exit code 1 when anything is not as it must be.
    """
    settings = asker.settings()
    with asker.progress("hashing") as bar:
        if not with_openings:
            report = auditing.audit(settings, None, bar)
        else:
            report = _opened(asker, passphrase_file, bar)
    _show(asker, report)
    if report.findings:
        raise click.exceptions.Exit(EXIT_REFUSED)


def _opened(asker: Asker, passphrase_file: Path | None, bar: auditing.Bar) -> Report:
    """A key file opens by itself; for any other holder the passphrase is asked for."""
    settings = asker.settings()
    if passphrase_file is None:
        try:
            return auditing.audit(settings, b"", bar)
        except Refusal as refusal:
            if refusal.kind is not Kind.DENIED:
                raise
    return auditing.audit(settings, passphrase_from(passphrase_file, "Passphrase of the holder"), bar)


def _show(asker: Asker, report: Report) -> None:
    if asker.is_json:
        asker.json(report)
        return
    looked = ", ".join(f"{count} {what}" for what, count in report.counted.items())
    asker.say(f"Looked at: {looked}.")
    for line in report.not_checked:
        asker.say(f"Not looked at: {line}.")
    if not report.findings:
        asker.say("Everything is as it must be.")
        return
    asker.rows(
        report, ("finding", "where", "what"), ((one.code, one.where, one.detail) for one in report.findings)
    )
