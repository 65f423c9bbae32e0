"""CopyObject and UploadPartCopy: read under one data key, written under another, never in the clear at rest.

One signature opens both; the plane reads, decrypts, encrypts again, and closes both.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from custodes.acts.asks.objects import ClosePut, CopyObject, CopyOpened, Stored
from custodes.acts.asks.uploads import ClosePart
from custodes.acts.streams.filling import COMPLETE, FAILED, Summing, closing, stored_from
from custodes.acts.streams.reading import opened as decrypted
from custodes.acts.streams.still import Still
from custodes.acts.streams.writing import Sealing
from custodes.kernel.clock import from_text
from custodes.kernel.limits import KILL_CHECK_BYTES
from custodes.kernel.refusal import malformed
from custodes.objects.checksums import DEFAULT, Algorithm, Checksum
from custodes.objects.conditions import Conditions
from custodes.protocols.s3 import answers, documents, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.operations import Source
from custodes.protocols.s3.requests import LOCATION
from custodes.protocols.s3.wishes import ENCRYPTING

from .exchange import Exchange
from .objects_out import close_get, sections
from .shown import checksum_of, content_of, written

_CHANGING = tuple(name.encode("ascii") for name in (*sorted(ENCRYPTING), "x-amz-storage-class"))


async def copy_object(x: Exchange) -> Answer:
    """CopyObject; without REPLACE an object is not copied onto itself (`copy-onto-itself`)."""
    asked, writing, source = requests.copying(x.head), requests.writing(x.head), _source(x)
    is_itself = (source.bucket, source.key, source.version) == (x.bucket, x.key, None)
    changes = asked.replaces_kept or asked.replaces_tags or any(x.head.value(name) for name in _CHANGING)
    if is_itself and not changes:
        raise malformed("copy-onto-itself")
    copy = _copy_of(x, source, asked.source_conditions)
    both = await x.doors.ask(msgspec.structs.replace(copy, conditions=writing.conditions))
    ticket = both.target.ticket

    async def give_up(outcome: str) -> None:
        await x.doors.ask(ClosePut(evidence=x.evidence, ticket=ticket, outcome=outcome))

    content = content_of(writing.kept)
    if not asked.replaces_kept:  # where a redirect leads is no metadata and is not copied, as in S3
        led = [pair for pair in content.headers if pair[0] == LOCATION]
        kept = [pair for pair in both.source.content.headers if pair[0] != LOCATION]
        content = msgspec.structs.replace(both.source.content, headers=(*kept, *led))
    had = checksum_of(both.source.checksums, "")  # unless another is asked for, a copy keeps its kind
    stored = await _Copy(x, both, writing.algorithm or (had.algorithm if had else DEFAULT)).run(give_up)
    done = ClosePut(evidence=x.evidence, ticket=ticket, outcome=COMPLETE, stored=stored, content=content)
    closed = await closing(x.ports, both.target, done)
    version, state = written(x.key, closed)
    document = documents.copied(version.etag, version.last_modified, version.checksum)
    sse = answers.encrypted(closed.sse, closed.sse_key)
    return answers.of_document(document, (*answers.version_header(version, state), *_copied_from(both), *sse))


async def upload_part_copy(x: Exchange) -> Answer:
    """UploadPartCopy."""
    asked, source = requests.copying(x.head), _source(x)
    copy = _copy_of(x, source, asked.source_conditions)
    of_part: dict[str, Any] = {
        "source_range": source.span,
        "upload": x.call.upload,
        "part_number": x.call.part_number,
    }
    both = await x.doors.ask(msgspec.structs.replace(copy, **of_part))
    ticket = both.target.ticket

    async def give_up(outcome: str) -> None:
        await x.doors.ask(ClosePart(evidence=x.evidence, ticket=ticket, outcome=outcome))

    stored = await _Copy(x, both, Algorithm(both.target.checksum_algorithm or DEFAULT)).run(give_up)
    done = ClosePart(evidence=x.evidence, ticket=ticket, outcome=COMPLETE, stored=stored)
    closed = await closing(x.ports, both.target, done)
    checksum = checksum_of(closed.checksums, "")
    document = documents.copied(closed.etag, from_text(closed.at), checksum, is_part=True)
    sse = answers.encrypted(closed.sse, closed.sse_key)
    return answers.of_document(document, (*_copied_from(both), *sse))


class _Copy:
    """One copy on its way."""

    def __init__(self, x: Exchange, both: CopyOpened, algorithm: Algorithm) -> None:
        self._x = x
        self._both = both
        self._algorithm = algorithm
        self._copied_bytes = 0

    async def run(self, give_up: Callable[[str], Awaitable[None]]) -> Stored:
        """Everything is stored when this returns, and the source is closed."""
        outcome = FAILED
        try:
            stored = await stored_from(self._x.ports, self._both.target, self._fill, give_up)
            outcome = COMPLETE
        finally:
            await close_get(self._x, self._both.source.ticket, outcome, self._copied_bytes)
        return stored

    async def _fill(self, sealing: Sealing) -> Sequence[Checksum]:
        source, doors = self._both.source, self._x.doors
        summing = Summing(sealing, [self._algorithm])
        asked_bytes = 0
        stills = [Still(doors, one) for one in (source.ticket, self._both.target.ticket)]
        if source.pieces:
            parts = sections(source.pieces, self._x.ports.stores)
            plain = decrypted(parts, source.data_key, source.version, source.commitment)
            async with aclosing(plain) as pieces:
                async for piece in pieces:
                    await summing.take(piece)
                    self._copied_bytes += len(piece)
                    if self._copied_bytes - asked_bytes >= KILL_CHECK_BYTES:
                        asked_bytes = self._copied_bytes
                        await asyncio.gather(*(one.demand(asked_bytes) for one in stills))
        return summing.checksums()


def _copy_of(x: Exchange, source: Source, source_conditions: Conditions) -> CopyObject:
    """What both copies ask for."""
    return CopyObject(
        evidence=x.evidence,
        bucket=x.bucket,
        name=x.key,
        source_bucket=source.bucket,
        source_name=source.key,
        source_version=source.version,
        source_conditions=source_conditions,
    )


def _source(x: Exchange) -> Source:
    source = x.call.source
    if source is None:
        raise malformed("copy-source-invalid")
    return source


def _copied_from(both: CopyOpened) -> tuple[tuple[bytes, bytes], ...]:
    shown_id = both.source.version_shown
    return () if shown_id is None else ((b"x-amz-copy-source-version-id", shown_id.encode("ascii")),)
