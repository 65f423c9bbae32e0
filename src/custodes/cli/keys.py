"""`custodes key`: a customer's keys and their life, and using one for a message of one's own."""

from pathlib import Path

import click

from custodes.acts.asks.documents import destruction_document
from custodes.acts.asks.keys import CreateKey, KeyVersionView, KeyView, LookKeys, MoveKey, Used, UseKey
from custodes.acts.asks.transit.keys import LookTransitKey, SetKeyMinimum
from custodes.custody.materials.halves import pem
from custodes.custody.materials.kinds import KeyKind
from custodes.kernel import canonical
from custodes.kernel.refusal import absent
from custodes.policy.actions import PURPOSES

from .speech import Asker, reaching, signing
from .speech.options import APPROVAL_HELP, FILE, confirm

_REASON = click.option("--reason", required=True, help="Why; stands in the log.")
_CUSTOMER = click.option("--customer", required=True, help="Id of the customer.")
_KINDS = tuple(kind.value for kind in KeyKind)
_WRITE = click.Path(dir_okay=False, path_type=Path)
_PLAIN_VERBS = {
    "rotate": "Make a new version; what older versions wrapped stays readable.",
    "disable": "Suspend the key at once: nothing can be wrapped or unwrapped.",
    "enable": "End a suspension.",
    "cancel-destruction": "Call off a destruction while it waits.",
}
_USES = {
    "wrap": "Wrap a small message under the key.",
    "unwrap": "Unwrap what was wrapped under the key.",
}
_QUORUM_VERBS = {
    "schedule-destruction": "Begin the waiting period after which the key may be destroyed.",
    "destroy": "Destroy the key for good, after its waiting period. Nothing brings it back.",
}


@click.group("key")
def keys() -> None:
    """A customer's keys: make, list, move through their life, use."""


@keys.command("create")
@_CUSTOMER
@click.option("--name", required=True, help="How people call it.")
@click.option("--kind", type=click.Choice(_KINDS), default=_KINDS[0], help="What it is made of.")
@click.option("--derived", "is_derived", is_flag=True, help="Every use has to name a context.")
@reaching
def create(asker: Asker, *, customer: str, name: str, kind: str, is_derived: bool) -> None:
    """Make a key with its first version."""
    _show(asker, asker.ask(CreateKey(asker.evidence, customer, name, kind=kind, is_derived=is_derived)))


@keys.command("minimum")
@click.argument("key")
@click.argument("version", type=click.IntRange(min=1))
@reaching
def set_minimum(asker: Asker, *, key: str, version: int) -> None:
    """Versions below this one open and verify nothing any more, until it is lowered again."""
    _show(asker, asker.ask(SetKeyMinimum(evidence=asker.evidence, key=key, version=version)))


@keys.command("public")
@click.argument("key")
@click.option("--version", type=click.IntRange(min=1), help="Which one; else the newest.")
@reaching
def show_public(asker: Asker, *, key: str, version: int | None) -> None:
    """The public half of a key that has one (PEM); `no-public-half` for one that has none."""
    found = asker.ask(LookTransitKey(evidence=asker.evidence, key=key))
    wanted = version or found.versions[-1].n
    half = next((one.public for one in found.versions if one.n == wanted), b"")
    if not half:
        raise absent("no-public-half")
    text = pem(half)
    if asker.is_json:
        asker.json({"key": found.id, "version": wanted, "public": text})
        return
    for line in text.splitlines():
        asker.say(line)


@keys.command("list")
@_CUSTOMER
@reaching
def list_keys(asker: Asker, *, customer: str) -> None:
    """Every key of a customer; counts are folds over the entries opened to him."""
    found = asker.ask(LookKeys(asker.evidence, customer))
    rows = (
        (key.id, key.name, key.kind, key.state, len(key.versions), key.created_at, key.destroy_after)
        for key in found.keys
    )
    asker.rows(found, ("key", "name", "kind", "state", "versions", "created", "destroyed after"), rows)


