"""The XKS process in front of a real keyroom, driven message by message: statuses, bounds, what is logged."""

import json
from datetime import timedelta
from unittest.mock import patch

import pytest

from custodes.acts.clouds.xks import credential_of
from custodes.kernel.refusal import Refusal, unavailable
from custodes.settings import Settings
from custodes.web.kit.logs import Log
from custodes.web.planes.xks import ALIVE, XksPlane
from custodes.wiring.meters.planes import PlaneMeters
from custodes.wiring.planes import xks as process
from custodes.wiring.processes import wanted
from fakes import SeededDice
from fakes.asgi import driven
from fakes.certificates import certificate
from fakes.clouds import CloudWorld, raw, said, signed_headers, text
from fakes.lived import lived, settled

ASKED = {"requestMetadata": {"kmsOperation": "KmsHealthCheck", "kmsRequestId": "r"}}


class Fronted(CloudWorld):
    """The plane over this keyroom, and every line it logs."""

    async def settle_in(self):
        now = await super().settle_in()
        self.lines: list[bytes] = []
        self.refusals: list[Refusal] = []
        log = Log(self.lines.append, self.clock)
        settings = Settings(house=self.folder, xks_port=1)
        assert wanted(settings)[-1] == "xks"
        assert "xks" not in wanted(Settings(house=self.folder))
        self.counts = PlaneMeters(self.clock)
        self.whole = process._app(self.keyroom, settings, self.counts)
        self.plane = XksPlane(self.keyroom, log, SeededDice(3), refused=self.refusals.append)
        return now

    def path(self, last):
        return f"/{self.aws.id}/kms/xks/v1/{last}"

    async def post(self, last, members, *, pair=None, body=None, at=None, path=None, method="POST", **more):
        sent = json.dumps(members).encode() if body is None else body
        target = path or self.path(last)
        headers = signed_headers(pair or self.pair, target, sent, at=at or self.clock.now())
        return await driven(self.plane, method, target, sent, headers.items(), **more)


fronted = lived(lambda folder: settled(Fronted(folder)))


SEAL = {"plaintext": text(b"CANARY-plaintext"), "encryptionAlgorithm": "AES_GCM"}


def name(answer):
    return answer.status, answer.json["errorName"]


@fronted
async def test_there_and_back_and_nothing_secret_in_any_line(world):
    sealed = await world.post("keys/foo/encrypt", {"requestMetadata": said("Encrypt"), **SEAL})
    assert sealed.status == 200
    assert sealed.header("content-type") == "application/json"
    assert sealed.header("cache-control") == "no-store"
    assert b"\n" not in sealed.body
    members = {"requestMetadata": said(), "encryptionAlgorithm": "AES_GCM", **sealed.json}
    opened = await world.post("keys/foo/decrypt", members)
    assert raw(opened.json["plaintext"]) == b"CANARY-plaintext"
    assert (await world.post("health", ASKED)).json["ekmFleetDetails"][0]["healthStatus"] == "ACTIVE"
    logged = b"".join(world.lines).decode()
    assert '"endpoint":"encrypt"' in logged
    secrets = ("CANARY", SEAL["plaintext"], world.pair[1], world.pair[0], "Alice", world.aws.id)
    assert [one for one in (*secrets, credential_of(world.pair[0])) if one in logged] == []


@fronted
async def test_each_error_has_its_name_and_status(world):
    good = {"requestMetadata": said("Encrypt"), **SEAL}
    id_, secret = world.pair
    found = {
        "validation": name(await world.post("keys/foo/encrypt", {})),
        "json": name(await world.post("keys/foo/encrypt", None, body=b"{")),
        "forged": name(await world.post("keys/foo/encrypt", good, pair=(id_, secret[::-1]))),
        "unknown": name(await world.post("keys/foo/encrypt", good, pair=("A" * 29, secret))),
        "stale": name(await world.post("health", ASKED, at=world.clock.now() - timedelta(seconds=301))),
        "future": name(await world.post("health", ASKED, at=world.clock.now() + timedelta(seconds=301))),
        "key": name(await world.post("keys/no-such-key/encrypt", good)),
        "usage": name(await world.post("keys/look/encrypt", good)),
        "prefix": name(await world.post("", ASKED, path="/nobody/kms/xks/v1/health")),
        "inside": name(await world.post("", ASKED, path=f"/{world.aws.id}/invalid/kms/xks/v1/health")),
        "foreign": name(await world.post("", ASKED, path=f"/con-{'0' * 26}/kms/xks/v1/health")),
        "body": name(await world.post("keys/foo/encrypt", None, body=b" " * 70_000)),
        "aad": name(
            await world.post("keys/foo/encrypt", {**good, "additionalAuthenticatedData": text(bytes(8193))})
        ),
    }
    assert found == {
        "validation": (400, "ValidationException"),
        "json": (400, "ValidationException"),
        "forged": (401, "AuthenticationFailedException"),
        "unknown": (401, "AuthenticationFailedException"),
        "stale": (401, "AuthenticationFailedException"),
        "future": (401, "AuthenticationFailedException"),
        "key": (404, "KeyNotFoundException"),
        "usage": (400, "InvalidKeyUsageException"),
        "prefix": (404, "InvalidUriPathException"),
        "inside": (404, "InvalidUriPathException"),
        "foreign": (404, "InvalidUriPathException"),
        "body": (501, "UnsupportedOperationException"),
        "aad": (501, "UnsupportedOperationException"),
    }
    assert len(world.refusals) == len(found)


