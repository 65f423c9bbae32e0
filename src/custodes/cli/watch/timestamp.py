"""`custodes timestamp`: what an RFC 3161 time stamp over a checkpoint proves."""

from pathlib import Path

import click

from custodes.adapters.http.timestamps import roots_of, stamped_at
from custodes.cli.speech import Out, offline
from custodes.cli.speech.options import FILE
from custodes.kernel.clock import to_text


@click.group("timestamp")
def timestamp() -> None:
    """Time stamps of an outside authority, beside the log as timestamps/<size>.tsr and .checkpoint."""


@timestamp.command("verify")
@click.argument("token", type=FILE)
@click.argument("checkpoint", type=FILE)
@click.option("--roots", type=FILE, required=True, help="PEM file with the certificates you trust.")
@offline
def verify(out: Out, *, token: Path, checkpoint: Path, roots: Path) -> None:
    """Check TOKEN over CHECKPOINT; the checkpoint itself is checked by `custodes verify`."""
    body = checkpoint.read_bytes()
    at = to_text(stamped_at(token.read_bytes(), body, roots_of(roots)))
    size = body.split(b"\n", 2)[1].decode("ascii", "replace")
    out.pairs({"at": at, "size": size}, {"stamped at": at, "size": size})
