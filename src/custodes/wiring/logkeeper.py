"""Builds and runs the logkeeper: own keys, own process, rounds for as long as the house runs."""

import asyncio
import logging
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop

from custodes.acts.asks import Doors
from custodes.acts.asks.house import LookHouse
from custodes.acts.logkeeper.gathering import Seen
from custodes.acts.logkeeper.keeper import House, Keeper
from custodes.acts.logkeeper.keys import LogKeys
from custodes.acts.logkeeper.ports import Reach, Witness
from custodes.acts.logkeeper.turning import Turner, Yearly
from custodes.acts.socket import Client
from custodes.adapters.embedded_witness import EmbeddedWitness
from custodes.adapters.http.timestamps import TimestampAuthority
from custodes.adapters.http.witness import HttpWitness
from custodes.adapters.log_files import FolderLog, KeptEvidence, SignedHead
from custodes.adapters.meter_socket import MeterSocket, metrics
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel.clock import Clock
from custodes.kernel.limits import EPOCH_S
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger import quorum
from custodes.ledger.receipt import parse_pins
from custodes.settings import Settings

from . import border, log_keys
from .errands import run_errands
from .meters.health import health
from .meters.logkeeper import IDLE, PUBLISHED, LogkeeperMeters, witnesses
from .outside import route
from .turning import FolderNextKeys, settle

_PAUSE_S = 1.0
_log = logging.getLogger("custodes.logkeeper")


def run(settings: Settings) -> None:
    """Keep the log until SIGTERM. What is broken before the first round (keys that are gone) ends it."""
    border.harden()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_keep(settings))


def turner(settings: Settings, made: Keeper, origin: str) -> Turner:
    """What turns this keeper's log when its year is over."""
    clock, holder = SystemClock(), log_keys.holder_of(settings)
    files = FolderLog(settings.public_log)
    next_keys = FolderNextKeys(settings, holder, SystemDice())
    how = Yearly(is_on=settings.log_turns, notice_days=settings.log_notice_days)

    def reach(keys: LogKeys, named: str) -> Reach:
        return _Reach(keys, named, settings, clock)

    return Turner(
        made, (origin, log_keys.opened(settings, origin)), (files, next_keys), reach, how=how, clock=clock
    )


def keeper(settings: Settings, doors: Doors, origin: str) -> Keeper:
    """A keeper over the settings' folders."""
    keys = log_keys.opened(settings, origin)
    pins = parse_pins((settings.public_log / "pins.json").read_bytes())
    clock = SystemClock()
    places = (
        FolderLog(settings.public_log),
        SignedHead(settings.logkeeper / "signed.json"),
        KeptEvidence(settings.logkeeper / "evidence"),
    )
    reach = _Reach(keys, origin, settings, clock)
    stamps = None
    if settings.timestamp_url:
        stamps = TimestampAuthority(
            settings.timestamp_url, settings.house / settings.timestamp_roots, route=route(settings)
        )
    house = House(id=pins.house, origin=origin)
    return Keeper(house, doors, keys, places, reach, ports=(clock, SystemDice()), stamps=stamps)


class _Reach:
    """Fulfils `acts.logkeeper.ports.Reach`: over HTTP, or the witness embedded in this house."""

    def __init__(self, keys: LogKeys, origin: str, settings: Settings, clock: Clock) -> None:
        self._route = route(settings)
        self._keys = keys
        self._origin = origin
        self._memory = settings.logkeeper / "witness.json"
        self._clock = clock

    def __call__(self, witness: quorum.Witness) -> Witness | None:
        """See the port."""
        signer = self._keys.witness_signer(witness.vkey.name)
        if signer.vkey == witness.vkey:
            log = tuple(one.vkey for one in self._keys.signers(self._origin))
            return EmbeddedWitness(signer, log, self._memory, self._clock)
        if witness.url is None:
            _log.warning("witness %s has no address: nobody asks him", witness.name)
            return None
        try:
            return HttpWitness(witness.name, witness.vkey, witness.url, route=self._route)
        except Refusal:
            _log.error("witness %s has a bad address: nobody asks him", witness.name)
            return None


async def _keep(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = Client(settings.socket)
    counts = LogkeeperMeters(SystemClock())
    found: Keeper | None = None
    turning: Turner | None = None

    async def look(within_s: float) -> tuple[Seen, ...]:
        return () if found is None else await found.witnesses(within_s)

    pages = {**metrics(counts.meters), **health({"round": counts.why_not_ready})}
    told = MeterSocket(settings.meters / "logkeeper.sock", {**pages, **witnesses(look, SystemClock())})
    await told.start()
    errands: asyncio.Task[None] | None = None
    wait_ms = 0
    while not stop.is_set():
        try:
            if found is None:
                house = await client.ask(LookHouse())
                ports = (log_keys.holder_of(settings), SystemClock(), SystemDice())
                await settle(settings, client, (house.id, house.origin), ports)
                found = await asyncio.to_thread(keeper, settings, client, house.origin)
                turning = turner(settings, found, house.origin)
                errands = asyncio.create_task(run_errands(settings, found.signed))
            has_published = await _unless_stopped(stop, found.round(wait_ms))
            counts.round(PUBLISHED if has_published else IDLE, found.published_at)
            wait_ms = EPOCH_S * 1000
            if turning is not None and await _unless_stopped(stop, turning.round()):
                await _let_go(found, errands)
                found, turning, wait_ms = None, None, 0
        except Refusal as refusal:
            if found is None and refusal.kind is Kind.BROKEN:
                raise
            counts.round(refusal.kind.value, found.published_at if found else None)
            if refusal.code not in {"house-sealed", "keyroom-gone"}:
                _log.error("a round was refused: %s %s", refusal.code, dict(refusal.facts))
            await _pause(stop)
    await _let_go(found, errands)
    await told.stop()
    await client.close()


async def _let_go(found: Keeper | None, errands: "asyncio.Task[None] | None") -> None:
    """Stop what goes with one shard's keys."""
    if errands is not None:
        errands.cancel()
    if found is not None:
        await found.close()


async def _unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, bool]) -> bool:
    """Carry out a round, but do not wait for work (or a witness) any longer once it is time to end.

    A round cut off anywhere is repeated by the next process: that is how rounds are made.
    """
    task, waiter = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else False
    finally:
        task.cancel()
        waiter.cancel()
        await asyncio.gather(task, waiter, return_exceptions=True)


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), _PAUSE_S)
    except TimeoutError:
        return
