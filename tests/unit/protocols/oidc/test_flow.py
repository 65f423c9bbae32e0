import hashlib
from base64 import b64decode
from urllib.parse import parse_qs, urlsplit

from custodes.protocols.oidc.flow import authorization_url, challenge_of, exchange
from custodes.protocols.oidc.messages import Provider
from custodes.protocols.oidc.strict import b64url

PROVIDER = Provider(
    issuer="https://login.example",
    authorization_endpoint="https://login.example/auth?tenant=7&state=theirs",
    token_endpoint="https://login.example/token",
    jwks_uri="https://login.example/keys",
)
BACK = "https://console.example/sign-in/returned"


def test_the_challenge_of_rfc_7636_appendix_b():
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_the_browser_is_sent_with_everything_but_the_verifier():
    url = authorization_url(PROVIDER, "c 1", BACK, ("email", "openid"), ("s-1", "n-1", "v" * 43))
    query = parse_qs(urlsplit(url).query)
    assert query == {
        "tenant": ["7"],
        "response_type": ["code"],
        "client_id": ["c 1"],
        "redirect_uri": [BACK],
        "scope": ["openid email"],
        "state": ["s-1"],
        "nonce": ["n-1"],
        "code_challenge": [b64url(hashlib.sha256(b"v" * 43).digest())],
        "code_challenge_method": ["S256"],
    }
    assert "v" * 43 not in url


def test_a_client_proves_itself_as_it_was_registered():
    basic = exchange(PROVIDER, ("c:1", "client-secret-basic", "s 1%"), BACK, "v", "code")
    assert b64decode(basic.authorization.removeprefix("Basic ")) == b"c%3A1:s%201%25"
    assert dict(basic.form) == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": BACK,
        "code_verifier": "v",
    }
    post = exchange(PROVIDER, ("c", "client-secret-post", "s"), BACK, "v", "code")
    assert (dict(post.form)["client_id"], dict(post.form)["client_secret"]) == ("c", "s")
    public = exchange(PROVIDER, ("c", "none", ""), BACK, "v", "code")
    assert "client_secret" not in dict(public.form)
    assert public.authorization == post.authorization == ""
    assert "s" not in repr(post).partition("endpoint")[0]
