"""The API over real processes: each row as nobody, as a stranger, as another customer; a use; a receipt."""

import base64
import http.client
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from custodes.settings import load
from custodes.web.api.app import api
from custodes.web.kit.endpoint import Endpoint
from custodes.wiring.planes.console import console_plane
from fakes.console_house import ConsoleHouse

pytestmark = pytest.mark.slow
ROWS = [row for row in api(None) if row.action is not None]  # type: ignore[arg-type]
# What another customer's owner may ask: nothing in these rows is anybody's but his own, or they are about the
# installation as a whole and say no to every customer alike.
OWN = {
    "list-issuers",
    "get-seal-auditors",
    "get-cover",
    "who-am-i",
    "begin-signing",
    "list-notices",
    "list-organisations",
    "list-preservations",
    "sign-out",
    "create-person",
    "explain",
}
ALIKE = {
    "delegate-role",
    "create-customer",
    "get-clock",
    "get-findings",
    "get-years",
    "prune-year",
    "list-strays",
    "plan-strays",
    "remove-strays",
    "set-seal-auditors",
    "confirm-clock",
    "set-location",
    "enrol",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleHouse]:
    made = ConsoleHouse(tmp_path_factory.mktemp("api"))
    with made.running("keyroom", "logkeeper", "console"):
        yield made


