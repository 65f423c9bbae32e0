import asyncio
import hashlib
import threading

import pytest

from custodes.adapters.http.plain import Answer
from custodes.adapters.http.witness import HttpWitness
from custodes.kernel.refusal import Refusal, unavailable
from custodes.ledger.watch import witnessing
from fakes.ledger import witness

VKEY = witness("w.example").vkey


class Http:
    def __init__(self, status, body=b"", media="text/plain"):
        self.answer = Answer(status=status, media=media, body=body)
        self.asked = []
        self.go = threading.Event()
        self.go.set()

    def post(self, path, body, headers):
        self.asked.append((path, body))
        self.go.wait(5)
        if self.answer.status == 0:
            raise unavailable("url-unreachable")
        return self.answer

    def get(self, path):
        self.asked.append((path, b""))
        return self.answer


def at(http):
    made = HttpWitness("w", VKEY, "http://127.0.0.1:9")
    made._http = http
    return made


def cosigned(http):
    return asyncio.run(at(http).cosign(5, [bytes(32)], b"log.example\n6\n"))


def test_lines_come_back_as_they_were_sent():
    http = Http(200, b"lines")
    assert cosigned(http) == b"lines"
    path, body = http.asked[0]
    assert path == "add-checkpoint"
    assert witnessing.parse(body) == witnessing.Submission(
        old=5, proof=(bytes(32),), note=b"log.example\n6\n"
    )


@pytest.mark.parametrize(
    ("status", "body", "code", "facts"),
    [
        (409, b"20852014\n", "witness-behind", {"size": 20_852_014}),
        (409, b"-1\n", "witness-misunderstood", {}),
        (409, b"\xff", "witness-misunderstood", {}),
        (409, b"1" * 20, "witness-misunderstood", {}),
        (422, b"", "witness-conflict", {}),
        (400, b"", "witness-misunderstands", {"status": 400}),
        (403, b"", "witness-does-not-know-key", {"status": 403}),
        (404, b"", "witness-does-not-know-log", {"status": 404}),
        (429, b"", "witness-wants-fewer", {"status": 429}),
        (302, b"", "witness-gone", {"status": 302}),
        (500, b"", "witness-gone", {"status": 500}),
        (0, b"", "witness-gone", {"why": "url-unreachable"}),
    ],
)
def test_what_a_witness_says_no_with(status, body, code, facts):
    with pytest.raises(Refusal, match=code) as caught:
        cosigned(Http(status, body))
    assert dict(caught.value.facts) == facts


@pytest.mark.parametrize(("status", "took"), [(200, True), (404, False), (409, False), (0, False)])
def test_he_is_told_what_follows_and_need_not_understand(status, took):
    http = Http(status)
    assert asyncio.run(at(http).tell(b"{}")) is took
    assert http.asked == [("add-follower", b"{}")]


def test_what_he_shows_to_monitors():
    http = Http(200, b"note")
    assert asyncio.run(at(http).cosigned("log.example")) == b"note"
    assert http.asked[0][0] == f"{hashlib.sha256(b'log.example').hexdigest()}/checkpoint"
    assert asyncio.run(at(Http(404)).cosigned("log.example")) is None


def test_who_is_busy_is_not_asked_again():
    http = Http(200, b"lines")
    http.go.clear()
    one = at(http)

    async def twice():
        first = asyncio.create_task(one.cosign(0, [], b""))
        while not http.asked:  # noqa: ASYNC110 - it is a thread that moves
            await asyncio.sleep(0.001)
        with pytest.raises(Refusal, match="witness-busy"):
            await one.cosign(0, [], b"")
        first.cancel()  # whoever gave up on him does not free him
        with pytest.raises(asyncio.CancelledError):
            await first
        with pytest.raises(Refusal, match="witness-busy"):
            await one.cosign(0, [], b"")
        http.go.set()
        while one._turn.locked():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.001)
        return await one.cosign(0, [], b"")

    assert asyncio.run(twice()) == b"lines"


class SlowTurn:
    """A turn that takes its time to be given back."""

    def __init__(self):
        self.lock = threading.Lock()

    def acquire(self, *, blocking):
        return self.lock.acquire(blocking=blocking)

    def release(self):
        threading.Event().wait(0.05)
        self.lock.release()


def test_whoever_was_answered_may_ask_the_next_thing_at_once():
    """Evidence is asked for in the same breath in which the conflict is heard."""

    async def run():
        witness = HttpWitness("w1", VKEY, "http://127.0.0.1:9")
        witness._http, witness._turn = Http(404), SlowTurn()
        for _ in range(3):
            assert await witness.cosigned("log.example") is None

    asyncio.run(run())
