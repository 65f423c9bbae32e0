import msgspec
import pytest

from custodes.kernel.refusal import Kind, Refusal, malformed, unauthenticated, unavailable
from custodes.web.kit import problems


def test_every_kind_has_a_status_of_its_own() -> None:
    assert set(problems.KINDS) == set(Kind)
    assert len({status for status, _ in problems.KINDS.values()}) == len(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_rendered(kind: Kind) -> None:
    reply = problems.as_json(Refusal("some-code", kind, {"path": "$.a"}), "req-1")
    assert reply.status == problems.KINDS[kind][0]
    assert reply.media == "application/problem+json"
    assert reply.refusal == "some-code"
    body = reply.gives
    assert isinstance(body, problems.Problem)
    assert (body.status, body.kind, body.code, body.request) == (
        reply.status,
        kind.value,
        "no-such-thing" if kind is Kind.ABSENT else "some-code",
        "req-1",
    )
    assert body.facts == ({} if kind in {Kind.BROKEN, Kind.ABSENT} else {"path": "$.a"})


@pytest.mark.parametrize(
    ("code", "status"),
    [("slow-body", 408), ("body-too-large", 413), ("wrong-media-type", 415), ("timed-out", 504)],
)
def test_codes_with_a_status_of_their_own(code: str, status: int) -> None:
    assert problems.problem(malformed(code), "r").status == status


def test_headers_beside_the_status() -> None:
    assert problems.headers(malformed("method-not-allowed", allow=("GET", "HEAD"))) == (
        ("allow", "GET, HEAD"),
    )
    assert problems.headers(unauthenticated("x"))[0][0] == "www-authenticate"
    assert problems.headers(unavailable("x", retry_after_s=3)) == (("retry-after", "3"),)
    assert problems.headers(problems.broken()) == ()


def test_what_is_absent_says_nothing_of_what_it_was() -> None:
    said = {
        msgspec.json.encode(problems.problem(Refusal(code, Kind.ABSENT, {"id": code}), "r"))
        for code in ("stranger", "no-such-key", "no-such-customer", "bucket-absent")
    }
    assert len(said) == 1
    assert problems.problem(Refusal("no-such-path", Kind.ABSENT), "r").code == "no-such-path"
