"""Does this access token hold for this store, and whom does it name? Entra ID's claims, read strictly.

The signature is judged by the law for ID tokens (`protocols.oidc.tokens`): no unsigned or symmetric token, no
key that the token brings itself. Issuer and audience are those the customer set and no others. A token
without a person is nobody's: applications open no documents.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from custodes.protocols.oidc import tokens
from custodes.protocols.oidc.messages import PublicKey

AGE_S_MAX = 86_400  # Entra's live for about an hour, a day at most
_MAILS = ("upn", "preferred_username", "email")  # a tenant's own name for him first


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """Issuers and audiences, compared as they are."""

    issuers: tuple[str, ...]
    audiences: tuple[str, ...]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the tenant says is asking: its word, not ours. `mail` is in lower case."""

    mail: str
    mail_claim: str
    groups: tuple[str, ...]
    issuer: str
    tenant: str
    application: str
    object_id: str
    token_id: str
    ends_at: datetime

    def __repr__(self) -> str:
        return f"Caller(tenant={self.tenant!r}, groups={len(self.groups)})"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The caller, or why the token does not hold (a reason of `protocols.oidc.tokens`)."""

    caller: Caller | None = None
    reason: str = ""


def judge(token: str, keys: Sequence[PublicKey], expected: Expected, now: datetime) -> Judged:
    """Whether a compact JWS is an access token for this store at this instant, verified by one of `keys`."""
    reason, claims = tokens.opened(token, keys)
    reason = reason or _against(claims, expected, int(now.timestamp()))
    if reason:
        return Judged(reason=reason)
    named = next((name for name in _MAILS if _is_mail(claims.get(name))), None)
    if named is None or claims.get("idtyp") == "app":
        return Judged(reason="no-subject")
    application = claims.get("appid") or claims.get("azp")
    return Judged(
        caller=Caller(
            mail=claims[named].lower(),
            mail_claim=named,
            groups=tokens.groups(claims.get("groups")),
            issuer=claims["iss"],
            tenant=_text(claims.get("tid")),
            application=_text(application),
            object_id=_text(claims.get("oid")),
            token_id=_text(claims.get("uti") or claims.get("jti")),
            ends_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
        )
    )


def _against(claims: dict[str, Any], expected: Expected, now_s: int) -> str:
    audience = claims.get("aud")
    if claims.get("iss") not in expected.issuers:
        return "wrong-issuer"
    if not isinstance(audience, str) or audience not in expected.audiences:
        return "wrong-audience"
    expires, issued, begins = (tokens.second(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None or ("nbf" in claims and begins is None):
        return "token-not-understood"
    if now_s >= expires + tokens.SKEW_S:
        return "token-expired"
    if issued > now_s + tokens.SKEW_S or (begins is not None and begins > now_s + tokens.SKEW_S):
        return "token-too-early"
    return "token-too-old" if now_s - issued > AGE_S_MAX else ""


def _is_mail(value: object) -> bool:
    """Something at something, printable ASCII: what else could be compared without surprises."""
    if not isinstance(value, str) or not 3 <= len(value) <= tokens.TEXT_CHARS_MAX:
        return False
    name, at, domain = value.rpartition("@")
    return bool(name and at and domain) and value.isascii() and value.isprintable() and " " not in value


def _text(value: object) -> str:
    fits = isinstance(value, str) and len(value) <= tokens.TEXT_CHARS_MAX and value.isprintable()
    return str(value) if fits else ""
