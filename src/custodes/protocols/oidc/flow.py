"""The authorization code flow with PKCE, as what is sent (RFC 6749 section 4.1, RFC 7636, RFC 9207)."""

import hashlib
from base64 import b64encode
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from .messages import Exchange, Provider
from .strict import b64url

CODE_CHARS_MAX = 4_096
SCOPE = "openid"


def challenge_of(verifier: str) -> str:
    """The S256 code challenge (RFC 7636 section 4.2)."""
    return b64url(hashlib.sha256(verifier.encode("ascii")).digest())


def authorization_url(
    provider: Provider, client_id: str, redirect: str, scopes: tuple[str, ...], drawn: tuple[str, str, str]
) -> str:
    """Where the browser is sent; `drawn` = (state, nonce, code verifier), of which the last stays here."""
    state, nonce, verifier = drawn
    parts = urlsplit(provider.authorization_endpoint)
    ours = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect),
        ("scope", " ".join(dict.fromkeys((SCOPE, *scopes)))),
        ("state", state),
        ("nonce", nonce),
        ("code_challenge", challenge_of(verifier)),
        ("code_challenge_method", "S256"),
    ]
    names = {name for name, _ in ours}
    theirs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in names]
    return urlunsplit(parts._replace(query=urlencode([*theirs, *ours])))


def exchange(
    provider: Provider, client: tuple[str, str, str], redirect: str, verifier: str, code: str
) -> Exchange:
    """The request that turns a code into tokens; `client` = (id, how it authenticates, secret).

    How: `none` (public client), `client-secret-basic` or `client-secret-post` (RFC 6749 section 2.3.1).
    """
    client_id, how, secret = client
    form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ]
    if how == "client-secret-basic":
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
        basic = "Basic " + b64encode(pair.encode()).decode("ascii")
        return Exchange(endpoint=provider.token_endpoint, form=tuple(form), authorization=basic)
    form.append(("client_id", client_id))
    if how == "client-secret-post":
        form.append(("client_secret", secret))
    return Exchange(endpoint=provider.token_endpoint, form=tuple(form))
