"""Refusals in the specification's words: one table from our codes, one from our kinds.

Source: XKS proxy API specification 1.0.3, "Error codes". A code that is not in the first table is answered by
its kind. `errorMessage` is printable ASCII and shorter than 512 characters; AWS shows it to the owner of the
key store, not to who asked KMS.
"""

from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import Kind, Refusal

MESSAGE_CHARACTERS_MAX = 511


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """How a refusal is said."""

    status: int
    name: str
    message: str


class _Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    error_name: str
    error_message: str


def _said(status: int, name: str, message: str) -> Said:
    return Said(status=status, name=name, message=message)


KINDS = MappingProxyType(
    {
        Kind.MALFORMED: _said(400, "ValidationException", "The request is not valid."),
        Kind.UNAUTHENTICATED: _said(401, "AuthenticationFailedException", "The signature is not valid."),
        Kind.DENIED: _said(403, "AccessDeniedException", "The rules of the key's owner do not allow this."),
        Kind.ABSENT: _said(404, "KeyNotFoundException", "There is no such key."),
        Kind.CONFLICT: _said(429, "ThrottlingException", "Something changed meanwhile. Try again."),
        Kind.LOCKED: _said(400, "InvalidStateException", "Locked until somebody opens it."),
        Kind.LIMITED: _said(429, "ThrottlingException", "Too many requests. Try again later."),
        Kind.UNAVAILABLE: _said(503, "DependencyTimeoutException", "Something needed does not answer."),
        Kind.BROKEN: _said(500, "InternalException", "Internal error."),
    }
)
CODES = MappingProxyType(
    {
        "connection-absent": _said(404, "InvalidUriPathException", "There is no such path."),
        "method-not-allowed": _said(405, "ValidationException", "Only POST."),
        "call-unsupported": _said(501, "UnsupportedOperationException", "A value is too large."),
        "body-too-large": _said(501, "UnsupportedOperationException", "The body is too large."),
        "message-mismatch": _said(
            400, "InvalidCiphertextException", "Ciphertext, its metadata or additional data do not fit."
        ),
        "key-not-lent-for-this": _said(
            400, "InvalidKeyUsageException", "The key is not lent to this connection for this operation."
        ),
        "connection-off": _said(400, "InvalidStateException", "The connection is switched off."),
    }
)


def said(refusal: Refusal) -> Said:
    """The row for a refusal: by its code, else by its kind; `broken` only by its kind."""
    if refusal.kind is Kind.BROKEN:
        return KINDS[Kind.BROKEN]
    return CODES.get(refusal.code) or KINDS[refusal.kind]


def body(refusal: Refusal) -> bytes:
    """The error as it travels. One who may ask is told where (`facts["ask"]`), and why it was no."""
    row = said(refusal)
    parts = [row.message]
    member = refusal.facts.get("member")
    if isinstance(member, str):
        parts.append(f"Member: {member}.")
    rules = refusal.facts.get("rules")
    if isinstance(rules, tuple) and rules:
        parts.append(f"Said no: {', '.join(rules)}.")
    ask = refusal.facts.get("ask")
    if isinstance(ask, str):
        parts.append(f"Ask for access: {ask}")
    text = "".join(one if " " <= one <= "~" else "?" for one in " ".join(parts))
    return msgspec.json.encode(_Body(error_name=row.name, error_message=text[:MESSAGE_CHARACTERS_MAX]))
