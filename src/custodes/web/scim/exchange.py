"""What users and groups share: the body, the token, the answer, refusals in SCIM's form."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from custodes.acts.asks import Token
from custodes.kernel.refusal import Refusal, malformed
from custodes.kernel.strict import members
from custodes.protocols.scim.messages import MEDIA
from custodes.protocols.scim.refusals import said, shown
from custodes.protocols.scim.resources import etag, version_of
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Body, Endpoint
from custodes.web.kit.problems import headers

PREFIX = "/scim/v2"
BODY_BYTES_MAX = 2_097_152
TRIES_MAX = 3
T = TypeVar("T")
_MEDIA = frozenset({MEDIA, "application/json"})
_NUMBER_CHARS_MAX = 9


def evidence_of(call: Call) -> Token:
    """The directory's token (`no-credential`)."""
    return Token(call.bearer())


def sent(call: Call) -> dict[str, Any]:
    """The body as an object; `wrong-media-type`, `scim-syntax` (malformed)."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _MEDIA:
        raise malformed("wrong-media-type", expected=MEDIA)
    return members(call.taken(bytes), "scim-syntax", bytes_max=BODY_BYTES_MAX)


def expected(call: Call) -> int | None:
    """The version `If-Match` names."""
    return version_of(call.request.headers.get("if-match", ""))


def paging(call: Call) -> tuple[int, int]:
    """(startIndex, count); what is below counts as 1 or 0 (RFC 7644 section 3.4.2.4)."""
    return _number(call, "startIndex", 1), _number(call, "count", 100)


def base(call: Call) -> str:
    """The address of the service as the client reached it."""
    url = call.request.url
    scheme = "https" if call.is_tls else url.scheme
    return f"{scheme}://{url.netloc}{PREFIX}"


def resource(plain: Mapping[str, Any], call: Call, version: int | None = None, *, status: int = 200) -> Reply:
    """One resource, or a list, without the attributes the client does not want."""
    lines: tuple[tuple[str, str], ...] = ()
    if version is not None:
        lines = (("etag", etag(version)),)
    if status == 201:
        lines = (*lines, ("location", str(plain["meta"]["location"])))
    return Reply(status=status, raw=msgspec.json.encode(_wanted(plain, call)), media=MEDIA, headers=lines)


def refuse(refusal: Refusal, _request_id: str, _request: Request) -> Reply:
    """As `Face.refuse` wants it."""
    raw = msgspec.json.encode(shown(refusal))
    return Reply(
        status=said(refusal).status, raw=raw, media=MEDIA, headers=headers(refusal), refusal=refusal.code
    )


def row(
    method: str,
    path: str,
    name: str,
    does: Any,  # noqa: ANN401 - an endpoint's own type
    *,
    action: str | None = "person:provision",
) -> Endpoint:
    """One endpoint of the table."""
    has_body = method in {"POST", "PUT", "PATCH"}
    return Endpoint(
        method=method,
        path=PREFIX + path,
        name=name,
        action=action,
        does=does,
        takes=Body.BYTES if has_body else Body.NONE,
        body_bytes_max=BODY_BYTES_MAX if has_body else 0,
        media=MEDIA,
        timeout_ms=30_000,
    )


def _number(call: Call, name: str, otherwise: int) -> int:
    given = call.request.query_params.get(name, "")
    if not given:
        return otherwise
    digits = given.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _NUMBER_CHARS_MAX:
        raise malformed("scim-value", attribute=name)
    return max(int(given), 1 if name == "startIndex" else 0)


def _wanted(plain: Mapping[str, Any], call: Call) -> Mapping[str, Any]:
    """RFC 7644 section 3.9, by names of whole attributes."""
    names = {
        key: {one.strip().lower() for one in call.request.query_params.get(key, "").split(",") if one.strip()}
        for key in ("attributes", "excludedAttributes")
    }
    if "Resources" in plain:
        return {**plain, "Resources": [_cut(one, names) for one in plain["Resources"]]}
    return _cut(plain, names)


def _cut(one: Mapping[str, Any], names: Mapping[str, set[str]]) -> Mapping[str, Any]:
    always = {"schemas", "id", "meta"}
    only = {name.partition(".")[0].rpartition(":")[2] for name in names["attributes"]}
    return {
        key: value
        for key, value in one.items()
        if key in always
        or ((not only or key.lower() in only) and key.lower() not in names["excludedAttributes"])
    }


async def on_what_was_seen(call: Call, once: Callable[[int | None], Awaitable[T]], changed: str) -> T:
    """What `once` gives on the version the client names; where it names none, tried again on `changed`."""
    wished = expected(call)
    left = TRIES_MAX
    while True:
        left -= 1
        try:
            return await once(wished)
        except Refusal as refusal:
            if refusal.code != changed or wished is not None or not left:
                raise
