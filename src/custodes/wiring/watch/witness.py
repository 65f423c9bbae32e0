"""Builds and runs a witness: a folder with a key, a list of logs and a memory. No house is near it.

witness.toml   name, address; every key is a member of `WitnessSettings`
witness.key    the key it cosigns with (docs/formats/file-key.md), readable by its user alone
logs           the logs it accepts, in the form of witness-network.org; read again when it changes
memory.db      the largest tree cosigned of each log; never restore an older copy of it
followers.json which log was taken as the follower of which at the turn of a year: one each
"""

import asyncio
import fcntl
import hashlib
import logging
import os
import signal
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvloop

from custodes.acts.witness.succession import Succession
from custodes.acts.witness.witness import Witness
from custodes.adapters import file_key
from custodes.adapters.log_files import write_durably
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, conflict, malformed, unavailable
from custodes.ledger.note import checked_name
from custodes.ledger.watch import log_list
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.ledger.watch.witnessing import Seen
from custodes.store.witness.memory import SqlMemory
from custodes.web.kit.logs import Log
from custodes.web.planes.witness import WitnessPlane
from custodes.web.serving.server import Tcp, serve
from custodes.wiring import border

SETTINGS, KEY, LOGS, MEMORY = "witness.toml", "witness.key", "logs", "memory.db"
FOLLOWERS = "followers.json"

_log = logging.getLogger("custodes.witness")


class WitnessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What whoever runs a witness sets."""

    name: str  # the name its cosignatures bear, such as witness.example/w1; it never changes
    host: str = "127.0.0.1"  # TLS ends in front: other than loopback only behind a front on another machine
    port: int = 8090
    is_exposed: bool = False  # must be true where `host` is not loopback
    log_level: str = "INFO"


class LogFile:
    """Fulfils `acts.witness.ports.Logs` over a file that may change meanwhile.

    A list that cannot be read any more leaves the one that could.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._found: Mapping[str, WitnessedLog] = {}
        self()

    def __call__(self) -> Mapping[str, WitnessedLog]:
        """See the port; `log-list-gone` (unavailable) when there never was one."""
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                self._found = log_list.parse(self._path.read_text(encoding="utf-8"))
                self._stamp = stamp
        except (OSError, UnicodeDecodeError, Refusal) as error:
            if self._stamp is None:
                raise error if isinstance(error, Refusal) else unavailable("log-list-gone") from error
            _log.error("alarm: the list of logs cannot be read; the one before is used")
        return self._found


class LogBook:
    """Fulfils `acts.witness.ports.Book` over the list of logs and a file beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one = threading.Lock()

    def follower(self, closes: str) -> str:
        """See the port."""
        return self._followers().get(closes, "")

    def follow(self, closes: str, log: WitnessedLog, said: str) -> None:
        """See the port: the follower is named before it is accepted, so it is never another one."""
        with self._one:
            named = self._followers()
            if named.get(closes, said) != said:
                raise conflict("another-follower")
            raw = canonical.encode({**named, closes: said})
            write_durably(self._folder / FOLLOWERS, raw, mode=0o600)
            if log.origin not in self._logs():
                self._write([*self._logs().values(), log])

    def close(self, origin: str) -> None:
        """See the port."""
        with self._one:
            self._write([one for one in self._logs().values() if one.origin != origin])

    def _followers(self) -> dict[str, str]:
        try:
            return msgspec.json.decode((self._folder / FOLLOWERS).read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            return {}

    def _logs(self) -> Mapping[str, WitnessedLog]:
        return log_list.parse((self._folder / LOGS).read_text(encoding="utf-8"))

    def _write(self, logs: "list[WitnessedLog]") -> None:
        text = f"{log_list.HEADER}\n" + "".join(log_list.block(one) for one in logs)
        write_durably(self._folder / LOGS, text.encode(), mode=0o644)


def found(folder: Path, settings: WitnessSettings, passphrase: bytes | None) -> None:
    """Make a witness in an empty folder; `folder-not-empty` (conflict)."""
    checked_name(settings.name)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise conflict("folder-not-empty")
    folder.chmod(0o700)
    file_key.create(folder / KEY, passphrase, SystemDice())
    (folder / LOGS).write_text(f"{log_list.HEADER}\n", encoding="utf-8")
    lines = [f"{name} = {msgspec.json.encode(getattr(settings, name)).decode()}" for name in _NAMES]
    (folder / SETTINGS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    SqlMemory(folder / MEMORY).close()


def load(folder: Path) -> WitnessSettings:
    """The settings of a witness; `bad-settings` (malformed)."""
    try:
        text = (folder / SETTINGS).read_text(encoding="utf-8")
        settings = msgspec.convert(tomllib.loads(text), WitnessSettings)
        checked_name(settings.name)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise malformed("bad-settings", why=str(error)[:200]) from error
    return settings


def add_log(folder: Path, log: WitnessedLog) -> None:
    """Put a log at the end of the list; `log-listed-already` (conflict) for keys that stand there."""
    path = folder / LOGS
    text = path.read_text(encoding="utf-8")
    known = log_list.parse(text).get(log.origin)
    if known is not None and set(log.vkeys) <= set(known.vkeys):
        raise conflict("log-listed-already")
    made = text + log_list.block(log)
    log_list.parse(made)
    new = path.with_name(".logs.new")
    new.write_text(made, encoding="utf-8")
    new.replace(path)


def remembered(folder: Path, origin: str) -> Seen:
    """The largest tree of a log that was cosigned here."""
    memory = SqlMemory(folder / MEMORY)
    try:
        return memory.seen(hashlib.sha256(origin.encode()).hexdigest()) or Seen()
    finally:
        memory.close()


def vkeys(folder: Path, passphrase: bytes) -> tuple[str, ...]:
    """The two keys others pin: Ed25519 and ML-DSA-44."""
    return tuple(one.vkey.text() for one in file_key.cosigners(folder / KEY, passphrase, load(folder).name))


def run(folder: Path, passphrase: bytes) -> None:
    """Serve until SIGTERM; `witness-runs-already` (unavailable), refusals of `file_key.open_key`."""
    settings = load(folder)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    missing = border.harden()
    if missing:
        _log.warning("this machine does not give the witness: %s", ", ".join(missing))
    with _only_one(folder), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(folder, settings, passphrase))


async def _serve(folder: Path, settings: WitnessSettings, passphrase: bytes) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock, dice = SystemClock(), SystemDice()
    signers = file_key.cosigners(folder / KEY, passphrase, settings.name)
    memory = SqlMemory(folder / MEMORY)
    logs = LogFile(folder / LOGS)
    witness = Witness(logs, memory, signers, clock)
    succession = Succession(logs, memory, LogBook(folder))
    about = "".join(f"{line}\n" for line in ("c2sp.org/tlog-witness", *witness.vkeys)).encode()
    app = WitnessPlane(
        (witness.add_checkpoint, succession.add_follower),
        witness.checkpoint,
        about,
        (Log(_line, clock), dice),
    )
    missing = border.confine(border.interpreter(), (Path("/dev"), folder))
    if missing:
        _log.warning("this machine does not confine the witness: no %s", ", ".join(missing))
    _log.info("witness %s at %s:%s", settings.name, settings.host, settings.port)
    try:
        listen = Tcp(host=settings.host, port=settings.port, is_exposed=settings.is_exposed)
        await serve(app, listen, stop)
    finally:
        memory.close()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """One process per memory: two would each believe to be the witness."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise unavailable("witness-runs-already") from error
        yield


def _line(line: bytes) -> None:
    os.write(sys.stderr.fileno(), line)


_NAMES = WitnessSettings.__struct_fields__
