"""Builds and runs the keyroom: the one process with database, holder and keys."""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import msgspec
import uvloop
from sqlalchemy import Engine

from custodes.acts.asks import Local
from custodes.acts.asks.cases import RunClock
from custodes.acts.asks.upkeep import RunUpkeep
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.keyroom import Keyroom, Parts
from custodes.acts.opened import Read
from custodes.acts.socket import Server
from custodes.acts.unsealing.told import BY_CREDENTIAL, BY_ITSELF
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.sequencer import WRITER, Pace
from custodes.adapters import schemes
from custodes.adapters.benches.process import ProcessBench
from custodes.adapters.journal import LineJournal
from custodes.adapters.log_files import write_durably
from custodes.adapters.meter_socket import MeterSocket, metrics
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel.refusal import Refusal, conflict, unavailable
from custodes.settings import Settings
from custodes.store import house
from custodes.store.books import SqlBooks
from custodes.store.engine import open_database
from custodes.store.migrate import migrate
from custodes.store.reads import AtOnce, reading
from custodes.store.reserve import Reserve
from custodes.store.shared.leases import SqlLeases
from custodes.store.verbs import CHECKS, VERBS

from . import border
from .backups import unfinished
from .backups.drills import last_drill
from .backups.kept import last_backup
from .backups.schedule import keep_drilling
from .benches import child
from .inspecting.look import findings
from .meters.health import health, of_keyroom
from .meters.keyroom import KeyroomMeters
from .meters.starting import Start
from .processors.together import Together, anywhere, keep

# Each of a group's dozen statements lets go of the interpreter, and waits until the loop gives it back: at
# five milliseconds a turn, as Python has it, one commit would take more than sixty.
SWITCH_S = 0.0004
YOUNG_MAX = 10_000

CLOCK_EVERY_S = 5
UPKEEP_EVERY_S = 10.0
HOLDERS_EVERY_S = 5.0

_log = logging.getLogger("custodes.keyroom")


def run(settings: Settings) -> None:
    """Serve until SIGTERM; `keyroom-runs-already`, `restore-unfinished` (unavailable)."""
    unfinished.refuse(settings)
    with Start("keyroom", SystemClock()) as start:
        start.at("border")
        missing = border.harden()
        if missing:
            _log.warning("this machine does not give the keyroom: %s", ", ".join(missing))
        with only_one(settings), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, start))


