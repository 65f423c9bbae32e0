"""`custodes directory`: tokens with which the directory behind an issuer brings people and lets them go."""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.identity import LookIssuers, MakeDirectoryToken
from custodes.acts.asks.parties import RevokeCredential
from custodes.cli.speech import Asker, reaching, signing
from custodes.cli.speech.options import confirm
from custodes.kernel.refusal import absent


@click.group("directory")
def directories() -> None:
    """Tokens of directories (SCIM 2.0). A directory brings people and can let everybody it brought go."""


@directories.command("list")
@reaching
def list_(asker: Asker) -> None:
    """The tokens of your organisation's directories, dead ones too."""
    found = asker.ask(LookIssuers(asker.evidence)).issuers
    rows = [(issuer, token) for issuer in found for token in issuer.tokens]
    value = [{"issuer": issuer.id, **msgspec.to_builtins(token)} for issuer, token in rows]
    shown = (
        (token.id, issuer.name, token.label, token.state, token.created_at, token.expires_at)
        for issuer, token in rows
    )
    asker.rows({"tokens": value}, ("token", "issuer", "label", "state", "since", "until"), shown)


@directories.command("token")
@click.argument("issuer_id", metavar="ISSUER")
@click.option("--label", default="", help="How you tell them apart.")
@click.option(
    "--days", type=click.IntRange(1, 730), default=365, show_default=True, help="How long it is good."
)
@click.option(
    "--out",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the token goes; else it is printed, once.",
)
@signing
def token(asker: Asker, *, issuer_id: str, label: str, days: int, target: Path | None) -> None:
    """Make a token for the directory behind ISSUER. Whoever has it can bring people of that issuer, and lock
    them out; it approves nothing.
    """
    found = asker.ask(LookIssuers(asker.evidence)).issuers
    view = next((one for one in found if one.id == issuer_id), None)
    if view is None:
        raise absent("no-such-issuer")
    ask = MakeDirectoryToken(asker.evidence, issuer_id, label, days)
    made = asker.ask(asker.signed(ask, view.generation))
    if target is None:
        asker.pairs(made, {"id": made.id, "token": made.token})
        return
    target.touch(mode=0o600)
    target.write_text(made.token + "\n", encoding="ascii")
    asker.pairs({"id": made.id, "file": str(target)}, {"id": made.id, "written to": target})


@directories.command("revoke")
@click.argument("token_id", metavar="TOKEN")
@click.option("--reason", required=True, help="Why; stands in the log.")
@click.option("--confirm", "typed", help="Type nothing: the token's id, for programs.")
@reaching
def revoke(asker: Asker, *, token_id: str, reason: str, typed: str | None) -> None:
    """Take a directory's token away. From then on nobody comes or goes by it; people it brought stay."""
    confirm("Who leaves is not reported here any more.", token_id, typed)
    asker.pairs(asker.ask(RevokeCredential(asker.evidence, token_id, reason)), {"revoked": token_id})
