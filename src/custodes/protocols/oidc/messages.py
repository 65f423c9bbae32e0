"""What passes between us and an issuer, as frozen values."""

import msgspec

ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "PS256", "RS256")  # RFC 7518, 8037, 9864; nothing else, ever


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of a discovery document that is used (OpenID Connect Discovery 1.0 section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class PublicKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One verification key of a key set (RFC 7517): RSA has `n` and `e`, EC and OKP `crv` and `x` (`y`).

    Values are base64url as published. `alg` is empty where the issuer does not say.
    """

    kid: str
    kty: str
    alg: str = ""
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What an ID token has to be: of this issuer, for this client, for this one sign-in, about now.

    `begun_at_s` is when the sign-in began (Unix seconds): a token issued before it answers another one.
    `subject_claim` names the claim that is the person's stable id, `groups_claim` his groups.
    """

    issuer: str
    client_id: str
    nonce: str
    begun_at_s: int
    subject_claim: str = "sub"
    groups_claim: str = "groups"


class Asserted(msgspec.Struct, frozen=True, kw_only=True):
    """What a token that holds asserts of a person; the issuer's word, not ours."""

    subject: str
    groups: tuple[str, ...] = ()
    name: str = ""
    mail: str = ""

    def __repr__(self) -> str:
        return f"Asserted(groups={len(self.groups)})"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: what is asserted, or why the token does not hold (a code of `tokens.REASONS`)."""

    asserted: Asserted | None = None
    reason: str = ""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request to a token endpoint (RFC 6749 section 4.1.3): where, the form, an `Authorization` header.

    It may hold the client's secret: never shown by `repr`.
    """

    endpoint: str
    form: tuple[tuple[str, str], ...]
    authorization: str = ""

    def __repr__(self) -> str:
        return f"Exchange(endpoint={self.endpoint!r})"