@fronted
async def test_only_post_and_a_word_for_load_balancers(world):
    for method in ("GET", "PUT", "DELETE"):
        answer = await world.post("health", ASKED, method=method)
        assert (answer.status, answer.header("allow")) == (405, "POST")
    alive = await driven(world.plane, "GET", ALIVE)
    assert (alive.status, alive.json) == (200, {"alive": True})
    assert (await driven(world.plane, "HEAD", ALIVE)).body == b""


@fronted
async def test_the_process_counts_what_it_answers(world):
    world.plane = world.whole
    await driven(world.whole, "GET", ALIVE)
    await driven(world.whole, "POST", world.path("health"), b"{}")
    told = world.counts.meters.text().decode()
    assert 'custodes_requests_total{protocol="xks",endpoint="alive",status="200"} 1' in told
    assert 'custodes_refusals_total{protocol="xks",kind="unauthenticated",code="not-signed"} 1' in told


@fronted
async def test_a_client_that_goes_away_or_signs_nothing(world):
    cut = await driven(world.plane, "POST", world.path("health"), [b"{"], (), is_cut=True)
    assert cut.status == 400
    unsigned = await driven(world.plane, "POST", world.path("health"), b"{}")
    assert name(unsigned) == (401, "AuthenticationFailedException")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (unavailable("keyroom-gone"), (503, "DependencyTimeoutException")),
        (ValueError("CANARY"), (500, "InternalException")),
    ],
)
def test_a_keyroom_that_does_not_answer(tmp_path, error, expected):
    class Gone:
        async def ask(self, _ask):
            raise error

    @fronted
    async def work(world):
        world.plane = XksPlane(Gone(), Log(world.lines.append, world.clock), SeededDice(3))
        assert name(await world.post("health", ASKED)) == expected
        assert "CANARY" not in b"".join(world.lines).decode()

    work(tmp_path)


@fronted
async def test_a_body_that_does_not_come_is_not_waited_for(world):
    world.plane = XksPlane(world.keyroom, Log(world.lines.append, world.clock), SeededDice(3))
    with patch("custodes.web.planes.xks.BODY_TIMEOUT_MS", 50):
        answer = await driven(world.plane, "POST", world.path("health"), [b"{"], (), is_silent=True)
    assert name(answer) == (429, "ThrottlingException")


@fronted
async def test_a_certificate_header_is_believed_on_the_socket_alone(world):
    common = "cks.kms.eu-central-1.amazonaws.com"
    await world.connect(id_=world.aws.id, settings={"client-names": (common,)})
    der = text(certificate(common))
    log = Log(world.lines.append, world.clock)
    for is_unix_socket, expected in ((False, 401), (True, 200)):
        world.clock.forward(seconds=1)
        plane = XksPlane(world.keyroom, log, SeededDice(3), is_unix_socket=is_unix_socket)
        sent = json.dumps(ASKED).encode()
        headers = signed_headers(world.pair, world.path("health"), sent, at=world.clock.now())
        pairs = [*headers.items(), ("client-cert", f":{der}:")]
        assert (await driven(plane, "POST", world.path("health"), sent, pairs)).status == expected


@fronted
async def test_no_changed_digit_of_a_signature_is_good(world):
    sent = json.dumps(ASKED).encode()
    good = signed_headers(world.pair, world.path("health"), sent, at=world.clock.now())
    head, _, signature = good["authorization"].rpartition("=")
    for place, digit in enumerate(signature):
        other = "0" if digit != "0" else "1"
        headers = {**good, "authorization": f"{head}={signature[:place]}{other}{signature[place + 1 :]}"}
        answer = await driven(world.plane, "POST", world.path("health"), sent, headers.items())
        assert name(answer) == (401, "AuthenticationFailedException"), place
