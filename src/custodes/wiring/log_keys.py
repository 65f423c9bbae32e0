"""Where the log's keys lie: wrapped in `keys.json`, by the holder that file names, or by the file beside it.

The holder must open by itself: the logkeeper comes up when the machine does, and nobody asks it for a word.
Moving the keys to another holder is one file replaced by another, after the entry that says so: cut off
anywhere, the old file or the new one is there, whole, and the move is asked again.
"""

import asyncio
import hmac
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.house import LookHouse
from custodes.acts.asks.running.roots import NoteLogHolder
from custodes.acts.logkeeper.keys import LogKeys, open_keys, wrap_keys
from custodes.acts.logkeeper.signed_doors import UNSIGNED, SignedDoors
from custodes.acts.socket import Client
from custodes.adapters import file_holder, schemes
from custodes.adapters.log_files import write_durably
from custodes.adapters.system import SystemClock, SystemDice
from custodes.custody.holder import Holder
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, conflict, malformed
from custodes.settings import Settings

NEXT = "next.json"  # keys of the log that follows, before they are in place
HOLDER = "holder"  # member of the file that names another holder than the one beside it


class LogKeysMoved(msgspec.Struct, frozen=True, kw_only=True):
    """From where to where, and the entry that was made before."""

    before: str
    after: str
    log: str
    index: int


def holder_of(settings: Settings) -> Holder:
    """The holder of the log's keys, open. Its own refusals; `log-key-lost` (broken) for a file of no form."""
    uri, _ = _read(settings, settings.log_keys) if settings.log_keys.exists() else (_beside(settings), {})
    return _open(uri)


def make_beside(settings: Settings) -> Holder:
    """The holder of the log's keys; where nothing is there yet, a key file is made."""
    if not settings.log_keys.exists() and not settings.log_holder.exists():
        settings.log_holder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file_holder.create(settings.log_holder, None, SystemDice())
    return holder_of(settings)


def opened(settings: Settings, origin: str, path: Path | None = None) -> LogKeys:
    """The log's keys, or those of the file at `path`; `log-key-lost` (broken), refusals of their holder."""
    uri, wrapped = _read(settings, path or settings.log_keys)
    return open_keys(_open(uri), origin, wrapped)


def write(settings: Settings, path: Path, uri: str, wrapped: dict[str, bytes]) -> None:
    """Replace a file of wrapped keys: the old one is there, or the new one, whole."""
    said = {name: canonical.b64(one) for name, one in wrapped.items()}
    named = {} if uri == _beside(settings) else {HOLDER: uri}
    write_durably(path, canonical.encode({**said, **named}), mode=0o600)


def move(settings: Settings, to: str) -> LogKeysMoved:
    """Wrap the log's keys by another holder, as the logkeeper's user; the entry comes before.

    `holder-needs-secret` (malformed): it does not open by itself. `root-moved-already` (conflict),
    `log-turn-announced` (conflict): the coming shard's keys lie beside them, in a file of their own, until
    the year turns. `holder-not-same` (broken): it gives back something else. The keyroom's refusals, when it
    cannot record.
    """
    new = schemes.holder(to)
    if not new.opens_itself:
        raise malformed("holder-needs-secret")
    old, _ = _read(settings, settings.log_keys)
    if old == new.uri:
        raise conflict("root-moved-already")
    if (settings.logkeeper / NEXT).exists():
        raise conflict("log-turn-announced")
    new.unseal(b"")

    async def work() -> LogKeysMoved:
        client = Client(settings.socket)
        try:
            house = await client.ask(LookHouse())
            keys = opened(settings, house.origin)
            wrapped = wrap_keys(new, house.origin, keys, SystemDice())
            again = open_keys(_open(new.uri), house.origin, wrapped)
            if not hmac.compare_digest(msgspec.msgpack.encode(again), msgspec.msgpack.encode(keys)):
                raise Refusal("holder-not-same", Kind.BROKEN)
            signing = Ed25519PrivateKey.from_private_bytes(keys.ed25519)
            doors = SignedDoors(client, house.id, signing, SystemClock())
            noted = await doors.ask(NoteLogHolder(UNSIGNED, old, new.uri))
            write(settings, settings.log_keys, new.uri, wrapped)
        finally:
            await client.close()
        return LogKeysMoved(before=old, after=new.uri, log=noted.log, index=noted.index)

    return asyncio.run(work())


def _read(settings: Settings, path: Path) -> tuple[str, dict[str, bytes]]:
    """(URI of the holder, wrapped keys by name)."""
    try:
        said = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        uri = said.pop(HOLDER, _beside(settings))
        return uri, {name: canonical.unb64(text) for name, text in said.items()}
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise Refusal("log-key-lost", Kind.BROKEN) from error


def _open(uri: str) -> Holder:
    holder = schemes.holder(uri)
    holder.unseal(b"")
    return holder


def _beside(settings: Settings) -> str:
    return schemes.holder(f"keyfile:{settings.log_holder}").uri
