"""The plane without a network: what it asks and when, and what leaves when something breaks midway."""

import gc
import json

import pytest

from custodes.acts.asks import Unsigned
from custodes.acts.asks.objects import CheckChunks, CloseGet, ClosePut, OpenGet, OpenPut, StillOpen
from custodes.kernel.refusal import conflict, locked, unavailable
from custodes.protocols.s3.messages import Claim, Head
from custodes.protocols.s3.operations import BY_NAME
from custodes.web.kit.logs import Log
from custodes.web.planes.s3.exchange import Exchange, Pace, Ports
from custodes.web.planes.s3.plane import TABLE, UNCLAIMED, S3Plane
from fakes import SeededDice, SetClock
from fakes.asgi import drive
from fakes.object_doors import ObjectDoors
from fakes.s3_signer import signed_head
from fakes.s3_wire import Wire, signed_chunks
from fakes.stores import MemoryStores

MIB = 1_048_576


class Desk:
    def __init__(self):
        self.doors, self.stores, self.lines = ObjectDoors(), MemoryStores(), []
        pace = Pace(body_wait_s=0.05)
        ports = Ports(doors=self.doors, stores=self.stores, clock=SetClock(), dice=SeededDice(), pace=pace)
        self.app = S3Plane(ports, Log(self.lines.append, SetClock()))

    def request(
        self, method, target="/bucket/key", body=b"", headers=None, payload="UNSIGNED-PAYLOAD", **more
    ):
        length = {"content-length": str(more.pop("length", len(body)))} if method in ("PUT", "POST") else {}
        given = signed_head(method, target, {**length, **(headers or {})}, payload=payload)
        pairs = [(name.decode(), value.decode("latin-1")) for name, value in given.headers]
        step = more.pop("step", 65_536)
        chunks = [body[at : at + step] for at in range(0, len(body), step)] or [b""]
        return drive(self.app, method, target, chunks, pairs, **more)

    @property
    def store(self):
        return self.stores.at("a")

    def log(self):
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def desk():
    return Desk()


def test_every_operation_of_the_protocol_is_served():
    assert set(TABLE) == set(BY_NAME)


def test_a_put_and_a_get(desk):
    body = SeededDice(1).draw(3 * MIB + 5)
    answer = desk.request("PUT", body=body, headers={"x-amz-meta-a": "b"})
    assert (answer.status, answer.header("etag")) == (200, '"e-1"')
    assert b"".join([desk.request("GET").body]) == body
    assert desk.request("GET").header("x-amz-meta-a") == "b"
    assert desk.doors.of(CloseGet)[-1].outcome == "complete"
    assert desk.doors.of(CloseGet)[-1].sent_bytes == len(body)


def test_a_small_put_is_two_asks_and_a_small_get_two(desk):
    desk.request("PUT", body=b"small")
    assert [type(ask) for ask in desk.doors.asked] == [OpenPut, ClosePut]
    desk.doors.asked.clear()
    desk.request("GET")
    assert [type(ask) for ask in desk.doors.asked] == [OpenGet, CloseGet]


def test_each_mib_is_asked_for(desk):
    desk.request("PUT", body=bytes(5 * MIB))
    assert len(desk.doors.of(StillOpen)) == 5
    desk.doors.asked.clear()
    desk.request("GET")
    assert len(desk.doors.of(StillOpen)) >= 4


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_kill_cuts_a_read_within_a_mib(desk, after):
    desk.request("PUT", body=bytes(6 * MIB))
    desk.doors.fails[StillOpen] = (len(desk.doors.of(StillOpen)) + after, locked("house-killed"))
    sent = []
    with pytest.raises(ConnectionAbortedError):
        drive_noting(desk, sent)
    assert len(b"".join(sent)) <= (after + 1) * MIB + 65_536
    assert desk.doors.of(CloseGet)[-1].outcome == "failed"
    assert desk.log()[-1]["refusal"] == "house-killed"