def call(
    house: ConsoleHouse, method: str, target: str, sent: Any = None, token: str | None = None
) -> tuple[int, Any]:
    link = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    raw = b"" if sent is None else json.dumps(sent).encode()
    headers = {"content-type": "application/json"} if sent is not None else {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    link.request(method, target, raw, headers)
    answer = link.getresponse()
    got = answer.read()
    link.close()
    return answer.status, json.loads(got)


def fetch(house: ConsoleHouse, target: str, token: str) -> tuple[bytes, dict[str, str]]:
    link = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    link.request("GET", target, headers={"authorization": f"Bearer {token}"})
    answer = link.getresponse()
    raw = answer.read()
    link.close()
    assert answer.status == 200, raw
    return raw, {name.lower(): value for name, value in answer.getheaders()}


def target(house: ConsoleHouse, row: Endpoint) -> str:
    ids = {
        "customer": house.customer.id,
        "key": house.key,
        "bucket": "meldedaten",
        "case": "cas-00000000000000000000000000",
        "kill": "kil-00000000000000000000000000",
        "issuer": "iss-00000000000000000000000000",
        "membership": "mem-00000000000000000000000000",
        "organisation": house.town.id,
        "verb": "approve",
        "person": house.people["anna"].person.id,
        "credential": house.people["anna"].credential,
        "subject": house.people["anna"].credential,
        "kind": "machine",
        "index": "0",
        "path:path": "0/000",
        "day": "2026-11-22",
        "connection": "con-00000000000000000000000000",
        "export": "exp-00000000000000000000000000",
        "hold": "hld-00000000000000000000000000",
        "adoption": "ado-00000000000000000000000000",
        "webhook": "7",
    }
    path = row.path
    for name, id_ in ids.items():
        path = path.replace(f"{{{name}}}", id_)
    if row.query is not None:
        pairs = [
            f"{f.name}={'may:key:read:key:' + house.key if f.name == 'what' else 'v2'}"
            for f in msgspec.structs.fields(row.query)
            if f.required
        ]
        if row.name == "list-openings":
            pairs = ["first=0"]
        if row.name == "preview-kill":
            pairs = ["scope=customer", f"subject={house.customer.id}"]
        if "customer" in row.query.__struct_fields__:
            pairs.append(f"customer={house.customer.id}")
        path += "?" + "&".join(pairs)
    return path


def body(house: ConsoleHouse, row: Endpoint) -> Any:
    if not isinstance(row.takes, type):
        return None
    known: dict[str, Any] = {
        "scope": "customer",
        "subject": house.customer.id,
        "customer": house.customer.id,
        "organisation": house.town.id,
        "desk": "lockbox",
        "kind": "s3-key",
        "holder": house.people["anna"].person.id,
        "name": "neuer-name",
        "version": 1,
        "approvals": [],
        "auditors": [],
        "k": 1,
        "location": {},
        "boundary": {},
        "choices": [],
        "form": {},
        "on": True,
        "calls_per_month_max": 1,
        "purpose": "sign",
        "number": 1,
        "locations": ["berlin"],
    }
    known |= {
        "begin-export": {"location": "berlin"},
        "set-connection": {"kind": "xks", "keys": []},
        "set-retention": {"days": {}},
        "place-hold": {"classes": ["machine"]},
        "plan-strays": {"location": "loc-00000000000000000000000000"},
        "remove-strays": {"location": "loc-00000000000000000000000000"},
    }.get(row.name, {})
    names = {f.name for f in msgspec.structs.fields(row.takes) if f.required}
    if row.name == "create-bucket":
        names.add("customer")
    out = {name: known.get(name, "x") for name in names}
    for field in msgspec.structs.fields(row.takes):
        if field.type is bytes and field.name in names:
            out[field.name] = base64.b64encode(b"abc").decode()
    return out


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_as_nobody_as_a_stranger_and_as_another_customer(house: ConsoleHouse, row: Endpoint) -> None:
    place, sent = target(house, row), body(house, row)
    status, said = call(house, row.method, place, sent)
    assert (status, said["code"]) == (401, "no-credential")
    token = "crd-00000000000000000000000000.secret"
    if row.name == "sign-out":
        token = base64.urlsafe_b64encode(bytes(96)).decode()
    status, said = call(house, row.method, place, sent, token)
    assert said["kind"] in {"unauthenticated", "malformed"}
    if row.name == "sign-out":
        return
    status, said = call(house, row.method, place, sent, house.other_token.token)
    assert house.customer.id not in json.dumps(said)
    assert house.key not in json.dumps(said)
    if row.name in OWN:
        return
    if row.name in ALIKE or said["kind"] == "malformed":  # malformed for anybody, whoever it is about
        assert said["kind"] in {"denied", "malformed"}
        return
    assert (status, said["code"], said["facts"]) == (404, "no-such-thing", {})


def test_what_is_somebody_elses_and_what_is_not_at_all_answer_alike(house: ConsoleHouse) -> None:
    nothing = "key-00000000000000000000000000"
    for verb, sent in (
        ("unwrap", {"message": "AAAA"}),
        ("rotate", {"reason": "x"}),
        ("schedule-destruction", {"reason": "x"}),
        ("destroy", {"reason": "x"}),
    ):
        seen = [
            call(house, "POST", f"/v1/keys/{key}/{verb}", sent, house.other_token.token)
            for key in (house.key, nothing)
        ]
        for _, said in seen:
            del said["request"]
        assert seen[0] == seen[1], verb


def test_a_use_its_entry_and_its_receipt(house: ConsoleHouse) -> None:
    message = base64.b64encode(b"0123456789abcdef").decode()
    token = house.token.token
    status, wrapped = call(house, "POST", f"/v1/keys/{house.key}/wrap", {"message": message}, token)
    assert status == 200
    status, plain = call(
        house, "POST", f"/v1/keys/{house.key}/unwrap", {"message": wrapped["message"]}, token
    )
    assert (status, plain["message"]) == (200, message)
    place = f"/v1/log/{plain['log']}/{plain['index']}/receipt?grade=sequenced"
    status, receipt = call(house, "GET", place, token=house.people["olga"].token.token)
    assert (status, receipt["index"]) == (200, plain["index"])
    status, found = call(
        house,
        "GET",
        f"/v1/customers/{house.customer.id}/entries?act=key.unwrap&limit=1",
        token=house.people["olga"].token.token,
    )
    assert found["entries"][0]["index"] == plain["index"]


def test_entries_as_events_and_where_to_go_on(house: ConsoleHouse) -> None:
    base = f"/v1/customers/{house.customer.id}/events"
    token = house.people["olga"].token.token
    seen, place = [], "0.0"
    while True:
        raw, headers = fetch(house, f"{base}/ocsf?after={place}&limit=4", token)
        events = [json.loads(line) for line in raw.splitlines()]
        seen += [one["metadata"]["uid"] for one in events]
        assert headers["content-type"] == "application/x-ndjson"
        if not events:
            assert headers["custodes-next-after"] == place
            break
        place = headers["custodes-next-after"]
    status, both = call(house, "GET", f"/v1/customers/{house.customer.id}/entries", token=token)
    assert (status, len(seen), len(set(seen))) == (200, sum(both["sizes"].values()), len(seen))
    raw, _ = fetch(house, f"{base}/otlp", token)
    assert json.loads(raw)["resourceLogs"]
    raw, _ = fetch(house, f"{base}/syslog?kind=exceptional", token)
    assert all(b"/exceptional:" in line for line in raw.splitlines())
    assert b'person="' not in raw
    status, problem = call(house, "GET", f"{base}/ocsf?after=x", token=token)
    assert (status, problem["code"]) == (400, "bad-place")


def test_the_plane_writes_nothing_and_reads_only_what_is_public(house: ConsoleHouse) -> None:
    settings = load(house.file)
    plane = console_plane(settings)
    assert (plane.readable, plane.writable) == ((settings.public_log,), ())


def test_the_document_is_served_to_anyone(house: ConsoleHouse) -> None:
    status, document = call(house, "GET", "/openapi.json")
    assert (status, document["openapi"]) == (200, "3.1.1")
    status, said = call(house, "GET", "/v1/installation")
    assert (status, said["name"], said["demo"]) == (200, "Rechenhaus Nord", True)