def _use_verb(verb: str, summary: str) -> None:
    @keys.command(verb, help=f"{summary} Its entry stands in the log before the key is used.")
    @click.argument("key")
    @click.option("--in", "source", type=FILE, required=True, help="The message, at most 64 KiB.")
    @click.option("--out", "target", type=_WRITE, help="Where the result goes; else it is printed as base64.")
    @click.option("--context", default="", help="Must be the same at both ends.")
    @click.option("--purpose", type=click.Choice(sorted(PURPOSES)), default="operation", help="What for.")
    @_REASON
    @reaching
    def use(asker: Asker, *, key: str, source: Path, target: Path | None, **said: str) -> None:
        ask = UseKey(
            evidence=asker.evidence,
            key=key,
            verb=verb,
            message=source.read_bytes(),
            context=said["context"].encode(),
            purpose=said["purpose"],
            reason=said["reason"],
        )
        _used(asker, asker.ask(ask), target)


def _used(asker: Asker, done: Used, target: Path | None) -> None:
    shown: dict[str, object] = {"key version": done.key_version, "entry": f"{done.log}:{done.index}"}
    if target is None:
        asker.pairs(done, {"result": canonical.b64(done.message), **shown})
        return
    target.touch(mode=0o600)
    target.write_bytes(done.message)
    plain = {"out": str(target), "key_version": done.key_version, "log": done.log, "index": done.index}
    asker.pairs(plain, {"written to": target, **shown})


def _plain_verb(verb: str, summary: str) -> None:
    @keys.command(verb, help=summary)
    @click.argument("key")
    @_REASON
    @reaching
    def move(asker: Asker, *, key: str, reason: str) -> None:
        _show(asker, asker.ask(MoveKey(asker.evidence, key, verb, reason)))


def _quorum_verb(verb: str, summary: str) -> None:
    @keys.command(verb, help=f"{summary} Takes signatures of two persons of two organisations.")
    @click.argument("key")
    @_CUSTOMER
    @_REASON
    @click.option("--waiting-days", type=click.IntRange(1, 365), help="Longer than usual, when scheduled.")
    @click.option("--document", "save", type=_WRITE, help="Only write what is to be signed here.")
    @click.option("--approval", "approvals", type=FILE, multiple=True, help=APPROVAL_HELP)
    @click.option("--confirm", "typed", help="Type nothing: the key's id, for programs.")
    @signing
    def move(  # noqa: PLR0913 - one parameter per option, given by name
        asker: Asker,
        *,
        key: str,
        customer: str,
        reason: str,
        waiting_days: int | None,
        save: Path | None,
        approvals: tuple[Path, ...],
        typed: str | None,
    ) -> None:
        found = asker.ask(LookKeys(asker.evidence, customer)).keys
        row = next((one for one in found if one.id == key), None)
        if row is None:
            raise absent("no-such-key")
        document = destruction_document(asker.look().id, (key, row.generation), verb, waiting_days)
        if save is not None:
            save.write_bytes(document)
            asker.pairs({"document": str(save)}, {"document": save})
            return
        if typed is None:
            asker.warn(f"{row.name}: {verb}. Whatever only this key opens will be gone.")
        confirm("This cannot be undone.", key, typed)
        signatures = (asker.sign(document), *(path.read_bytes().strip() for path in approvals))
        ask = MoveKey(asker.evidence, key, verb, reason, waiting_days, signatures)
        _show(asker, asker.ask(ask))


for _verb, _summary in _USES.items():
    _use_verb(_verb, _summary)
for _verb, _summary in _PLAIN_VERBS.items():
    _plain_verb(_verb, _summary)
for _verb, _summary in _QUORUM_VERBS.items():
    _quorum_verb(_verb, _summary)


def _show(asker: Asker, key: KeyView) -> None:
    asker.pairs(
        key,
        {
            "key": key.id,
            "name": key.name,
            "customer": key.customer,
            "kind": key.kind,
            "state": key.state,
            "oldest that opens": key.version_min,
            "versions": [_version(one) for one in key.versions],
            "created": key.created_at,
            "destroyed after": key.destroy_after,
        },
    )


def _version(one: KeyVersionView) -> str:
    """Number and state; what was made elsewhere may have copies there, and says so."""
    return f"{one.n} {one.state}" + (", made elsewhere" if one.origin == "imported" else "")
