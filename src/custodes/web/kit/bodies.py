"""Reading what a client sends, bounded in bytes and in time, and decoding it strictly."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import msgspec
from starlette.types import Message, Receive

from custodes.kernel.refusal import limited, malformed
from custodes.web.serving.waiting import soon

T = TypeVar("T", bound=msgspec.Struct)
_DIGITS = re.compile(r"[0-9]{1,18}")
_AT = re.compile(r"(.*?)(?: - at `(.+)`)?", re.DOTALL)


async def chunks(
    receive: Receive, headers: Mapping[str, str], bytes_max: int, wait_ms: int
) -> AsyncIterator[bytes]:
    """The body's chunks; each wait lasts at most `wait_ms`.

    Refuses `body-too-large` (by Content-Length before a byte is read, and by what really comes),
    `body-truncated` and `slow-body`.
    """
    length = _declared(headers, bytes_max)
    seen_bytes, is_more = 0, True
    while is_more:
        try:
            message = await soon(receive(), wait_ms / 1000)
        except TimeoutError as error:
            raise limited("slow-body", timeout_ms=wait_ms) from error
        chunk, is_more = _chunk(message, bytes_max - seen_bytes, bytes_max)
        seen_bytes += len(chunk)
        if chunk:
            yield chunk
    if length is not None and seen_bytes != length:
        raise malformed("body-truncated")


async def whole(receive: Receive, headers: Mapping[str, str], bytes_max: int, timeout_ms: int) -> bytes:
    """The whole body within `timeout_ms`; refusals as in `chunks`."""
    try:
        return await soon(gathered(receive, headers, bytes_max), timeout_ms / 1000)
    except TimeoutError as error:
        raise limited("slow-body", timeout_ms=timeout_ms) from error


async def gathered(receive: Receive, headers: Mapping[str, str], bytes_max: int) -> bytes:
    """The whole body, for whoever keeps the time himself; refusals as in `chunks`, `slow-body` aside."""
    length = _declared(headers, bytes_max)
    body, is_more = b"", True
    while is_more:
        chunk, is_more = _chunk(await receive(), bytes_max - len(body), bytes_max)
        body += chunk
    if length is not None and len(body) != length:
        raise malformed("body-truncated")
    return body


def declared_bytes(headers: Mapping[str, str]) -> int | None:
    """Content-Length, strictly digits (`malformed-body`)."""
    text = headers.get("content-length")
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise malformed("malformed-body", header="content-length")
    return int(text)


def check_media(headers: Mapping[str, str], media: str) -> None:
    """The body is of this media type, in UTF-8 and not compressed (`wrong-media-type`)."""
    given = headers.get("content-type", "")
    if given == media and "content-encoding" not in headers:
        return
    kind, _, parameters = given.partition(";")
    charset = parameters.strip().lower()
    coding = headers.get("content-encoding", "identity").strip().lower()
    if kind.strip().lower() != media or charset not in {"", "charset=utf-8", 'charset="utf-8"'}:
        raise malformed("wrong-media-type", expected=media)
    if coding != "identity":
        raise malformed("wrong-media-type", expected=media, content_encoding="identity")


def decode(raw: bytes, shape: type[T]) -> T:
    """Strict JSON into `shape` (`malformed-body`, with the path of what is wrong)."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed("malformed-body", **where(error)) from error


def convert(values: Mapping[str, Any], shape: type[T], code: str) -> T:
    """Texts of a query or form into `shape`; numbers and booleans are read from text."""
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise malformed(code, **where(error)) from error


def where(error: Exception) -> dict[str, str]:
    """What a decoder complains of and at which path; never the rest of the input."""
    match = _AT.fullmatch(str(error))
    why, path = (match[1], match[2]) if match else ("", None)
    return {
        "path": (path or "$")[:200],
        "why": why[:200] if isinstance(error, msgspec.DecodeError) else "not text",
    }


def _declared(headers: Mapping[str, str], bytes_max: int) -> int | None:
    length = declared_bytes(headers)
    if length is not None and length > bytes_max:
        raise malformed("body-too-large", body_bytes_max=bytes_max)
    return length


def _chunk(message: Message, room_bytes: int, bytes_max: int) -> tuple[bytes, bool]:
    """One message's bytes, and whether more follow."""
    if message["type"] != "http.request":
        raise malformed("body-truncated")
    chunk = bytes(message.get("body", b""))
    if len(chunk) > room_bytes:
        raise malformed("body-too-large", body_bytes_max=bytes_max)
    return chunk, bool(message.get("more_body", False))
