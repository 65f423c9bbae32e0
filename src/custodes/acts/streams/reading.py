"""Parts on their way out: the segments a range needs, fetched, authenticated, and only then given.

Batches of 1 MiB of ciphertext; a piece that fails authentication raises before any of its bytes leaves. A
blob is read from the first store that answers: once bytes of it were given, another store goes on where the
first one broke off.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from custodes.custody.envelope import Decryptor, demand_commitment, segment_range
from custodes.kernel.refusal import Kind, Refusal

from .ports import BlobStore, Buffer


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Plain bytes `first` to `last` of one stored part, both inclusive, and the stores it lies in."""

    blob: str
    plain_bytes: int
    header: bytes
    associated: bytes
    first: int
    last: int
    stores: Sequence[BlobStore]


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


async def _one(section: Section, data_key: bytes) -> AsyncGenerator[bytes, None]:
    span = segment_range(section.first, section.last, section.plain_bytes)
    decryptor = Decryptor.at(data_key, section.associated, section.header, span)
    async with aclosing(_cipher(section, span.cipher_first, span.cipher_last)) as fetched:
        async for piece in fetched:
            plain = decryptor.feed(piece)
            if plain:
                yield plain
    rest = decryptor.finish()
    if rest:
        yield rest


async def _cipher(section: Section, first: int, last: int) -> AsyncGenerator[Buffer, None]:
    """Cipher bytes from the first store that has them; the next one takes over where one fails."""
    refused: Refusal | None = None
    for store in section.stores:
        try:
            async with aclosing(store.read(section.blob, first, last)) as pieces:
                async for piece in pieces:
                    first += len(piece)
                    yield piece
        except Refusal as refusal:
            refused = refusal
        else:
            if first > last:
                return
    if refused is not None:
        raise refused
    raise Refusal("stream-mismatch", Kind.BROKEN)
