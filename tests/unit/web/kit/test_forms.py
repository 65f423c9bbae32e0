import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.web.kit import forms


class Kill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: str
    generation: int = 0


def test_parse() -> None:
    form = forms.parse(b"a=1&b=%C3%A4+x&a=2&c=")
    assert form.fields == {"a": ("1", "2"), "b": ("ä x",), "c": ("",)}
    assert form.one("b") == "ä x"
    assert form.many("a") == ("1", "2")
    assert form.many("z") == ()
    assert forms.parse(b"") == forms.Form({})
    assert forms.parse(b"t=a%0D%0Ab").one("t") == "a\nb"


@pytest.mark.parametrize(
    "raw", [b"=1", b"&", b"a=%ff", b"a=%zz", b"a=%", b"a=%00", b"x" * 65 + b"=1", b"&".join([b"a=1"] * 101)]
)
def test_what_is_not_a_form_is_refused(raw: bytes) -> None:
    with pytest.raises(Refusal, match="malformed-form"):
        forms.parse(raw)


def test_into_a_shape() -> None:
    assert forms.parse(b"reason=x&generation=4").into(Kill) == Kill(reason="x", generation=4)
    for raw in (b"reason=x&reason=y", b"reason=x&more=1", b"generation=4", b"reason=x&generation=four"):
        with pytest.raises(Refusal, match="malformed-form"):
            forms.parse(raw).into(Kill)
    for field in ("a", "z"):
        with pytest.raises(Refusal, match="malformed-form"):
            forms.parse(b"a=1&a=2").one(field)


def test_the_token_belongs_to_one_visit() -> None:
    mine = forms.csrf_token("visit-1")
    form = forms.Form({"a": ("1",), "csrf": (mine,)})
    assert forms.check_token(form, "visit-1") == forms.Form({"a": ("1",)})
    for visit in ("visit-2", None, ""):
        with pytest.raises(Refusal, match="stale-form"):
            forms.check_token(form, visit)
    for tokens in ((), (mine, mine), ("",), (mine.upper(),), ("ä",)):
        with pytest.raises(Refusal, match="stale-form"):
            forms.check_token(forms.Form({"csrf": tokens}), "visit-1")


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"sec-fetch-site": "same-origin", "origin": "http://localhost:1"}, True),
        ({"origin": "http://localhost:1"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost:1"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "http://evil"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://localhost:1.evil"}, False),
    ],
)
def test_origin(headers: dict[str, str], is_ours: bool) -> None:
    if is_ours:
        forms.check_origin(headers, "http://localhost:1")
    else:
        with pytest.raises(Refusal, match="cross-site"):
            forms.check_origin(headers, "http://localhost:1")


def test_cookies() -> None:
    name, value = forms.set_cookie("session", "abc", is_tls=True, age_s_max=60)
    assert name == "set-cookie"
    assert value == "__Host-session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
    assert forms.set_cookie("s", "", is_tls=False, age_s_max=0)[1].startswith(
        "s=; Path=/; Max-Age=0; HttpOnly"
    )
    with pytest.raises(ValueError, match="cookie"):
        forms.set_cookie("s", "a; Domain=evil", is_tls=True, age_s_max=1)
