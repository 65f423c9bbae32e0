"""What was stored for a write: held to what was opened, and where it lies."""

from custodes.acts.asks.objects import Stored
from custodes.acts.objects.care.copies import CHECK_BYTES, landed_in
from custodes.acts.objects.tickets import PutTicket
from custodes.custody import envelope
from custodes.custody.manifest import Part
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.multipart import PART_BYTES_MAX
from custodes.objects.padding import padding_for

CHECKSUMS_MAX = 6


def is_certain(refusal: Refusal) -> bool:
    """Whether a refused write surely did not happen: what may have been committed is not taken back.

    The blob of a long write that did not happen goes by itself, two days later.
    """
    return refusal.kind not in (Kind.UNAVAILABLE, Kind.BROKEN)


def lying(ticket: PutTicket) -> tuple[tuple[str, str], ...]:
    """Where the blob of a write lies or is to lie."""
    return tuple((ticket.blob, location) for location in ticket.locations)


def landed(ticket: PutTicket, stored: Stored, bucket: Bucket) -> tuple[tuple[str, str], ...]:
    """Where the blob of a write lies durably; `copies-too-few` (unavailable) if that is not enough."""
    return landed_in(lying(ticket), stored, bucket)


def check_size(size_bytes: int | None) -> None:
    """`body-too-large` (malformed) above what one PUT may have."""
    if size_bytes is not None and not 0 <= size_bytes <= PART_BYTES_MAX:
        raise malformed("body-too-large", bytes_max=PART_BYTES_MAX)


def check_stored(ticket: PutTicket, stored: Stored | None) -> Stored:
    """What was stored is what was opened: `body-incomplete`, `bad-stored` (malformed)."""
    if stored is None or stored.blob != ticket.blob or len(stored.checksums) > CHECKSUMS_MAX:
        raise malformed("bad-stored")
    if ticket.size_bytes is not None and stored.plain_bytes != ticket.size_bytes:
        raise malformed("body-incomplete")
    check_size(stored.plain_bytes if ticket.size_bytes is None else None)
    least, most = ticket.bytes_range
    if stored.plain_bytes < least:
        raise malformed("body-too-small", bytes_min=least)
    if most is not None and stored.plain_bytes > most:
        raise malformed("body-too-large", bytes_max=most)
    if stored.padding_bytes != padding_for(ticket.padding, stored.plain_bytes):
        raise malformed("bad-stored")
    if stored.cipher_bytes != envelope.cipher_length(stored.plain_bytes + stored.padding_bytes):
        raise malformed("bad-stored")
    if len(stored.header) != envelope.HEADER_BYTES or len(stored.check) != CHECK_BYTES:
        raise malformed("bad-stored")
    return stored


def part_of(number: int, stored: Stored) -> Part:
    """What was stored as a part of the manifest."""
    return Part(
        number=number,
        blob=stored.blob,
        plain_bytes=stored.plain_bytes,
        padding_bytes=stored.padding_bytes,
        cipher_bytes=stored.cipher_bytes,
        header=stored.header,
        checksums=dict(stored.checksums),
    )