@asynccontextmanager
async def assembled(
    settings: Settings, local_token: str, pace: Pace | None = None, start: Start | None = None
) -> AsyncIterator[Keyroom]:
    """A keyroom over the settings' database, sealed; closed at the end. Also used to found a house.

    `demo-and-production` (conflict): the settings are not those of this kind of house.
    """
    start = start or Start("founding", SystemClock())  # nobody watches this one
    start.at("database")
    engine = open_database(settings.database, settings.database_url, standbys=settings.database_standbys)
    start.at("schema", may_last=True)
    migrate(engine)
    start.at("holders")
    body = msgspec.structs.replace(house.load(engine), s3_domains=settings.s3_domains)
    holders = {one.uri: one for one in map(schemes.holder, (body.holder, *settings.holders))}
    bench = ProcessBench(child.COMMAND, begin=partial(_run_on, anywhere()))
    at_once = None if settings.database_url else AtOnce(engine, SystemClock().boot_ms)
    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="read") as threads:
        parts = Parts(
            books=SqlBooks(
                engine,
                VERBS,
                CHECKS,
                None if settings.database_url else Reserve(settings.keyroom / "reserve"),
                None if settings.database_url else settings.database,
            ),
            read=Read(_hop(engine, threads), at_once),
            holders=holders,
            clock=SystemClock(ahead_s=settings.demo_clock_offset_s),
            dice=SystemDice(),
            local_token=local_token,
            pace=pace,
            journal=LineJournal(settings.journal),
            name=settings.keyroom_name,
            own_key=KeyFile(settings.keyroom / "receipt.key"),
            leases=SqlLeases(engine) if settings.database_url else None,
            machine=partial(findings, settings),
            strangers=settings.strangers,
            bench=bench,
        )
        keyroom = Keyroom(body, parts)
        try:
            _demand_same_kind(body, settings)
            yield keyroom
        finally:
            await keyroom.close()
            bench.close()
            if at_once is not None:
                at_once.close()
            engine.dispose()


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the house's lock: with SQLite there is exactly one keyroom."""
    with (settings.keyroom / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise unavailable("keyroom-runs-already") from error
        yield


class KeyFile:
    """A further keyroom's own receipt key, wrapped by the holder, in this machine's keyroom folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes | None:
        """The wrap; None before there is one."""
        return self._path.read_bytes() if self._path.exists() else None

    def write(self, wrapped: bytes) -> None:
        """Keep it."""
        write_durably(self._path, wrapped, mode=0o600)


def _demand_same_kind(body: HouseBody, settings: Settings) -> None:
    """No way from demo data to a production installation or back: both must say the same."""
    if body.demo != settings.demo or (settings.demo_clock_offset_s and not body.demo):
        raise conflict("demo-and-production", house=body.demo, settings=settings.demo)


async def _serve(settings: Settings, start: Start) -> None:
    token = SystemDice().draw(32).hex()
    await asyncio.to_thread(_write_token, settings, token)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    counts = KeyroomMeters(SystemClock())
    async with assembled(settings, token, counts, start) as keyroom:
        start.at("sockets")
        counts.watch(keyroom)
        look = partial(counts.look, keyroom, partial(last_drill, settings), partial(last_backup, settings))
        pages = {**metrics(counts.meters, look), **health(of_keyroom(keyroom))}
        told = MeterSocket(settings.meters / "keyroom.sock", pages)
        await told.start()
        server = Server(counts.counted(keyroom.ask), SystemDice())
        keyroom.tell(server.tell_changed)
        await server.start(settings.socket)
        if settings.auto_unseal:
            start.at("unsealing")
            try:
                how = BY_CREDENTIAL if settings.unseal_credential else BY_ITSELF
                await keyroom.unseal(settings.unseal_secret(), how)
            except Refusal as refusal:
                _log.critical("not unsealed: %s %s", refusal.code, dict(refusal.facts))
        start.done()
        border.settle_down(switch_s=SWITCH_S, young_max=YOUNG_MAX)
        ticking = asyncio.create_task(let_time_pass(keyroom, token))
        keeping = asyncio.create_task(_keep_up(keyroom, token))
        watching = asyncio.create_task(_watch_holders(keyroom))
        drilling = asyncio.create_task(keep_drilling(keyroom, settings, token))
        binding = asyncio.create_task(keep(Together(_loop_and_writer), SystemDice()))
        try:
            await stop.wait()
        finally:
            ticking.cancel()
            keeping.cancel()
            watching.cancel()
            drilling.cancel()
            binding.cancel()
            await server.stop()
            await told.stop()


def _loop_and_writer() -> set[int]:
    """The two threads that a use goes through: neither can run without the interpreter."""
    main = threading.main_thread()
    both = (one for one in threading.enumerate() if one is main or one.name == WRITER)
    return {one.native_id for one in both if one.native_id is not None}


def _run_on(processors: Collection[int]) -> None:
    """The calling thread, and whatever it starts, may run on any of these."""
    if processors:
        os.sched_setaffinity(0, processors)


async def let_time_pass(keyroom: Keyroom, token: str) -> None:
    """Let time move cases, every few seconds, for as long as the process runs."""
    while True:
        await asyncio.sleep(CLOCK_EVERY_S)
        if not keyroom.is_tender:
            continue
        try:
            await keyroom.ask(RunClock(Local(token)))
        except Refusal as refusal:
            if refusal.code != "house-sealed":
                _log.error("alarm: the clock does not move cases: %s", refusal.code)
        except Exception:
            _log.exception("alarm: the clock does not move cases")


async def _keep_up(keyroom: Keyroom, token: str) -> None:
    """Rounds of upkeep for as long as the process runs; the next at once while there is more to do."""
    is_busy = False
    while True:
        await asyncio.sleep(0.1 if is_busy else UPKEEP_EVERY_S)
        is_busy = False
        if not keyroom.is_tender:
            continue
        try:
            is_busy = (await keyroom.ask(RunUpkeep(Local(token)))).more
        except Refusal as refusal:
            if refusal.code not in {"house-sealed", "not-settled"}:
                _log.error("alarm: no upkeep of keys: %s", refusal.code)
        except Exception:
            _log.exception("alarm: no upkeep of keys")


async def _watch_holders(keyroom: Keyroom) -> None:
    """Ask holders for a sign of life for as long as the process runs."""
    while True:
        try:
            if keyroom.watch is not None:
                await keyroom.watch.round()
        except Exception:
            _log.exception("alarm: holders are not watched")
        await asyncio.sleep(HOLDERS_EVERY_S)


def _write_token(settings: Settings, token: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        settings.local_token.unlink()
    handle = os.open(settings.local_token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(token)


def _hop(
    engine: Engine, threads: ThreadPoolExecutor
) -> "Callable[[Callable[[Reads], object]], asyncio.Future[object]]":
    def hop(work: Callable[[Reads], object]) -> "asyncio.Future[object]":
        return asyncio.get_running_loop().run_in_executor(threads, reading, engine, work)

    return hop
