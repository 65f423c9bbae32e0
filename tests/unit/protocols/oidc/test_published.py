import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.oidc.published import discovered, discovery_address, key_set
from fakes.issuer import ISSUER, Keys, discovery


def test_the_document_lies_below_the_issuer():
    assert discovery_address("https://a.example/t/") == "https://a.example/t/.well-known/openid-configuration"


def test_a_document_is_its_issuers():
    found = discovered(discovery(), ISSUER)
    assert (found.token_endpoint, found.jwks_uri) == (f"{ISSUER}/token", f"{ISSUER}/keys")
    assert discovered(discovery("http://localhost:1"), "http://localhost:1", loopback_too=True)


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"issuer": ISSUER + "/"}, "issuer"),
        ({"issuer": None}, "issuer"),
        ({"token_endpoint": "http://login.town.example/token"}, "token_endpoint"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri"),
        ({"authorization_endpoint": None}, "authorization_endpoint"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, None),
        ({"response_types_supported": ["id_token"]}, None),
    ],
)
def test_other_documents_are_refused(changes, member):
    raw = msgspec.json.decode(discovery())
    raw.update(changes)
    with pytest.raises(Refusal) as no:
        discovered(msgspec.json.encode({n: v for n, v in raw.items() if v is not None}), ISSUER)
    assert no.value.code == "bad-discovery"
    assert no.value.facts["member"] == (member or next(iter(changes)))


def test_keys_are_those_that_verify():
    keys = Keys()
    rsa, ec = keys.rsa.as_dict(private=False), keys.ec.as_dict(private=False)
    left_out = [
        {**rsa, "kid": "enc", "use": "enc"},
        {**rsa, "kid": "other", "alg": "RS512"},
        {**rsa, "kid": "weak", "n": "AQAB"},
        {**rsa, "kid": "even", "e": "AQAC"},
        {**ec, "kid": "curve", "crv": "P-384"},
        {**ec, "kid": "short", "x": "AAAA"},
        {"kty": "XX", "kid": "unknown"},
        {**rsa, "kid": 7},
    ]
    found = key_set(msgspec.json.encode({"keys": [*left_out, {**rsa, "use": "sig"}, ec]}))
    assert [key.kid for key in found] == ["ec", "rsa"]


@pytest.mark.parametrize("name", ["private", "symmetric", "twice", "none", "many", "no-list", "no-object"])
def test_a_set_nobody_should_trust_is_refused_as_a_whole(name):
    keys = Keys()
    ec = keys.ec.as_dict(private=False)
    plain = {
        "private": [ec, keys.okp.as_dict(private=True)],
        "symmetric": [ec, {"kty": "oct", "k": "AAAA", "kid": "s"}],
        "twice": [ec, {**keys.okp.as_dict(private=False), "kid": "ec"}],
        "none": [],
        "many": [{**ec, "kid": str(n)} for n in range(65)],
        "no-list": "keys",
        "no-object": [ec, "x"],
    }[name]
    with pytest.raises(Refusal) as no:
        key_set(msgspec.json.encode({"keys": plain}))
    assert no.value.code == "bad-key-set"
