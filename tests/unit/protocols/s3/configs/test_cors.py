import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.cors import Allowed, CorsRule
from custodes.protocols.s3.configs import cors

RULES = (
    CorsRule(origins=("*",), methods=("GET", "PUT"), headers=("*",), exposes=("ETag",), age_s=5, id="a"),
    CorsRule(origins=("https://a", "https://b"), methods=("HEAD",)),
)


def test_read_as_written():
    assert cors.read_cors(cors.write_cors(RULES)) == RULES


def test_headers():
    named = Allowed(origin="https://a", methods=("GET",), headers=("X-A", "x-b"), exposes=("ETag",), age_s=5)
    said = dict(cors.cors_headers(named, is_preflight=True))
    assert said[b"access-control-allow-origin"] == b"https://a"
    assert said[b"access-control-allow-credentials"] == b"true"
    assert said[b"access-control-max-age"] == b"5"
    assert said[b"access-control-allow-headers"] == b"x-a, x-b"  # as browsers send them
    anyone = dict(cors.cors_headers(Allowed(origin="*", methods=("GET",)), is_preflight=False))
    assert b"access-control-allow-credentials" not in anyone


@pytest.mark.parametrize(
    "body",
    [
        b"<CORSConfiguration/>",
        b"<CORSConfiguration><Rule/></CORSConfiguration>",
        b"<CORSConfiguration><CORSRule><Origin>*</Origin></CORSRule></CORSConfiguration>",
        (
            b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
            b"<MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule></CORSConfiguration>"
        ),
    ],
)
def test_what_is_none(body):
    with pytest.raises(Refusal, match="xml-malformed"):
        cors.read_cors(body)
