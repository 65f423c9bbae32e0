"""Syslog messages (RFC 5424) with the entry's fields as structured data, framed by octet counting.

The facility is 13, log audit. The SD-ID carries enterprise number 32473, which RFC 5612 keeps for
documentation: the project has none of its own yet. A value too long for a receiver is cut, and `cut` says so.
"""

import re

from .events import PRODUCT, Event, Weight, reference, sentence, weight

FACILITY = 13
SD_ID = "custodes@32473"
MESSAGE_BYTES_MAX = 8_192  # RFC 5425 section 4.3.1: receivers should be able to take this much
_VALUE_CHARACTERS_MAX = 512
_HOST_CHARACTERS_MAX = 255
# RFC 5424 table 2: informational 6, notice 5, warning 4, error 3.
_SEVERITIES = {Weight.INFORMATIONAL: 6, Weight.LOW: 5, Weight.MEDIUM: 4, Weight.HIGH: 3}
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def rendered(event: Event) -> bytes:
    """One message, UTF-8, without a frame."""
    priority = FACILITY * 8 + _SEVERITIES[weight(event)]
    host = _NOT_PRINTABLE.sub("", str(event.fields.get("house", "")))[:_HOST_CHARACTERS_MAX] or "-"
    head = f"<{priority}>1 {event.at} {host} {PRODUCT} - {event.act[:32]}"
    pairs = [("entry", reference(event)), ("index", str(event.index))]
    pairs += [
        (name, _flat(value)) for name, value in sorted(event.fields.items()) if name not in {"at", "act"}
    ]
    room, is_cut = MESSAGE_BYTES_MAX - len(head.encode()) - 1_024, False
    data = []
    for name, value in pairs:
        one = f' {name}="{_escaped(value[:_VALUE_CHARACTERS_MAX])}"'
        room -= len(one.encode())
        if room < 0:
            is_cut = True
            break
        is_cut |= len(value) > _VALUE_CHARACTERS_MAX
        data.append(one)
    if is_cut:
        data.append(' cut="true"')
    text = _CONTROL.sub(" ", sentence(event)).encode()[:900].decode(errors="ignore")
    return f"{head} [{SD_ID}{''.join(data)}] {text}".encode()


def framed(message: bytes) -> bytes:
    """The message with its length before it (RFC 6587 section 3.4.1)."""
    return b"%d %b" % (len(message), message)


def _flat(value: object) -> str:
    return ",".join(map(_flat, value)) if isinstance(value, list | tuple) else str(value)


def _escaped(value: str) -> str:
    """RFC 5424 section 6.3.3: a quotation mark, a backslash and a closing bracket are escaped."""
    return re.sub(r'(["\\\]])', r"\\\1", _CONTROL.sub(" ", value))
