"""Transcripts of S3 conversations: `>>` what the client sent, `<<` what it must be answered.

    >> PUT /town/key HTTP/1.1
    >> host: 127.0.0.1:9000
    >>
    >> = hello\\r\\n
    >> * 5242880 x
    << 200
    << etag: "..."
    << = <body>

A body is lines of `=` (text with Python escapes) and `*` (a byte repeated); `#` begins a comment.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

_RUN = re.compile(rb"(.)\1{199,}", re.DOTALL)


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    status: int
    answer_headers: tuple[tuple[bytes, bytes], ...]
    answer_body: bytes


def read(path: Path) -> list[Exchange]:
    found: list[Exchange] = []
    sent: list[str] = []
    got: list[str] = []
    for line in [*path.read_text("utf-8").splitlines(), ">> end"]:
        if line.startswith(">>"):
            if got:
                found.append(_exchange(sent, got))
                sent, got = [], []
            sent.append(line[3:])
        elif line.startswith("<<"):
            got.append(line[3:])
        else:
            assert not line or line.startswith("#"), line
    assert sent == ["end"]
    return found


def signed_at(target: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> datetime | None:
    """When a request was signed, as its header or query says."""
    found = re.search(rb"X-Amz-Date=(\d{8}T\d{6}Z)", target)
    text = found[1] if found else dict(headers).get(b"x-amz-date")
    if text is None:
        return None
    return datetime.strptime(text.decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def write(exchange: Exchange) -> Iterator[str]:
    yield f">> {exchange.method} {exchange.target.decode('ascii')} HTTP/1.1"
    yield from (f">> {name.decode()}: {_said(value)}" for name, value in exchange.headers)
    yield from (f">> {line}" for line in _body(exchange.body))
    yield f"<< {exchange.status}"
    yield from (f"<< {name.decode()}: {_said(value)}" for name, value in exchange.answer_headers)
    yield from (f"<< {line}" for line in _body(exchange.answer_body))
    yield ""


def _exchange(sent: list[str], got: list[str]) -> Exchange:
    method, target, _ = sent[0].split(" ")
    headers, body = _parts(sent[1:])
    answer_headers, answer_body = _parts(got[1:])
    return Exchange(
        method=method,
        target=target.encode("ascii"),
        headers=headers,
        body=body,
        status=int(got[0]),
        answer_headers=answer_headers,
        answer_body=answer_body,
    )


def _parts(lines: list[str]) -> tuple[tuple[tuple[bytes, bytes], ...], bytes]:
    headers, body = [], b""
    for line in lines:
        if line.startswith("= "):
            body += _heard(line[2:])
        elif line.startswith("* "):
            _, count, text = line.split(" ", 2)
            body += int(count) * _heard(text)
        else:
            name, _, value = line.partition(": ")
            headers.append((name.encode(), _heard(value)))
    return tuple(headers), body


def _body(raw: bytes) -> Iterator[str]:
    at = 0
    for run in _RUN.finditer(raw):
        yield from _text(raw[at : run.start()])
        yield f"* {len(run[0])} {_said(run[1])}"
        at = run.end()
    yield from _text(raw[at:])


def _text(raw: bytes) -> Iterator[str]:
    for piece in re.findall(rb"[^\n]*\n|[^\n]+", raw):
        yield f"= {_said(piece)}"


def _said(raw: bytes) -> str:
    return repr(raw + b'"' + b"'")[2:-4].replace("\\'", "'") if raw else ""


def _heard(text: str) -> bytes:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")
