"""`custodes connection`: clouds, office suites and clusters that may use some of a customer's keys."""

from collections.abc import Iterable

import click
import msgspec

from custodes.acts.asks.clouds.connections import (
    ConnectionView,
    DropConnectionKey,
    LentKey,
    LookConnections,
    MakeConnectionKey,
    MoveConnection,
    SetConnection,
    TryConnection,
)
from custodes.cli.speech import Asker, reaching, signing
from custodes.kernel.refusal import absent
from custodes.parties.connections import SETTINGS, VERBS, ConnectionKind
from custodes.protocols.guides import connection as connection_guide
from custodes.protocols.guides import xks as guide

_CUSTOMER = click.option("--customer", required=True, help="Id of the customer.")
_CONNECTION = click.argument("connection")
_REASON = click.option("--reason", default="", help="Why; stands in the log.")


@click.group("connection")
def connections() -> None:
    """Clouds, office suites and clusters that may use some of a customer's keys."""


@connections.command("list")
@_CUSTOMER
@reaching
def list_connections(asker: Asker, *, customer: str) -> None:
    """Every connection, with the keys lent to it."""
    found = asker.ask(LookConnections(asker.evidence, customer))
    rows = (
        (one.id, one.kind, one.name, one.state, _spelled(one.keys), len(one.credentials))
        for one in found.connections
    )
    asker.rows(found, ("connection", "kind", "name", "state", "keys", "credentials"), rows)


@connections.command("set")
@_CUSTOMER
@click.option("--id", "id_", default="", help="Which one to change; else a new one.")
@click.option(
    "--kind",
    type=click.Choice([one.value for one in ConnectionKind]),
    default="xks",
    help="The wire it speaks.",
)
@click.option("--name", required=True, help="How people call it.")
@click.option(
    "--key",
    "keys",
    multiple=True,
    help="KEY, KEY=NAME or KEY=NAME:VERB,VERB: a key, its name on the wire, what for (wrap, unwrap).",
)
@click.option("--setting", "settings", multiple=True, help="NAME=VALUE; several times for a list.")
@signing
def set_connection(
    asker: Asker,
    *,
    customer: str,
    id_: str,
    kind: str,
    name: str,
    keys: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Make or change a connection, by your signature. What is not said again is taken away."""
    generation = _found(asker, customer, id_).generation if id_ else 0
    lent = tuple(_lent(one, ConnectionKind(kind)) for one in keys)
    bare = SetConnection(asker.evidence, customer, kind, name, lent, _settings(settings, kind), id_)
    _show(asker, asker.ask(asker.signed(bare, generation)))


def _switch(verb: str, does: str) -> click.Command:
    @_CUSTOMER
    @_CONNECTION
    @_REASON
    @signing
    def move(asker: Asker, *, customer: str, connection: str, reason: str) -> None:
        bare = MoveConnection(asker.evidence, connection, verb, reason)
        asked = bare if verb == "off" else asker.signed(bare, _found(asker, customer, connection).generation)
        _show(asker, asker.ask(asked))

    move.__doc__ = does
    return click.command(verb, help=does)(move)


connections.add_command(_switch("on", "Switch a connection on again, by your signature."))
connections.add_command(_switch("off", "Switch a connection off, at once; takes no signature."))
connections.add_command(_switch("end", "End a connection for good, by your signature."))


@connections.command("try")
@_CONNECTION
@reaching
def try_connection(asker: Asker, *, connection: str) -> None:
    """A harmless round trip with a test key, as the cloud's health check makes it."""
    found = asker.ask(TryConnection(asker.evidence, connection))
    shown = {"connection": found.connection, "at": found.at, "in the way": found.code or "nothing"}
    asker.pairs(found, shown)


@connections.command("credential")
@_CUSTOMER
@_CONNECTION
@click.option("--label", default="", help="What it is for, for yourselves.")
@click.option("--aws-file", is_flag=True, help="Print the file that AWS's console takes, and nothing else.")
@signing
def make_credential(asker: Asker, *, customer: str, connection: str, label: str, aws_file: bool) -> None:
    """A credential for the other end, shown once; the old one stays good until it is dropped."""
    row = _found(asker, customer, connection)
    made = asker.ask(asker.signed(MakeConnectionKey(asker.evidence, connection, label), row.generation))
    if aws_file:
        click.echo(guide.configuration(row.path, made.access_id, made.secret).decode())
        return
    shown = {"credential": made.id, "access id": made.access_id, "secret (shown once)": made.secret}
    asker.pairs(made, shown)


@connections.command("drop-credential")
@_CONNECTION
@click.argument("credential")
@_REASON
@reaching
def drop_credential(asker: Asker, *, connection: str, credential: str, reason: str) -> None:
    """A credential is no good from the next use on."""
    _show(asker, asker.ask(DropConnectionKey(asker.evidence, connection, credential, reason)))


@connections.command("guide")
@_CUSTOMER
@_CONNECTION
@click.option("--listens", default="127.0.0.1:9200", help="Where this installation's process listens.")
@reaching
def show_guide(asker: Asker, *, customer: str, connection: str, listens: str) -> None:
    """The exact commands for the cloud's side, with this installation's values."""
    row = _found(asker, customer, connection)
    host = row.settings.get("host", ("",))[0]
    names = tuple(one.name for one in row.keys)
    found = connection_guide.steps(row.kind, row.name, (host, row.path), names, listens=listens)
    if asker.is_json:
        asker.json(found)
        return
    for step in found:
        asker.say(f"# {WORDS[step.code]}")
        for line in step.command.split("\n"):
            asker.say(line)


WORDS = {
    "front": "the TLS front before this installation",
    "create": "make the key store; the two variables hold what was shown with the credential",
    "connect": "connect it",
    "key": "make a KMS key over a key lent under this name",
    "change-over": "after a second credential was made: change over, then drop the first",
    "look": "ask for its health by hand",
    "dke-app": "register the application that tokens are meant for (Azure command line)",
    "dke-label": "give the label this address (Security & Compliance PowerShell)",
    "dke-client": "switch it on for Office programs that have it off (Windows, as administrator)",
    "dke-look": "look at the public half by hand, and at the challenge",
}


def _found(asker: Asker, customer: str, connection: str) -> ConnectionView:
    listed = asker.ask(LookConnections(asker.evidence, customer)).connections
    row = next((one for one in listed if one.id == connection), None)
    if row is None:
        raise absent("no-such-connection")
    return row


def _show(asker: Asker, row: ConnectionView) -> None:
    ids = [one.access_id for one in row.credentials]
    asker.pairs(row, {**msgspec.structs.asdict(row), "keys": _spelled(row.keys), "credentials": ids})


def _spelled(keys: Iterable[LentKey]) -> str:
    return " ".join(f"{one.key}={one.name}:{','.join(one.verbs)}" for one in keys)


def _lent(text: str, kind: ConnectionKind) -> LentKey:
    key, _, rest = text.partition("=")
    name, colon, verbs = rest.partition(":")
    listed = tuple(one for one in verbs.split(",") if one) if colon else VERBS[kind]
    return LentKey(key, name, listed)


def _settings(given: tuple[str, ...], kind: str) -> dict[str, tuple[str, ...]]:
    known = {one.name for one in SETTINGS[ConnectionKind(kind)]}
    made: dict[str, tuple[str, ...]] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name not in known:
            raise click.UsageError(f"--setting NAME=VALUE; names: {', '.join(sorted(known)) or 'none'}")
        made[name] = (*made.get(name, ()), value)
    return made
