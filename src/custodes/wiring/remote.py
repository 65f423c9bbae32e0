"""An installation elsewhere: the same asks, over the JSON API and HTTPS, from a plain program.

Which ask goes where is read from the API's own table, so the two cannot part. The token goes to the address
that was named and nowhere else: no redirect is followed. Plain http is for this very machine only.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit

import msgspec

import custodes
from custodes.acts.asks import Ask, Session, Signed, Token
from custodes.acts.asks.house import Kill, PreviewKill
from custodes.acts.asks.keys import Used, UseKey
from custodes.acts.asks.log import LookChain, LookOpenings, MakeReceipt, SubLogTile
from custodes.adapters.http.plain import NoRedirect, is_loopback
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, malformed, unavailable
from custodes.web.api import (
    buckets,
    cases,
    customers,
    house,
    identity,
    keys,
    log,
    parties,
    places,
    rules,
)
from custodes.web.api.asking import Row, taken
from custodes.web.api.evidence import SIGNATURE, SIGNED_AT

T = TypeVar("T")

ANSWER_BYTES_MAX = 64 * 2**20
PUBLISHED_BYTES_MAX = 2**20
_USES = tuple(
    Row(
        method="POST",
        path=f"/v1/keys/{{key}}/{verb}",
        name=f"{verb}-with-key",
        action=f"key:use-{verb}",
        ask=UseKey,
        gives=Used,
        summary="",
        fixed={"verb": verb},
        form=keys.Use,
    )
    for verb in ("wrap", "unwrap")
)
_NOUNS = (house, identity, parties, customers, keys, buckets, places, rules, cases, log)
ROWS: tuple[Row, ...] = (*(row for noun in _NOUNS for row in noun.ROWS), *_USES)


class RemoteHouse:
    """A house behind its API; `url-not-https` (malformed) for an address that would show the token."""

    def __init__(self, url: str, *, timeout_s: float = 60.0) -> None:
        parts = urlsplit(url)
        is_here = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if (parts.scheme != "https" and not is_here) or not parts.hostname or parts.query or parts.username:
            raise malformed("url-not-https")
        self._base = url.rstrip("/").removesuffix("/v1")
        self._timeout_s = timeout_s
        proxies = (urllib.request.ProxyHandler({}),) if is_here else ()
        self._opener = urllib.request.build_opener(NoRedirect, *proxies)

    def ask(self, ask: Ask[T]) -> T:
        """See `local.House.ask`; `not-over-the-api` (malformed) for what only the machine itself may ask."""
        row = row_of(ask)
        request = self._request(row, ask)
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                body = answer.read(ANSWER_BYTES_MAX + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.read(ANSWER_BYTES_MAX)) from None
        except OSError as error:
            raise unavailable("url-unreachable") from error
        if len(body) > ANSWER_BYTES_MAX:
            raise unavailable("answer-too-long")
        return cast("T", _answer(row, body))

    def published(self, name: str) -> bytes | None:
        """See `local.House.published`; the console shows these files to everybody."""
        request = urllib.request.Request(f"{self._base}/log/{quote(name)}", method="GET")  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                body = answer.read(PUBLISHED_BYTES_MAX + 1)
        except urllib.error.HTTPError as error:
            with error:
                return None
        except OSError as error:
            raise unavailable("url-unreachable") from error
        if len(body) > PUBLISHED_BYTES_MAX:
            raise unavailable("answer-too-long")
        return bytes(body)

    def close(self) -> None:
        """Every ask has a connection of its own."""

    def _request(self, row: Row, ask: Ask[Any]) -> urllib.request.Request:
        path, fields = _placed(row, ask)
        headers = {"user-agent": f"custodes/{custodes.__version__}", "accept": "application/json"}
        headers |= _proof(getattr(ask, "evidence", None))
        body = None
        if row.method == "GET":
            pairs = {name: _text(value) for name, value in fields.items() if value is not None}
            path += "?" + urlencode(pairs) if pairs else ""
        elif fields:
            body = json.dumps(fields).encode()
            headers["content-type"] = "application/json"
        url = self._base + path
        return urllib.request.Request(url, data=body, headers=headers, method=row.method)  # noqa: S310


def row_of(ask: Ask[Any]) -> Row:
    """The line of the API's table that this ask is; `not-over-the-api` (malformed)."""
    for row in ROWS:
        if row.ask is not type(ask):
            continue
        made = {"disclose", "log", "target"} if row.make is not None else set()
        if all(getattr(ask, name) == value for name, value in row.fixed.items() if name not in made):
            return row
    raise malformed("not-over-the-api")


def _placed(row: Row, ask: Ask[Any]) -> tuple[str, dict[str, Any]]:
    """Path and remaining members, as they travel."""
    values: dict[str, Any] = {name: getattr(ask, name) for name in ask.__struct_fields__}
    if isinstance(ask, MakeReceipt | SubLogTile | LookChain | LookOpenings):
        values["customer"], _, values["kind"] = ask.log.partition("/")
    if isinstance(ask, MakeReceipt):
        values["disclose"] = ",".join(ask.disclose or ()) or None
    if isinstance(ask, SubLogTile):
        values["path"] = ask.path.removeprefix("tile/")
    if isinstance(ask, Kill | PreviewKill):
        values |= {"scope": ask.target.scope, "subject": ask.target.subject}
    path, used = [], set()
    for part in row.path.split("/"):
        if not part.startswith("{"):
            path.append(part)
            continue
        name, _, kind = part[1:-1].partition(":")
        member = row.paths.get(name, name)
        used.add(member)
        path.append(quote(str(values[member]), safe="/" if kind == "path" else ""))
    fields = {}
    for name in taken(row).__struct_fields__:
        if name not in values or name in used:
            continue
        value = values[name]
        is_document = name in row.documents and isinstance(value, bytes)
        fields[name] = canonical.decode(value) if is_document else msgspec.to_builtins(value)
    return "/".join(path), fields


def _proof(evidence: object) -> dict[str, str]:
    if isinstance(evidence, Signed):
        signed = {SIGNED_AT: evidence.at, SIGNATURE: canonical.b64(evidence.signature)}
        return {**_proof(evidence.evidence), **signed}
    if isinstance(evidence, Token | Session):
        if not evidence.token.isascii() or not evidence.token.isprintable():
            raise malformed("token-not-text")
        return {"authorization": f"Bearer {evidence.token}"}
    return {}


def _answer(row: Row, body: bytes) -> object:
    if row.raw is not None:
        (member,) = row.gives.__struct_fields__
        return row.gives(**{member: body})
    try:
        plain = json.loads(body)
        for name in row.documents:
            if name in row.gives.__struct_fields__ and name in plain:
                document = plain[name]
                plain[name] = canonical.b64(b"" if document is None else canonical.encode(document))
        return msgspec.convert(plain, row.gives)
    except (ValueError, TypeError, msgspec.ValidationError) as error:
        raise unavailable("answer-not-understood") from error


def _refusal(body: bytes) -> Refusal:
    try:
        problem: Mapping[str, Any] = json.loads(body)
        facts = {
            str(name): tuple(map(str, value)) if isinstance(value, list) else value
            for name, value in problem.get("facts", {}).items()
            if isinstance(value, str | int | bool | list | None)
        }
        return Refusal(str(problem["code"]), Kind(problem["kind"]), facts)
    except (ValueError, TypeError, KeyError, AttributeError):
        return unavailable("answer-not-understood")


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