def drive_noting(desk, sent):
    """Drive a GET, noting the bytes that left, for the answer never ends."""
    app = desk.app

    async def noting(scope, receive, send):
        async def note(message):
            sent.append(message.get("body", b""))
            await send(message)

        await app(scope, receive, note)

    given = signed_head("GET", "/bucket/key", {}, payload="UNSIGNED-PAYLOAD")
    pairs = [(name.decode(), value.decode("latin-1")) for name, value in given.headers]
    drive(noting, "GET", "/bucket/key", b"", pairs)


def test_a_kill_ends_a_write_and_leaves_nothing(desk):
    desk.doors.fails[StillOpen] = (2, locked("house-killed"))
    answer = desk.request("PUT", body=bytes(6 * MIB))
    assert (answer.status, b"AccessDenied" in answer.body) == (403, True)
    assert desk.doors.of(ClosePut)[-1].outcome == "failed"
    assert (desk.store.blobs, desk.store.drafts) == ({}, [])


@pytest.mark.parametrize("at", [60, 1_500_000, 3_000_000])
def test_bytes_that_are_not_authentic_never_leave(desk, at):
    body = SeededDice(2).draw(4 * MIB)
    desk.request("PUT", body=body)
    (blob,) = desk.store.blobs
    raw = bytearray(desk.store.blobs[blob])
    raw[at] ^= 0x80
    desk.store.blobs[blob] = bytes(raw)
    sent = []
    if at < MIB:
        answer = desk.request("GET")
        assert (answer.status, b"InternalError" in answer.body) == (500, True)
        assert b"stream-mismatch" not in answer.body
        return
    with pytest.raises(ConnectionAbortedError):
        drive_noting(desk, sent)
    left = b"".join(sent)
    assert body.startswith(left)
    assert len(left) <= at
    assert desk.doors.of(CloseGet)[-1].outcome == "failed"


@pytest.mark.parametrize("size", [0, 1, MIB, 3 * MIB])
def test_a_client_that_goes_away_leaves_nothing(desk, size):
    with pytest.raises(ConnectionError):
        desk.request("PUT", body=bytes(size), length=4 * MIB, is_cut=True)
    assert desk.doors.of(ClosePut)[-1].outcome == "cut"
    assert (desk.store.blobs, desk.store.drafts) == ({}, [])


def test_a_client_that_falls_silent_is_told(desk):
    answer = desk.request("PUT", body=bytes(2 * MIB), length=4 * MIB, is_silent=True)
    assert (answer.status, b"RequestTimeout" in answer.body) == (400, True)
    assert answer.header("connection") == "close"
    assert desk.doors.of(ClosePut)[-1].outcome == "failed"
    assert (desk.store.blobs, desk.store.drafts) == ({}, [])


def test_a_store_that_is_gone(desk):
    desk.store.fails["commit"] = unavailable("store-gone")
    answer = desk.request("PUT", body=bytes(2 * MIB))
    assert (answer.status, b"ServiceUnavailable" in answer.body) == (503, True)
    assert desk.doors.of(ClosePut)[-1].outcome == "failed"
    assert (desk.store.blobs, desk.store.drafts) == ({}, [])


def test_what_nobody_expected_is_sent_without_text(desk):
    desk.store.fails["put"] = RuntimeError("a secret in a message")
    answer = desk.request("PUT", body=b"x")
    assert (answer.status, b"InternalError" in answer.body) == (500, True)
    assert b"secret" not in answer.body
    assert desk.doors.of(ClosePut)[-1].outcome == "failed"
    assert not any(b"a secret" in line for line in desk.lines)
    assert "fault" in {line["log"] for line in desk.log()}


def test_nothing_of_a_request_is_in_the_log_but_its_operation(desk):
    desk.request("PUT", "/bucket/a-name?x-id=PutObject", b"x", {"x-amz-meta-private": "thing"})
    text = b"".join(desk.lines).decode()
    assert not any(word in text for word in ("a-name", "bucket", "private", "thing", "AKID", "Signature"))
    assert desk.log()[-1]["endpoint"] == "PutObject"


