"""Builds and runs the S3 plane: the one process that reaches the object stores.

It opens local stores below the settings' `stores` folder only: a location whose store is another folder is
`store-gone` here, because the border was drawn before the first request. The sweep runs beside.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
from starlette.types import ASGIApp

from custodes.acts.asks import Doors
from custodes.acts.streams.adopting import Adopter
from custodes.acts.streams.caring import Carer
from custodes.acts.streams.carrying import Carrying
from custodes.acts.streams.listing import Lister
from custodes.acts.streams.ports import Stores
from custodes.acts.streams.probing import Prober
from custodes.acts.streams.reporting import Reporter
from custodes.acts.streams.sweeping import Sweeper
from custodes.adapters.file_socket import FileServer
from custodes.adapters.stores.credentials import credential_files
from custodes.adapters.stores.folder import remove_orphans
from custodes.adapters.stores.mark import AskedMarks, Mark
from custodes.adapters.stores.reach import ReachableStores, free_bytes
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel.dice import Dice
from custodes.settings import Settings, environment
from custodes.web.kit.logs import gathered
from custodes.web.planes.s3.endings import Endings
from custodes.web.planes.s3.exchange import Ports
from custodes.web.planes.s3.plane import S3Plane
from custodes.web.planes.s3.strangers import Strangers
from custodes.web.serving.connection import Pace
from custodes.wiring.meters.planes import CountedLog, PlaneMeters

from . import serving

ENDINGS_S = 0.05
BODY_PIECE_BYTES = 524_288  # each wakes the loop once: with 64 KiB a large body costs twice as much
THREADS_MAX = 16  # each one write or sync at a time


def run(settings: Settings, fd: int | None = None) -> None:
    """Serve until SIGTERM."""
    with ThreadPoolExecutor(max_workers=THREADS_MAX, thread_name_prefix="store") as threads:
        stores = ReachableStores(threads)
        serving.run(
            settings,
            serving.Plane(
                name="s3",
                build=partial(_app, stores),
                port=settings.s3_port,
                opens=partial(_files, stores),
                beside=partial(_beside, stores),
                readable=credential_files(environment()),
                writable=(settings.stores,),
                pace=Pace(piece_bytes=BODY_PIECE_BYTES),
            ),
            fd,
        )


def _app(stores: ReachableStores, doors: Doors, settings: Settings, counts: PlaneMeters) -> ASGIApp:
    keeper = AskedMarks(doors, asyncio.get_running_loop())
    stores.ask_for(partial(_mark, keeper, settings.stores / ".known"))
    clock, counted = SystemClock(), counts.of("s3")
    dice = SystemDice()
    ports = Ports(
        doors=doors,
        stores=stores,
        clock=clock,
        dice=dice,
        domains=settings.s3_domains,
        strangers=Strangers(settings.strangers),
        adopter=Adopter(doors, stores, dice),
        endings=Endings(ENDINGS_S),
    )
    return S3Plane(ports, CountedLog(gathered(_line), clock, counted), counted.refused)


class _Means(msgspec.Struct, frozen=True, kw_only=True):
    doors: Doors
    stores: Stores
    dice: Dice


@asynccontextmanager
async def _files(stores: ReachableStores, doors: Doors, settings: Settings) -> AsyncIterator[None]:
    """Files for the console: it has no stores, and this process has no pages."""
    dice = SystemDice()
    means = _Means(doors=doors, stores=stores, dice=dice)
    server = FileServer(settings.files, Carrying(means, Adopter(doors, stores, dice)))
    await server.start()
    try:
        yield
    finally:
        await server.stop()


async def _beside(stores: ReachableStores, doors: Doors, settings: Settings) -> None:
    await asyncio.to_thread(remove_orphans, settings.stores)
    adopter = Adopter(doors, stores, SystemDice())
    reporter = Reporter(doors, stores, SystemDice())
    await asyncio.gather(
        Sweeper(doors, stores).run(),
        Carer(doors, stores).run(),
        Prober(doors, stores, free_bytes).run(),
        adopter.run(),
        reporter.run(),
        Lister(doors, stores).run(),
    )


def _mark(keeper: AskedMarks, records: Path, uri: str, folder: Path) -> Mark:
    return Mark((uri, folder), keeper, records)


def _line(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()
