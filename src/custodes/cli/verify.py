"""`custodes verify`: what files of evidence prove, offline, to somebody who has pins from elsewhere."""

from pathlib import Path
from typing import Any

import click
import msgspec

from custodes.acts.audit.files import Beside, Verdict, examine
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import Check, Pins, parse_pins
from custodes.wiring.watch.following import officer as officer_of

from .speech import Out, offline
from .speech.options import FILE
from .speech.output import EXIT_REFUSED, EXIT_USAGE, refused

_WORDS = {True: "held", False: "FAILED", None: "not checked"}


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--pins", "pins_file", type=FILE, help="What you know from elsewhere, in one file.")
@click.option("--house", default="", help="Instead of --pins: the installation's id.")
@click.option("--receipt-key", multiple=True, help="Instead of --pins: a receipt key (vkey).")
@click.option("--log-key", multiple=True, help="Instead of --pins: a key of the log (vkey).")
@click.option("--policy", "policy_file", type=FILE, help="Instead of --pins: a tlog-policy file.")
@click.option("--slot", multiple=True, help="Instead of --pins: LOG=NUMBER, as often as needed.")
@click.option(
    "--officer", multiple=True, help="Under a gap: NAME=ORGANISATION[/GROUP]=PUBLIC, known elsewhere."
)
@click.option("--entry", type=FILE, help="For a .tlog-proof: the file with the entry it proves.")
@click.option("--older", type=FILE, help="For a folder of tiles: an older checkpoint to be a prefix.")
@offline
def verify(
    out: Out,
    *,
    files: tuple[Path, ...],
    entry: Path | None,
    older: Path | None,
    officer: tuple[str, ...],
    **known: Any,  # noqa: ANN401 - the options of `_pins`
) -> None:
    """Check receipts, certificates, checkpoints, proofs, forks, gaps and folders of tiles.

    Each FILE says itself what it is. Needs what you know from elsewhere, never from the one who gave you the
    file: --pins. Exit code 0: all that the claims need was checked and held; 1: it was not; 2: a file cannot
    be understood. `verifier/custodes_verify.py` gives the same answers without this program.
    """
    pins = _pins(**known)
    beside = Beside(
        entry=entry.read_bytes() if entry else None,
        older=older.read_bytes() if older else None,
        officers=tuple(officer_of(text) for text in officer),
    )
    code = 0
    answers: list[dict[str, object]] = []
    for file in files:
        try:
            with out.progress(file.name) as bar:
                verdict = examine(file, pins, msgspec.structs.replace(beside, bar=bar))
        except Refusal as refusal:
            if refusal.kind is not Kind.MALFORMED:
                raise
            refused(refusal, is_json=out.is_json)
            answers.append({"file": str(file), "kind": "unknown", "code": refusal.code})
            code = EXIT_USAGE
            continue
        answers.append(_answer(file, verdict))
        _show(out, file, verdict)
        if not verdict.is_proven:
            code = max(code, EXIT_REFUSED)
    if out.is_json:
        out.json(answers)
    raise click.exceptions.Exit(code)


def _pins(
    *,
    pins_file: Path | None,
    house: str,
    receipt_key: tuple[str, ...],
    log_key: tuple[str, ...],
    policy_file: Path | None,
    slot: tuple[str, ...],
) -> Pins:
    if pins_file is not None:
        return parse_pins(pins_file.read_bytes())
    if not house and not receipt_key and not log_key and policy_file is None:
        raise click.UsageError("say what you know from elsewhere: --pins FILE, or its parts")
    policy = policy_file.read_text(encoding="utf-8") if policy_file else "quorum none\n"
    lines = "".join(f"log {_vkey(text)}\n" for text in log_key)
    slots = {}
    for one in slot:
        log, _, number = one.rpartition("=")
        if not log or not number.isdecimal():
            raise click.UsageError("--slot is LOG=NUMBER")
        slots[log] = int(number)
    made = Pins(house=house, receipt_keys=receipt_key, policy=lines + policy, slots=slots)
    return parse_pins(made.encode())


def _vkey(text: str) -> str:
    try:
        return Vkey.parse(text).text()
    except (Refusal, ValueError):
        raise click.UsageError("a key is written NAME+ID+KEY") from None


def _show(out: Out, file: Path, verdict: Verdict) -> None:
    out.say(f"{file.name}: {verdict.kind}")
    for check in verdict.checks:
        out.say(_line(check))
    for name, value in sorted(verdict.fields.items()):
        shown = canonical.encode(value).decode()
        out.say(f"{'':12}{name} = {shown}")
    out.say("PROVEN" if verdict.is_proven else "NOT PROVEN")


def _line(check: Check) -> str:
    detail = f": {check.detail}" if check.detail else ""
    return f"{_WORDS[check.passed]:12}{check.name}{detail}"


def _answer(file: Path, verdict: Verdict) -> dict[str, object]:
    return {
        "file": str(file),
        "kind": verdict.kind,
        "proven": verdict.is_proven,
        "checks": [
            {"name": check.name, "passed": check.passed, "detail": check.detail} for check in verdict.checks
        ],
        "fields": dict(verdict.fields),
    }
