"""Parts on their way out: the segments a range needs, fetched, authenticated, and only then given.

Batches of 1 MiB of ciphertext; a piece that fails authentication is given to nobody. A blob is read from the
first store that answers with what was written: where a store breaks off, or what it gives is not that, the
next one goes on with the first byte that was not given yet. Only when none is left the refusal is raised.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from custodes.acts.asks.objects import Piece
from custodes.custody.envelope import Decryptor, demand_commitment, open_span, segment_range
from custodes.kernel.refusal import Kind, Refusal

from .ports import BlobStore, Stores


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Plain bytes `first` to `last` of one stored part, both inclusive, and the stores it lies in."""

    blob: str
    plain_bytes: int
    header: bytes
    associated: bytes
    first: int
    last: int
    stores: Sequence[BlobStore]


def section_of(piece: Piece, stores: Stores) -> Section:
    """Where to read one piece."""
    return Section(
        blob=piece.blob,
        plain_bytes=piece.plain_bytes,
        header=piece.header,
        associated=piece.associated,
        first=piece.first,
        last=piece.last,
        stores=[stores.at(place.uri) for place in piece.stores],
    )


async def opened(
    sections: Sequence[Section], data_key: bytes, version: str, commitment: bytes
) -> AsyncGenerator[bytes, None]:
    """The plain bytes of the sections, one after the other, in pieces of about 1 MiB.

    `commitment-mismatch`, `stream-mismatch`, `blob-absent` (broken), `store-gone` (unavailable).
    """
    demand_commitment(data_key, version, commitment)
    for section in sections:
        async with aclosing(_one(section, data_key)) as pieces:
            async for piece in pieces:
                yield piece


async def whole(sections: Sequence[Section], data_key: bytes, version: str, commitment: bytes) -> bytes:
    """The same in one piece, for short reads: nothing is given before everything was authenticated."""
    demand_commitment(data_key, version, commitment)
    if len(sections) == 1:
        return await _whole_of(sections[0], data_key)
    return b"".join([await _whole_of(section, data_key) for section in sections])


async def _whole_of(section: Section, data_key: bytes) -> bytes:
    refused: Refusal | None = None
    span = segment_range(section.first, section.last, section.plain_bytes)
    wanted = span.cipher_last - span.cipher_first + 1
    for store in section.stores:
        cipher = bytearray()
        try:
            async with aclosing(store.read(section.blob, span.cipher_first, span.cipher_last)) as fetched:
                async for piece in fetched:
                    cipher += piece
                    if len(cipher) > wanted:  # a store that goes on and on is not listened to
                        raise _mismatch()
            return open_span(data_key, section.associated, section.header, span, memoryview(cipher))
        except Refusal as refusal:
            refused = refusal
    raise refused or _mismatch()


async def _one(section: Section, data_key: bytes) -> AsyncGenerator[bytes, None]:
    given, wanted, refused = 0, section.last - section.first + 1, _mismatch()
    for store in section.stores:
        try:
            async with aclosing(_from(store, section, data_key, given)) as pieces:
                async for piece in pieces:
                    given += len(piece)
                    yield piece
        except Refusal as refusal:
            refused = refusal
        if given == wanted:
            return
    raise refused


async def _from(
    store: BlobStore, section: Section, data_key: bytes, given: int
) -> AsyncGenerator[bytes, None]:
    """What is left of a section, from one store."""
    span = segment_range(section.first + given, section.last, section.plain_bytes)
    decryptor = Decryptor.at(data_key, section.associated, section.header, span)
    async with aclosing(store.read(section.blob, span.cipher_first, span.cipher_last)) as fetched:
        async for piece in fetched:
            plain = decryptor.feed(piece)
            if plain:
                yield plain
    rest = decryptor.finish()
    if rest:
        yield rest


def _mismatch() -> Refusal:
    return Refusal("stream-mismatch", Kind.BROKEN)
