"""What all endpoints share: the token, the customer named, the body, the answer, refusals."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from custodes.acts.asks import Token
from custodes.kernel.refusal import Refusal, malformed, unauthenticated
from custodes.protocols.transit.asking import body_of
from custodes.protocols.transit.refusals import said
from custodes.protocols.transit.telling import envelope
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Body, Endpoint
from custodes.web.kit.problems import headers

BODY_BYTES_MAX = 2 * 1_048_576
TOKEN_CHARACTERS_MAX = 4_096
NAME_CHARACTERS_MAX = 100
TIMEOUT_MS = 10_000


def evidence_of(call: Call) -> Token:
    """`X-Vault-Token`, or a bearer token (`no-credential`)."""
    given = call.request.headers.getlist("x-vault-token")
    if not given:
        return Token(call.bearer())
    if len(given) != 1 or not 0 < len(given[0]) <= TOKEN_CHARACTERS_MAX:
        raise unauthenticated("no-credential")
    return Token(given[0])


def customer_of(call: Call) -> str:
    """Whose keys, where the client says so: `X-Vault-Namespace` holds a customer's id."""
    return call.request.headers.get("x-vault-namespace", "").strip("/")


def name_of(call: Call) -> str:
    """The key's name in the path (`bad-name`)."""
    name = call.path["key"]
    if not 1 <= len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
        raise malformed("bad-name")
    return name


def sent(call: Call) -> dict[str, Any]:
    """The body as an object, whatever media type it claims to be: clients differ."""
    return body_of(call.taken(bytes))


def answer(call: Call, data: object, *, status: int = 200, warnings: tuple[str, ...] = ()) -> Reply:
    """`data` in its envelope."""
    return Reply(status=status, raw=msgspec.json.encode(envelope(call.id, data, warnings)))


def plain(data: Mapping[str, Any], status: int = 200) -> Reply:
    """An answer without envelope, as the system's own endpoints give."""
    return Reply(status=status, raw=msgspec.json.encode(data))


def refuse(refusal: Refusal, _request_id: str, _request: Request) -> Reply:
    """As `Face.refuse` wants it."""
    status, errors = said(refusal)
    raw = msgspec.json.encode({"errors": errors})
    more = tuple(line for line in headers(refusal) if line[0] != "www-authenticate")
    return Reply(status=status, raw=raw, headers=more, refusal=refusal.code)


def row(
    method: str, path: str, name: str, does: Callable[[Call], Awaitable[Reply]], *, action: str | None
) -> Endpoint:
    """One endpoint of the table."""
    has_body = method in {"POST", "PUT"}
    return Endpoint(
        method=method,
        path=f"/v1/{path}",
        name=name,
        action=action,
        does=does,
        takes=Body.BYTES if has_body else Body.NONE,
        body_bytes_max=BODY_BYTES_MAX if has_body else 0,
        timeout_ms=TIMEOUT_MS,
    )


def posted(
    path: str, name: str, does: Callable[[Call], Awaitable[Reply]], action: str
) -> tuple[Endpoint, Endpoint]:
    """POST and PUT, which clients use alike."""
    return row("POST", path, name, does, action=action), row("PUT", path, f"{name}-put", does, action=action)
