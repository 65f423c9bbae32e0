"""`custodes sign-in`: an API token of one's own, for whoever has nothing yet but an enrolled file key."""

from base64 import urlsafe_b64encode
from pathlib import Path

import click
import msgspec

from custodes.acts.asks import Session, Signed
from custodes.acts.asks.documents import SIGN_IN_V1, act_document, hash_of
from custodes.acts.asks.parties import BeginPasskey, MakeCredential, PasskeyChallenge, SignIn, SignOut
from custodes.cli.speech import Asker, signing
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import denied


@click.command("sign-in")
@click.option("--credential", required=True, help="Id under which your file key is enrolled.")
@click.option("--label", default="Command line", help="How you tell your tokens apart.")
@click.option(
    "--days", type=click.IntRange(1, 730), default=90, show_default=True, help="How long it is good."
)
@click.option(
    "--out",
    "target",
    type=click.Path(dir_okay=False, exists=False, path_type=Path),
    required=True,
    help="Where the token goes; readable by you alone.",
)
@signing
def sign_in(asker: Asker, *, credential: str, label: str, days: int, target: Path) -> None:
    """Sign in with your file key and have an API token made for yourself, by your signature."""
    if target.exists():
        raise click.UsageError(f"{target.name} is there already and is not overwritten")
    begun = asker.ask(BeginPasskey("sign-in"))
    digest = _digest(begun, asker.look().id)
    signature = asker.sign_hash(digest, credential)
    signed = asker.ask(SignIn(signature=signature, challenge=begun.challenge))
    session = Session(signed.token)
    try:
        bare = MakeCredential(session, "api-token", signed.person, label, days=days)
        at = to_text(asker.clock.now())
        document = act_document(bare, asker.look().id, 0, at)
        mine = Signed(session, at, asker.sign_hash(hash_of(document), credential))
        made = asker.ask(msgspec.structs.replace(bare, evidence=mine))
    finally:
        asker.ask(SignOut(session))
    target.touch(mode=0o600)
    target.write_text(f"{made.secret}\n", encoding="ascii")
    asker.pairs(
        {"id": made.id, "person": signed.person, "out": str(target)},
        {"name": signed.name, "credential": made.id, "token written to": target},
    )


def _digest(begun: PasskeyChallenge, house: str) -> bytes:
    """What is signed: this house's sign-in and nothing else that a hash could stand for; `other-document`."""
    plain = canonical.decode(begun.document)
    digest = hash_of(begun.document)
    is_sign_in = isinstance(plain, dict) and (plain.get("v"), plain.get("house")) == (SIGN_IN_V1, house)
    if not is_sign_in or urlsafe_b64encode(digest).rstrip(b"=").decode() != begun.challenge:
        raise denied("other-document")
    return digest
