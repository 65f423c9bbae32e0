"""What an issuer publishes about itself: its discovery document and its key set."""

from typing import Any

from custodes.kernel.refusal import malformed
from custodes.kernel.strict import members

from .messages import ALGORITHMS, Provider, PublicKey
from .strict import is_address, unb64url

DISCOVERY_BYTES_MAX = 65_536
JWKS_BYTES_MAX = 262_144
KEYS_MAX = 64
KID_CHARS_MAX = 256
RSA_BITS_MIN, RSA_BITS_MAX = 2_048, 8_192
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVES = {("EC", "P-256"): 32, ("OKP", "Ed25519"): 32}
_OF_KIND = {"RSA": {"RS256", "PS256"}, "EC": {"ES256"}, "OKP": {"EdDSA", "Ed25519"}}


def discovery_address(issuer: str) -> str:
    """Where the document of an issuer lies (OpenID Connect Discovery 1.0 section 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def discovered(raw: bytes, issuer: str, *, loopback_too: bool = False) -> Provider:
    """The document, if it is this very issuer's (section 4.3); `bad-discovery` (malformed) names the member.

    Only https addresses count (`loopback_too`: also http on this machine). An issuer that names its
    algorithms has to name one of ours, and one that names response types has to know the code flow.
    """
    found = members(raw, "bad-discovery", bytes_max=DISCOVERY_BYTES_MAX)
    if found.get("issuer") != issuer:
        raise malformed("bad-discovery", member="issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_address(found.get(name), loopback_too=loopback_too):
            raise malformed("bad-discovery", member=name)
    for name, ours in (
        ("id_token_signing_alg_values_supported", set(ALGORITHMS)),
        ("response_types_supported", {"code"}),
    ):
        theirs = found.get(name)
        if theirs is not None and not (isinstance(theirs, list) and ours & {str(one) for one in theirs}):
            raise malformed("bad-discovery", member=name)
    return Provider(
        issuer=issuer,
        authorization_endpoint=found["authorization_endpoint"],
        token_endpoint=found["token_endpoint"],
        jwks_uri=found["jwks_uri"],
    )


def key_set(raw: bytes) -> tuple[PublicKey, ...]:
    """The keys of a set that can verify one of our algorithms, in order of their ids.

    A key of another kind, for encryption or too weak is left out. Refused as a whole, `bad-key-set`
    (malformed): a set that is no set, too many keys, a published private key, two usable keys of one id,
    no usable key at all.
    """
    found = members(raw, "bad-key-set", bytes_max=JWKS_BYTES_MAX).get("keys")
    if not isinstance(found, list) or len(found) > KEYS_MAX:
        raise malformed("bad-key-set")
    if not all(isinstance(one, dict) for one in found) or any(PRIVATE & one.keys() for one in found):
        raise malformed("bad-key-set")
    keys = [key for one in found if (key := _key(one)) is not None]
    ids = [key.kid for key in keys]
    if not keys or len(set(ids)) != len(ids):
        raise malformed("bad-key-set")
    return tuple(sorted(keys, key=lambda key: key.kid))


def _key(one: dict[str, Any]) -> PublicKey | None:
    kid, kty, alg = one.get("kid", ""), one.get("kty"), one.get("alg", "")
    operations = one.get("key_ops")
    if one.get("use", "sig") != "sig" or (operations is not None and operations != ["verify"]):
        return None
    if not isinstance(kid, str) or len(kid) > KID_CHARS_MAX or kty not in _OF_KIND:
        return None
    if alg and alg not in _OF_KIND[kty]:
        return None
    if kty == "RSA":
        return PublicKey(kid=kid, kty=kty, alg=alg, n=one["n"], e=one["e"]) if _is_rsa(one) else None
    size = _CURVES.get((kty, str(one.get("crv"))))
    names = ("x", "y") if kty == "EC" else ("x",)
    if size is None or any(_length(one.get(name)) != size for name in names):
        return None
    y = one["y"] if kty == "EC" else ""
    return PublicKey(kid=kid, kty=kty, alg=alg, crv=one["crv"], x=one["x"], y=y)


def _is_rsa(one: dict[str, Any]) -> bool:
    try:
        n = int.from_bytes(unb64url(str(one.get("n"))), "big")
        e = int.from_bytes(unb64url(str(one.get("e"))), "big")
    except ValueError:
        return False
    return RSA_BITS_MIN <= n.bit_length() <= RSA_BITS_MAX and n % 2 == 1 and e % 2 == 1 and 3 <= e < 2**32


def _length(text: object) -> int:
    try:
        return len(unb64url(text)) if isinstance(text, str) else 0
    except ValueError:
        return 0
