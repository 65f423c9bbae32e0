"""`custodes bundle`: whether a release for machines without a network is what its signer signed."""

from pathlib import Path

import click

from custodes.adapters import bundle_file
from custodes.cli.speech import Out, offline
from custodes.cli.speech.options import FILE
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal


@click.group("bundle")
def bundles() -> None:
    """Releases for machines without a network."""


@bundles.command("verify")
@click.argument("file", type=FILE)
@click.option("--public", required=True, help="The signer's public key (base64), known from elsewhere.")
@offline
def verify(out: Out, *, file: Path, public: str) -> None:
    """Check signature, every sum, and that nothing is too many or too few. Nothing of it is run."""
    try:
        key = canonical.unb64(public)
    except (Refusal, ValueError):
        raise click.UsageError("--public: 32 bytes in base64") from None
    found = bundle_file.verify(file, key)
    out.pairs(
        found,
        {
            "release": found.release,
            "files": found.files,
            "bytes": found.size_bytes,
            "signed by": found.signed_by,
        },
    )
