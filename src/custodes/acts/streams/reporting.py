"""Writes reports of what buckets hold: lines as CSV, packed, sealed and stored as any object is.

One page of lines is in memory at a time. What a crash cuts off is begun again with the file it was in; what
was stored for it is collected.
"""

import asyncio
import hashlib
import logging
import zlib
from collections.abc import AsyncIterator

from custodes.acts.asks import Doors
from custodes.acts.asks.buckets.inventory import CloseReport, LookLines, ReportOpened, TakeReport
from custodes.acts.asks.objects import PutOpened, Stored
from custodes.kernel.canonical import b64
from custodes.kernel.dice import Dice
from custodes.objects.checksums import DEFAULT, running
from custodes.objects.rules.inventory import Inventory, csv_of

from .going import steadily
from .ports import Stores
from .targets import Targets
from .writing import Sealing

PAUSE_S = 10.0
BETWEEN_PAGES_S = 0.01  # the keyroom has others to serve
COMPLETE, FAILED = "complete", "failed"
_GZIP = 16 + zlib.MAX_WBITS

_log = logging.getLogger("custodes.reporting")


class _Place:
    """How far the lines of a file are."""

    def __init__(self, opened: ReportOpened) -> None:
        self.name, self.seq = opened.name, opened.seq
        self.is_end = False
        self.lines = 0


class Reporter:
    """One per process that reaches the stores."""

    def __init__(self, doors: Doors, stores: Stores, dice: Dice, pace_s: float = BETWEEN_PAGES_S) -> None:
        self._doors = doors
        self._stores = stores
        self._dice = dice
        self._pace_s = pace_s

    async def run(self, pause_s: float = PAUSE_S) -> None:
        """File after file while there are any, then a look every `pause_s` seconds."""
        await steadily(self.step, pause_s, lambda code: _log.warning("reports wait: %s", code))

    async def step(self) -> bool:
        """Write one file of a report; False where none was due."""
        opened = await self._doors.ask(TakeReport())
        if opened.put is None or opened.rule is None:
            return False
        place, put = _Place(opened), opened.put
        sealing = self._sealing(put)
        md5, checksum = hashlib.md5(usedforsecurity=False), running(DEFAULT)
        try:
            async for piece in self._content(opened, opened.rule, put.ticket, place):
                md5.update(piece)
                checksum.update(piece)
                await sealing.take(piece)
            await sealing.finish()
        except BaseException:
            await sealing.drop()
            await self._doors.ask(CloseReport(ticket=put.ticket, outcome=FAILED))
            raise
        stored = Stored(
            blob=put.blob,
            plain_bytes=sealing.plain_bytes,
            cipher_bytes=sealing.cipher_bytes,
            header=sealing.header,
            checksums=((DEFAULT.value, b64(checksum.digest())),),
            padding_bytes=sealing.padding_bytes,
            check=sealing.check,
            missed=tuple(put.stores[number].location for number in sealing.missed),
        )
        await self._doors.ask(
            CloseReport(
                ticket=put.ticket,
                outcome=COMPLETE,
                stored=stored,
                name=place.name,
                seq=place.seq,
                is_end=place.is_end,
                lines=place.lines,
                md5=md5.hexdigest(),
            )
        )
        return True

    async def _content(
        self, opened: ReportOpened, rule: Inventory, ticket: str, place: _Place
    ) -> AsyncIterator[bytes]:
        if opened.body is not None:
            yield opened.body
            return
        packing = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        while not place.is_end and place.lines < opened.lines_max:
            page = await self._doors.ask(LookLines(ticket, place.name, place.seq))
            place.name, place.seq, place.is_end = page.name, page.seq, page.is_end
            place.lines += len(page.lines)
            yield packing.compress(csv_of(rule, opened.source, page.lines))
            if not page.is_end:
                await asyncio.sleep(self._pace_s)
        yield packing.flush()

    def _sealing(self, put: PutOpened) -> Sealing:
        stores = [self._stores.at(place.uri) for place in put.stores]
        sealing = Sealing(put.blob, (put.data_key, put.associated), stores, self._dice, put.padding)
        return sealing.kept(put.check_key, Targets(put.blob, stores, put.copies_min))
