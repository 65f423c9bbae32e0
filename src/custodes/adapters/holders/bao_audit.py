"""What OpenBao's file audit device counted (JSON lines, docs: audit/file): uses of one transit key.

Read as a stream, line by line; a line that is none is counted as unreadable, never skipped in silence.
"""

from collections.abc import Iterable

import msgspec

from .openbao_uri import TransitUri

LINE_BYTES_MAX = 1_048_576


class _Request(msgspec.Struct, frozen=True):
    path: str = ""


class _Line(msgspec.Struct, frozen=True):
    type: str
    request: _Request = _Request()
    error: str = ""


class Uses(msgspec.Struct, frozen=True):
    """Uses that OpenBao answered, and lines that could not be read."""

    uses: int
    unreadable: int


def uses(lines: Iterable[bytes], where: TransitUri) -> Uses:
    """Count responses of encrypt and decrypt with this key."""
    paths = {f"{where.mount}/{verb}/{where.key}" for verb in ("encrypt", "decrypt")}
    counted = unreadable = 0
    decoder = msgspec.json.Decoder(_Line)
    for line in lines:
        if not line.strip():
            continue
        try:
            if len(line) > LINE_BYTES_MAX:
                raise ValueError("long")
            one = decoder.decode(line)
        except (ValueError, msgspec.MsgspecError):
            unreadable += 1
            continue
        if one.type == "response" and not one.error and one.request.path in paths:
            counted += 1
    return Uses(counted, unreadable)
