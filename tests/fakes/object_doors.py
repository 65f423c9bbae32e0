"""Doors that answer for one bucket without a keyroom: enough to watch what a plane asks, and when."""

from datetime import UTC, datetime

from custodes.acts.asks.objects import (
    CheckChunks,
    Closed,
    CloseGet,
    ClosePut,
    Content,
    GetOpened,
    GoesOn,
    OpenGet,
    OpenPut,
    Piece,
    PutClosed,
    PutOpened,
    StillOpen,
    Store,
)
from custodes.custody import envelope
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent
from fakes import SeededDice

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
STORE = Store("loc-1", "a")


class ObjectDoors:
    """`fails[type]` is raised for the nth (from 1) ask of that type and all later ones."""

    def __init__(self):
        self.dice = SeededDice(11)
        self.asked = []
        self.rows = {}
        self.open = {}
        self.fails = {}

    def of(self, kind):
        return [ask for ask in self.asked if isinstance(ask, kind)]

    async def ask(self, ask):
        self.asked.append(ask)
        after, refusal = self.fails.get(type(ask), (0, None))
        if refusal is not None and len(self.of(type(ask))) >= after:
            raise refusal
        return {
            OpenPut: self._open_put,
            ClosePut: self._close_put,
            OpenGet: self._open_get,
            CloseGet: lambda _: Closed(),
            StillOpen: lambda _: GoesOn(),
            CheckChunks: lambda _: Closed(),
        }[type(ask)](ask)

    def _open_put(self, ask):
        blob = new_id("blb", self.dice)
        opened = PutOpened(
            ticket=f"put-{blob}",
            customer="cus-1",
            bucket="bkt-1",
            version=new_id("ver", self.dice),
            data_key=self.dice.draw(32),
            blob=blob,
            number=1,
            associated=b"bound",
            stores=(STORE,),
            check_key=bytes(32),
        )
        self.open[opened.ticket] = (ask.name, opened)
        return opened

    def _close_put(self, ask):
        name, opened = self.open.pop(ask.ticket)
        if ask.outcome == "complete":
            self.rows[name] = (opened, ask.stored, ask.content)
        return PutClosed(opened.version, None, "e-1", AT, "log", 1)

    def _open_get(self, ask):
        if ask.name not in self.rows:
            raise absent("key-absent")
        opened, stored, content = self.rows[ask.name]
        return GetOpened(
            ticket="get-1",
            customer="cus-1",
            bucket="bkt-1",
            version=opened.version,
            version_shown=None,
            size=stored.plain_bytes,
            first=0,
            last=stored.plain_bytes - 1,
            partial=False,
            etag="e-1",
            at=AT,
            content=content or Content(),
            checksums=(),
            checksum_type="",
            data_key=opened.data_key,
            commitment=envelope.commitment(opened.data_key, opened.version),
            pieces=(
                Piece(
                    blob=stored.blob,
                    number=1,
                    plain_bytes=stored.plain_bytes,
                    cipher_bytes=stored.cipher_bytes,
                    header=stored.header,
                    associated=b"bound",
                    first=0,
                    last=stored.plain_bytes - 1,
                    stores=(STORE,),
                ),
            ),
            parts_count=1,
            log="log",
            index=1,
        )
