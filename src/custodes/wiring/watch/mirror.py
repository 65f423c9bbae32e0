"""Builds a mirror out of its folder, and serves what it holds.

mirror.json    the log: address, origin, keys; written by `add`
checkpoint, checkpoints/, tile/, slots/, leaves/, evidence/    what is held; serve the folder as it is
"""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import msgspec
import uvloop

from custodes.acts.watch.mirror import Mirror
from custodes.adapters.http.log import HttpLog
from custodes.adapters.http.plain import PlainHttp
from custodes.adapters.log_files import WatchFolder
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel import canonical
from custodes.kernel.refusal import conflict, malformed
from custodes.ledger.note import Vkey
from custodes.web.kit.logs import Log
from custodes.web.planes.log import LogPlane
from custodes.web.serving.server import Tcp, serve
from custodes.wiring import border

from .closed import first_entry

SETTINGS = "mirror.json"


class MirrorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which log is mirrored. `vkeys` are its keys, known from elsewhere than the address."""

    url: str
    origin: str
    vkeys: tuple[str, ...]


def found(folder: Path, settings: MirrorSettings) -> None:
    """Begin a mirror in an empty folder; `folder-not-empty` (conflict), `bad-url`, `bad-vkey` (malformed)."""
    PlainHttp(settings.url)
    for text in settings.vkeys:
        Vkey.parse(text)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise conflict("folder-not-empty")
    (folder / SETTINGS).write_bytes(canonical.encode(msgspec.to_builtins(settings)))


def load(folder: Path) -> MirrorSettings:
    """`bad-settings` (malformed)."""
    try:
        return msgspec.json.decode((folder / SETTINGS).read_bytes(), type=MirrorSettings)
    except (OSError, msgspec.MsgspecError) as error:
        raise malformed("bad-settings", why=str(error)[:200]) from error


def mirror(folder: Path) -> Mirror:
    """The mirror of a folder."""
    settings = load(folder)
    vkeys = [Vkey.parse(text) for text in settings.vkeys]
    web = HttpLog(settings.url)
    keys, begins = (settings.origin, vkeys), first_entry(folder)
    return Mirror(WatchFolder(folder), web, keys, SystemClock(), holds_leaves=True, first_entry=begins)


def run(folder: Path, host: str, port: int, *, is_exposed: bool) -> None:
    """Serve what is held until SIGTERM, in the layout of c2sp.org/tlog-tiles."""
    load(folder)
    logging.basicConfig(level="INFO", format="%(asctime)s %(name)s %(levelname)s %(message)s")
    border.harden(locks_memory=False)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(folder, Tcp(host=host, port=port, is_exposed=is_exposed)))


async def _serve(folder: Path, listen: Tcp) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    border.confine((*border.interpreter(), folder), (Path("/dev"),))
    await serve(LogPlane(folder, Log(_line, SystemClock()), SystemDice()), listen, stop)


def _line(line: bytes) -> None:
    os.write(sys.stderr.fileno(), line)
