import pytest
from starlette.requests import Request

from custodes.kernel.refusal import Refusal
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.forms import Form


def call(*headers: tuple[str, str], is_tls: bool = False, **more: object) -> Call:
    raw = [(n.encode(), v.encode()) for n, v in headers]
    request = Request({"type": "http", "headers": raw, "method": "GET", "path": "/"})
    return Call(id="req-x", request=request, is_tls=is_tls, path={}, **more)  # type: ignore[arg-type]


def test_bearer_token() -> None:
    assert call(("authorization", "Bearer abc")).bearer() == "abc"
    assert call(("authorization", "bearer abc")).bearer() == "abc"
    for bad in ("", "Bearer", "Bearer ", "Basic abc", "Bearer " + "x" * 5_000):
        with pytest.raises(Refusal, match="no-credential"):
            call(("authorization", bad)).bearer()
    with pytest.raises(Refusal, match="no-credential"):
        call(("authorization", "Bearer a"), ("authorization", "Bearer b")).bearer()


def test_over_tls_only_the_host_cookie_counts() -> None:
    both = ("cookie", "session=evil; __Host-session=good")
    assert call(both, is_tls=True).cookie("session") == "good"
    assert call(("cookie", "session=evil"), is_tls=True).cookie("session") is None
    assert call(("cookie", "session=local")).cookie("session") == "local"


def test_a_body_of_another_shape_is_a_bug() -> None:
    assert call(body=Form({})).taken(Form) == Form({})
    with pytest.raises(TypeError):
        call(body=b"").taken(Form)
    with pytest.raises(TypeError):
        call().asked(Form)


@pytest.mark.parametrize("place", ["//evil", "https://evil", "/\\evil", "/a\r\nset-cookie: x=y", ""])
def test_see_other_stays_on_this_site(place: str) -> None:
    with pytest.raises(ValueError, match="place"):
        see_other(place)


def test_see_other() -> None:
    assert see_other("/cases/1", ("set-cookie", "a=b")) == Reply(
        status=303, headers=(("location", "/cases/1"), ("set-cookie", "a=b"))
    )
