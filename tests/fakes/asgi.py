"""Drives an ASGI application in process, message by message, so that a test can also misbehave."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any


class Answer:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        start = messages[0]
        self.status: int = start["status"]
        self.headers = [(n.decode(), v.decode("latin-1")) for n, v in start["headers"]]
        self.body = b"".join(m.get("body", b"") for m in messages[1:])
        self.is_complete = not messages[-1].get("more_body", False)

    def header(self, name: str) -> str | None:
        values = [v for n, v in self.headers if n == name]
        assert len(values) <= 1, (name, values)
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def drive(
    app: Any,
    method: str,
    target: str,
    body: bytes | Iterable[bytes] = b"",
    headers: Iterable[tuple[str, str]] = (),
    *,
    is_cut: bool = False,
    is_silent: bool = False,
) -> Answer:
    """One request. `is_cut`: the client goes away after its chunks; `is_silent`: it stays, mute."""
    return asyncio.run(driven(app, method, target, body, headers, is_cut=is_cut, is_silent=is_silent))


async def driven(
    app: Any,
    method: str,
    target: str,
    body: bytes | Iterable[bytes] = b"",
    headers: Iterable[tuple[str, str]] = (),
    *,
    is_cut: bool = False,
    is_silent: bool = False,
) -> Answer:
    """The same on a loop that runs already."""
    raw_path, _, query = target.partition("?")
    chunks = [body] if isinstance(body, bytes) else list(body)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if chunks:
            chunk = chunks.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(chunks) or is_cut or is_silent}
        if is_silent:
            await asyncio.sleep(3_600)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": _unquoted(raw_path),
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return Answer(sent)


def _unquoted(raw_path: str) -> str:
    from urllib.parse import unquote

    return unquote(raw_path)
