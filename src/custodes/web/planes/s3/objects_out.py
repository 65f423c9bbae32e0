"""GetObject and HeadObject: the admission first, then authenticated bytes, then how it ended.

Each further MiB leaves only if the read may go on (`streams.still`): where the keyroom has to be asked, it is
while the next batch is fetched and decrypted. A kill or the end of a grant cuts the stream within that MiB.
Content-Length shows a cut.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from custodes.acts.asks.objects import CloseGet, GetOpened, OpenGet, Piece
from custodes.acts.streams.filling import COMPLETE, CUT, FAILED
from custodes.acts.streams.ports import Stores
from custodes.acts.streams.reading import Section, opened, section_of, whole
from custodes.acts.streams.still import Still
from custodes.kernel.clock import from_text
from custodes.kernel.limits import BATCH_BYTES, KILL_CHECK_BYTES
from custodes.kernel.refusal import Refusal
from custodes.objects.version import NULL, Version
from custodes.protocols.s3 import answers, requests
from custodes.protocols.s3.answers import Answer, Shown
from custodes.protocols.s3.requests import Kept, Reading

from .exchange import Exchange, Gone
from .shown import shown, span, versioning

SHORT_BYTES_MAX = 65_536


async def head_object(x: Exchange) -> Answer:
    """HeadObject: the head of the answer to a GET, and no bytes."""
    asked = requests.reading(x.head, x.call)
    found = await _open(x, asked, is_head=True)
    return found if isinstance(found, Answer) else _head(x, asked, found)


async def get_object(x: Exchange) -> Answer | None:
    """GetObject; None when the answer was streamed."""
    asked = requests.reading(x.head, x.call)
    found = await _open(x, asked, is_head=False)
    if isinstance(found, Answer):
        return found
    if not found.pieces:
        return _head(x, asked, found)
    if found.last - found.first < SHORT_BYTES_MAX:
        await _send_whole(x, asked, found)
    else:
        await _stream(x, asked, found)
    return None


def sections(pieces: Sequence[Piece], stores: Stores) -> list[Section]:
    """Where to read each piece."""
    return [section_of(piece, stores) for piece in pieces]


async def close_get(x: Exchange, ticket: str, outcome: str, sent_bytes: int) -> None:
    """Tell how a read ended, also when this very task is being cancelled; nothing for one without ticket."""

    async def tell() -> None:
        try:
            await x.doors.ask(ended)
        except Refusal:  # not told, it counts as all bytes
            return

    if not ticket:
        return
    ended = CloseGet(ticket=ticket, outcome=outcome, sent_bytes=sent_bytes)
    if outcome == COMPLETE and sent_bytes <= KILL_CHECK_BYTES:
        await x.ports.endings.tell(x.doors, ended)
    else:
        await asyncio.shield(asyncio.get_running_loop().create_task(tell()))


async def _open(x: Exchange, asked: Reading, *, is_head: bool) -> GetOpened | Answer:
    ask = OpenGet(
        evidence=x.evidence,
        bucket=x.bucket,
        name=x.key,
        version=x.call.version,
        range_header=x.head.text("range"),
        part_number=asked.part_number,
        head=is_head,
        conditions=asked.conditions,
    )
    try:
        return await x.doors.ask(ask)
    except Refusal as refusal:
        if "adopting" in refusal.facts and x.ports.adopter is not None:
            await x.ports.adopter.take_in(str(refusal.facts["adopting"]), x.key)
            return await x.doors.ask(ask)
        if refusal.code != "not-modified":
            raise
        return _not_modified(x, refusal)


def _head(x: Exchange, asked: Reading, found: GetOpened) -> Answer:
    return answers.read_answer(shown(x.key, found), asked, span(found))


async def _send_whole(x: Exchange, asked: Reading, found: GetOpened) -> None:
    """A short read: read and authenticated as a whole, then sent in one go."""
    outcome = FAILED
    try:
        parts = sections(found.pieces, x.ports.stores)
        body = await whole(parts, found.data_key, found.version, found.commitment)
        await x.begin(_head(x, asked, found))
        await x.send(body, is_last=True)
        outcome = COMPLETE
    except (Gone, asyncio.CancelledError):
        outcome = CUT
        raise
    finally:
        await close_get(x, found.ticket, outcome, x.sent_bytes)


async def _stream(x: Exchange, asked: Reading, found: GetOpened) -> None:
    outcome = FAILED
    try:
        parts = sections(found.pieces, x.ports.stores)
        async with aclosing(opened(parts, found.data_key, found.version, found.commitment)) as pieces:
            piece: bytes | None = await anext(pieces, b"")  # what cannot be read at all is still answered
            await x.begin(_head(x, asked, found))
            checked_bytes, still = 0, Still(x.doors, found.ticket)
            while piece is not None:
                await x.send(piece)
                left_bytes = found.last - found.first + 1 - x.sent_bytes
                if x.sent_bytes - checked_bytes + min(left_bytes, BATCH_BYTES) > KILL_CHECK_BYTES:
                    checked_bytes = x.sent_bytes
                    if not still.is_known:
                        demanded = still.demand(checked_bytes)
                        _, piece = await asyncio.gather(demanded, anext(pieces, None))
                        continue
                piece = await anext(pieces, None)
        await x.send(b"", is_last=True)
        outcome = COMPLETE
    except (Gone, asyncio.CancelledError):
        outcome = CUT
        raise
    finally:
        await close_get(x, found.ticket, outcome, x.sent_bytes)


def _not_modified(x: Exchange, refusal: Refusal) -> Answer:
    facts = refusal.facts
    shown_id = facts.get("version")
    version = Version(
        id=str(shown_id or ""),
        bucket=x.bucket,
        key=x.key,
        sequence=0,
        last_modified=from_text(str(facts["at"])),
        etag=str(facts["etag"]),
        is_null=shown_id == NULL,
    )
    about = Shown(version=version, kept=Kept(), versioning=versioning(str(shown_id) if shown_id else None))
    return answers.not_modified(about)
