"""The whole table, row by row: nobody, a stranger, somebody else's customer, malformed input."""

import base64
import json
from functools import cache
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import validate

from custodes.acts.asks import Session, Signed, Token
from custodes.kernel.refusal import absent, unauthenticated
from custodes.policy.actions import ACTIONS
from custodes.web.api.app import api, described, face
from custodes.web.api.asking import SIGNED_IN
from custodes.web.kit.endpoint import Body, Endpoint
from custodes.web.kit.front import Front
from custodes.web.kit.logs import Log
from fakes import SeededDice, SetClock
from fakes.asgi import Answer, drive

ID = "cus-00000000000000000000000000"
TOKEN = "crd-00000000000000000000000000.secret"


class Door:
    """Keeps what was asked; refuses strangers and other people's things as the keyroom does."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def ask(self, ask: Any) -> Any:
        self.asked.append(ask)
        evidence = getattr(ask, "evidence", None)
        if evidence is not None and "stranger" in evidence.token:
            raise unauthenticated("not-authenticated")
        raise absent("no-such-customer")


DOOR = Door()


@pytest.fixture
def door() -> Door:
    """The same door for every test, for the table behind it is long; it has forgotten what was asked."""
    DOOR.asked.clear()
    return DOOR


@cache
def front(door: Door) -> Front:
    return Front(api(door), face(Log(lambda line: None, SetClock()), SeededDice()))  # type: ignore[arg-type]


ROWS = [row for row in api(Door()) if row.name not in {"openapi", "list-presets"}]  # type: ignore[arg-type]
CLOSED = [row for row in ROWS if row.action is not None]


def target(row: Endpoint) -> str:
    path = row.path.replace("{path:path}", "0/000").replace("{index}", "7").replace("{kind}", "machine")
    path = path.replace("{day}", "2026-11-22").replace("{hold}", "hld-1").replace("{webhook}", "7")
    for name in (
        "customer",
        "key",
        "bucket",
        "case",
        "verb",
        "kill",
        "person",
        "membership",
        "organisation",
        "credential",
        "subject",
        "issuer",
        "connection",
        "export",
        "adoption",
    ):
        path = path.replace(f"{{{name}}}", ID)
    if row.query is not None:
        pairs = [f"{f.name}=1" for f in msgspec.structs.fields(row.query) if f.required]
        path += "?" + "&".join(pairs) if pairs else ""
    return path


def body(row: Endpoint) -> bytes:
    if not isinstance(row.takes, type):
        return b""
    return json.dumps(
        {f.name: value(f.type) for f in msgspec.structs.fields(row.takes) if f.required}
    ).encode()


def value(kind: Any) -> Any:
    if kind is bytes:
        return base64.b64encode(b"abc").decode()
    if kind is int:
        return 1
    if kind is bool:
        return True
    if "dict[" in str(kind):
        return {"machine": 400}
    if kind is Any:
        return {"a": 1}
    return [] if "tuple" in str(kind) else "x"


def send(door: Door, row: Endpoint, token: str | None = TOKEN, raw: bytes | None = None) -> Answer:
    if row.name == "sign-out" and token:
        token = "session-of-a-stranger" if "stranger" in token else "session"
    given = body(row) if raw is None else raw
    headers = [("content-type", "application/json")] if given else []
    headers += [("authorization", f"Bearer {token}")] if token else []
    return drive(front(door), row.method, target(row), given, headers)


@pytest.mark.parametrize("row", CLOSED, ids=lambda row: row.name)
def test_nobody_is_told_to_say_who_he_is_and_nothing_is_asked(door: Door, row: Endpoint) -> None:
    answer = send(door, row, token=None)
    assert (answer.status, answer.json["code"]) == (401, "no-credential")
    assert door.asked == []


@pytest.mark.parametrize("row", CLOSED, ids=lambda row: row.name)
def test_a_stranger_is_unknown(door: Door, row: Endpoint) -> None:
    answer = send(door, row, token="crd-stranger.x")
    assert (answer.status, answer.json["code"]) == (401, "not-authenticated")
    assert len(door.asked) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_not_his_is_absent_and_the_token_was_all_the_evidence(door: Door, row: Endpoint) -> None:
    answer = send(door, row)
    assert (answer.status, answer.json["code"]) == (404, "no-such-thing")
    (ask,) = door.asked
    if row.action is not None:
        assert ask.evidence == (Session("session") if row.name == "sign-out" else Token(TOKEN))


@pytest.mark.parametrize(
    "row", [row for row in ROWS if isinstance(row.takes, type)], ids=lambda row: row.name
)
def test_a_body_that_is_not_the_forms_is_refused_before_anything_is_asked(door: Door, row: Endpoint) -> None:
    for raw in (b"{", b"[]", b'{"unknown":1}', b'{"a":1', b"\xff"):
        answer = send(door, row, raw=raw)
        assert (answer.status, answer.json["code"]) == (400, "malformed-body")
    too_long = send(door, row, raw=b" " * (row.body_bytes_max + 1))
    assert too_long.json["code"] == "body-too-large"
    assert door.asked == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.query], ids=lambda row: row.name)
def test_a_query_it_does_not_know_is_refused(door: Door, row: Endpoint) -> None:
    place = target(row)
    sign = "&" if "?" in place else "?"
    answer = drive(
        front(door), "GET", f"{place}{sign}unknown=1", headers=[("authorization", f"Bearer {TOKEN}")]
    )
    assert (answer.status, answer.json["code"]) == (400, "malformed-query")
    assert door.asked == []


def test_every_action_is_one_of_policy() -> None:
    assert {row.action for row in CLOSED} - set(ACTIONS) == {SIGNED_IN}
    assert {row.name for row in ROWS if row.action is None} == {
        "begin-sign-in",
        "cancel-unseal",
        "get-installation",
        "get-unseal",
        "give-share",
        "sign-in",
    }


def test_no_row_takes_evidence_from_the_body() -> None:
    for row in ROWS:
        shape = row.query or (row.takes if isinstance(row.takes, type) else None)
        names = shape.__struct_fields__ if shape else ()
        assert not {"evidence", "peer"} & set(names), row.name


def test_the_document_is_valid_and_served(door: Door) -> None:
    rows = api(door)  # type: ignore[arg-type]
    validate(json.loads(msgspec.json.encode(described(rows))))
    served = drive(front(door), "GET", "/openapi.json")
    assert served.status == 200
    assert len(served.json["paths"]) > 35
    for row in ROWS:
        for code in row.refusals:
            assert code in served.json["components"]["responses"], (row.name, code)


def test_presets_are_forms(door: Door) -> None:
    served = drive(front(door), "GET", "/v1/presets")
    assert "applications-use-keys" in {one["name"] for one in served.json["presets"]}


def test_a_session_is_evidence_too_and_a_signature_beside_it(door: Door) -> None:
    row = next(row for row in ROWS if row.name == "reset-policy")
    assert row.takes is Body.NONE
    drive(front(door), "POST", target(row), headers=[("authorization", "Bearer eyJhbGciOi")])
    assert door.asked[-1].evidence == Session("eyJhbGciOi")
    signature = base64.b64encode(b"{}").decode()
    signed = [("custodes-signed-at", "2026-11-22T09:00:00Z"), ("custodes-signature", signature)]
    drive(front(door), "POST", target(row), headers=[("authorization", f"Bearer {TOKEN}"), *signed])
    assert door.asked[-1].evidence == Signed(Token(TOKEN), "2026-11-22T09:00:00Z", b"{}")
    for bad in (
        signed[:1],
        signed[1:],
        [signed[0], ("custodes-signature", "!")],
        [("custodes-signed-at", "x" * 41), signed[1]],
    ):
        answer = drive(front(door), "POST", target(row), headers=[("authorization", "Bearer a"), *bad])
        assert answer.json["code"] == "malformed-signature"


def test_a_token_is_no_session_to_end(door: Door) -> None:
    answer = drive(front(door), "POST", "/v1/sign-out", headers=[("authorization", f"Bearer {TOKEN}")])
    assert (answer.status, answer.json["code"]) == (400, "not-a-session")
    assert door.asked == []