def test_signed_chunks_are_checked_by_the_mib(desk):
    body = bytes(3 * MIB)
    mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    given = {"x-amz-decoded-content-length": str(len(body))}
    framed = signed_chunks(
        body,
        Wire(1, "AKID", "secret").chain(
            {"X-Amz-Date": "20261122T080000Z", "Authorization": "Signature=" + "0" * 64}
        ),
    )
    answer = desk.request("PUT", body=framed, headers=given, payload=mode)
    assert answer.status == 200
    checks = desk.doors.of(CheckChunks)
    assert len(checks) in (3, 4)
    assert sum(len(check.chunks) for check in checks) == len(body) // 65_536 + 1
    order = [type(ask) for ask in desk.doors.asked]
    assert order.index(ClosePut) > max(n for n, kind in enumerate(order) if kind is CheckChunks)


def test_unread_bodies_close_the_connection(desk):
    desk.doors.fails[OpenPut] = (1, locked("house-killed"))
    waiting = desk.request("PUT", body=b"x" * 100, headers={"expect": "100-continue"})
    assert (waiting.status, waiting.header("connection")) == (403, "close")
    speaking = desk.request("PUT", body=b"x" * 100)
    assert (speaking.status, speaking.header("connection")) == (403, None)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "PATCH", "OPTIONS", "TRACE"])
def test_unsigned_requests_that_name_no_host_reach_no_door(desk, method):
    answer = drive(desk.app, method, "/bucket/key", b"")
    assert answer.status in (400, 403, 405)
    assert desk.doors.asked == []


def test_unsigned_requests_are_handed_over_as_what_they_are(desk):
    def asked(method, target, body=b""):
        length = [("content-length", str(len(body)))] if body else []
        return drive(desk.app, method, target, body, [("host", "s3"), ("cookie", "a=b"), *length])

    desk.request("PUT", body=b"small")
    desk.doors.asked.clear()
    assert (asked("GET", "/bucket/key").body, asked("HEAD", "/bucket/key").status) == (b"small", 200)
    assert asked("PUT", "/bucket/key", b"by a stranger").status == 200
    evidence = [ask.evidence for ask in desk.doors.asked if not isinstance(ask, CloseGet)]
    assert all(isinstance(one, Unsigned) and b"cookie" not in one.request for one in evidence)
    desk.doors.asked.clear()
    for method, target in (
        ("GET", "/bucket?acl"),
        ("PUT", "/bucket?policy"),
        ("POST", "/bucket/key?uploads"),
    ):
        assert asked(method, target, b"x" if method == "PUT" else b"").status == 403
    assert asked("GET", "/bucket/key?response-content-type=text/html").status == 400
    assert desk.doors.asked == []


def test_what_the_keyroom_no_longer_knows_is_removed_by_who_stored_it(desk):
    for body in (b"small", bytes(2 * MIB)):
        desk.doors.fails[ClosePut] = (1, conflict("ticket-unknown"))
        assert desk.request("PUT", body=body).status == 409
        assert desk.store.blobs == {}


def test_what_may_have_been_committed_is_left_where_it_is(desk):
    desk.doors.fails[ClosePut] = (1, unavailable("keyroom-gone"))
    assert desk.request("PUT", body=b"small").status == 503
    assert len(desk.store.blobs) == 1


@pytest.mark.parametrize(("method", "size"), [("PUT", 9), ("GET", 0), ("HEAD", 0), ("DELETE", 0)])
def test_a_request_that_is_over_is_let_go_without_the_collector(desk, method, size):
    """What only the collector parts costs as much as a signature, and holds a body's buffers until then."""
    desk.request("PUT", body=b"small")
    desk.request(method, body=bytes(size))
    gc.collect()
    gc.disable()
    try:
        desk.request(method, body=bytes(size))
        desk.doors.asked.clear()
        kept = (one for one in gc.get_objects() if isinstance(one, (Exchange, Head, Claim)))
        left = [type(one).__name__ for one in kept if one is not UNCLAIMED]
    finally:
        gc.enable()
    assert not left
