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
        "some-code",
        "req-1",
    )
    assert body.facts == ({} if kind is Kind.BROKEN else {"path": "$.a"})


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
