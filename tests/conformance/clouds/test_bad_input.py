"""Wrong input from outside, at processes as they run: forged, stale, replayed, too much, too slow.

The same is asked of the code in many smaller tests (`tests/ports/planes/test_xks.py`, `test_dke.py`,
`tests/unit/protocols`); here it goes over sockets, and the keyroom is killed in between.
"""

import asyncio
import http.client
import json
import socket
import time
from base64 import b64decode, b64encode
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import ECKey, RSAKey

from custodes.acts.asks.log import LookEntries
from custodes.acts.socket import Client
from fakes.clouds import said, signed_headers
from fakes.every_plane import EveryPlane
from fakes.folk import FolkWorld
from fakes.issuer import Keys
from fakes.planes import plane_running
from fakes.served import served
from ports.planes.test_dke import HOST, SECRET, SHA256, TENANT, Office

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]
DENIED = (401, "AuthenticationFailedException")
TOO_MUCH = (501, "UnsupportedOperationException")


def asked(port, path, body, headers):
    """(status, headers, JSON) of one POST."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        wire.request("POST", path, body, headers)
        answer = wire.getresponse()
        return answer.status, answer.headers, json.loads(answer.read() or b"{}")
    finally:
        wire.close()


class Aws:
    """AWS KMS at the XKS process of a house."""

    def __init__(self, house):
        self.house = house
        self.port = int(house.settings.xks_port)

    def signed(self, last, members, *, path=None, pair=None, at=None, **more):
        """(path, body, headers) of one signed request."""
        house, path = self.house, path or self.house.path(last)
        body = members if isinstance(members, bytes) else json.dumps(members).encode()
        at = at or house.clock.now()
        return path, body, signed_headers(pair or house.pair, path, body, at=at, host=house.host, **more)

    def sent(self, request):
        status, _, answer = asked(self.port, *request)
        return status, answer.get("errorName", "")

    def name(self, last, members, **more):
        return self.sent(self.signed(last, members, **more))

    def sealing(self, **more):
        text = b64encode(b"a data key").decode()
        members = {"requestMetadata": said("Encrypt"), "encryptionAlgorithm": "AES_GCM", "plaintext": text}
        return {**members, **more}

    def entries(self, act):
        """Fields of the entries of this act."""

        async def run():
            client = Client(self.house.settings.socket)
            try:
                ask = LookEntries(self.house.officer, self.house.customer.id, limit=500)
                return (await client.ask(ask)).entries
            finally:
                await client.close()

        return [dict(one.fields) for one in asyncio.run(run()) if one.act == act]


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    house = EveryPlane(tmp_path_factory.mktemp("h")).found()
    with house.running("keyroom", "logkeeper", "xks"):
        yield Aws(house)


def test_forged_stale_and_too_large_requests_do_nothing(aws):
    id_, secret = aws.house.pair
    now = aws.house.clock.now()
    before = len(aws.entries("key.wrap"))
    good = aws.sealing()
    path, body, headers = aws.signed("keys/both/encrypt", good)
    other = aws.signed("keys/seal/encrypt", good)
    wrong = {
        "another secret": (aws.signed("keys/both/encrypt", good, pair=(id_, secret[::-1])), DENIED),
        "an unknown id": (aws.signed("keys/both/encrypt", good, pair=("A" * 29, secret)), DENIED),
        "another's body": ((path, other[1].replace(b"Encrypt", b"Decrypt"), headers), DENIED),
        "another path": ((other[0], body, headers), DENIED),
        "another service": (aws.signed("keys/both/encrypt", good, service="kms"), DENIED),
        "stale": (aws.signed("keys/both/encrypt", good, at=now - timedelta(seconds=310)), DENIED),
        "future": (aws.signed("keys/both/encrypt", good, at=now + timedelta(seconds=330)), DENIED),
        "no signature": ((path, body, {"host": aws.house.host}), DENIED),
        "8,193 bytes of additional data": (
            aws.signed(
                "keys/both/encrypt",
                aws.sealing(additionalAuthenticatedData=b64encode(bytes(8_193)).decode()),
            ),
            TOO_MUCH,
        ),
        "a body of 70,000 bytes": (aws.signed("keys/both/encrypt", b" " * 70_000), TOO_MUCH),
        "no JSON": (aws.signed("keys/both/encrypt", b"{"), (400, "ValidationException")),
        "another customer's key": (aws.signed("keys/files/encrypt", good), (404, "KeyNotFoundException")),
    }
    found = {what: aws.sent(request) for what, (request, _) in wrong.items()}
    assert found == {what: expected for what, (_, expected) in wrong.items()}
    assert len(aws.entries("key.wrap")) == before


def test_a_recorded_request_passes_three_times_also_when_the_keyroom_was_killed_in_between(aws):
    request = aws.signed("keys/both/encrypt", aws.sealing())
    before = len(aws.entries("key.wrap"))
    assert [aws.sent(request)[0] for _ in range(2)] == [200, 200]
    aws.house.kill("keyroom")
    aws.house.start("keyroom")
    assert [aws.sent(request) for _ in range(3)] == [(200, ""), DENIED, DENIED]
    assert len(aws.entries("key.wrap")) == before + 3


def test_an_operation_nobody_knows_is_taken_and_stands_in_the_log_as_it_is(aws):
    before = len(aws.entries("key.wrap"))
    metadata = {**said("ReEncryptBackwards"), "kmsNewMember": "a later version of the protocol"}
    assert aws.name("keys/both/encrypt", aws.sealing(requestMetadata=metadata)) == (200, "")
    fields = aws.entries("key.wrap")
    assert len(fields) == before + 1
    (entry,) = (one for one in fields if one["reason"] == "unknown")
    assert ["aws", "kmsOperation", "ReEncryptBackwards", "asserted"] in entry["claims"]
    assert ["aws", "kmsNewMember", "a later version of the protocol", "asserted"] in entry["claims"]


def test_a_body_that_comes_by_drips_is_not_waited_for_and_nobody_else_waits(aws):
    path, body, headers = aws.signed("keys/both/encrypt", aws.sealing())
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    wires = []
    try:
        for _ in range(50):
            wire = socket.create_connection(("127.0.0.1", aws.port), timeout=60)
            wire.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:10])
            wires.append(wire)
        began = time.monotonic()
        assert aws.name("keys/both/encrypt", aws.sealing()) == (200, "")
        assert time.monotonic() - began < 30
        for wire in wires:  # 429 after five seconds, said or hung up
            said_ = wire.recv(4_096)
            assert not said_ or said_.startswith(b"HTTP/1.1 429")
    finally:
        for wire in wires:
            wire.close()


@contextmanager
def office_at_work(folder):
    """(house, office, POST of a document) before the DKE process."""
    with served(folder, FolkWorld) as house, plane_running(house, "dke") as (at, _):
        office = house.call(Office(house.world).open())
        public, path = house.call(office.public())
        port = urlsplit(at).port
        sealed = b64encode(public.encrypt(SECRET, SHA256)).decode()

        def post(token, **changes):
            body = json.dumps({"alg": "RSA-OAEP-256", "value": sealed, **changes}).encode()
            headers = {"content-type": "application/json", "host": HOST}
            headers |= {} if token is None else {"authorization": f"Bearer {token}"}
            return asked(port, f"{path}/decrypt", body, headers)

        yield house, office, post


def test_hostile_tokens_all_look_alike_and_open_nothing(tmp_path):
    with office_at_work(tmp_path) as (house, office, post):
        now = int(house.world.clock.now().timestamp())
        head, body, _ = office.token().split(".")
        none = b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
        stranger = RSAKey.generate_key(2048, {"kid": "rsa"})
        hostile = {
            "no token": None,
            "alg none": f"{none}.{body}.",
            "no signature": f"{head}.{body}.",
            "HMAC with the public key": office.token(key=Keys().ec, algorithm="ES256"),
            "another tenant's key under this id": office.token(key=stranger),
            "a key of another kind under this id": office.token(
                key=ECKey.generate_key("P-256", {"kid": "rsa"}), algorithm="ES256"
            ),
            "another tenant's key id": office.token(key=RSAKey.generate_key(2048, {"kid": "theirs"})),
            "another tenant": office.token(iss=TENANT.replace("0001", "0002")),
            "another audience": office.token(aud="https://graph.microsoft.com"),
            "two audiences": office.token(aud=[f"https://{HOST}", "https://graph.microsoft.com"]),
            "over": office.token(exp=now - 3_600),
            "of the future": office.token(nbf=now + 3_600, iat=now + 3_600),
            "64 kB": office.token(more="x" * 65_536),
        }
        answers = {what: post(token) for what, token in hostile.items()}
        statuses = {what: answer[0] for what, answer in answers.items()}
        assert statuses.pop("64 kB") in {400, 401, 431}  # a head that long may not come in at all
        assert set(statuses.values()) == {401}, statuses
        alike = {
            (one[1]["www-authenticate"], json.dumps(one[2])) for one in answers.values() if one[0] == 401
        }
        assert len(alike) == 1
        token = office.token()
        for _ in range(5):  # a token is good until it is over: each opening is an entry of its own
            status, _, opened = post(token)
            assert (status, b64decode(opened["value"])) == (200, SECRET)
        assert post(token, alg="RSA1_5")[0] == 400
        assert post(token, value="A" * 20_000)[0] in {400, 413}
        assert post(office.token(upn="eve@other.example"))[0] == 403
