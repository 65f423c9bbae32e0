"""A "no" in the transit engine's words: a status and `{"errors": [...]}`.

Texts that tools look for are the ones OpenBao uses; whatever is wrong with a ciphertext has one text.
"""

from types import MappingProxyType

from custodes.kernel.refusal import Kind, Refusal

KINDS: MappingProxyType[Kind, tuple[int, str]] = MappingProxyType(
    {
        Kind.MALFORMED: (400, "invalid request"),
        Kind.UNAUTHENTICATED: (403, "permission denied"),
        Kind.DENIED: (403, "permission denied"),
        Kind.ABSENT: (404, ""),
        Kind.CONFLICT: (400, "the request does not fit the state of the key"),
        Kind.LOCKED: (403, "permission denied: locked"),
        Kind.LIMITED: (429, "too many requests"),
        Kind.UNAVAILABLE: (503, "temporarily unavailable"),
        Kind.BROKEN: (500, "internal error"),
    }
)
# What may be wrong with one item; also the text of a batch's member.
FAULTS: MappingProxyType[str, str] = MappingProxyType(
    {
        "bad-base64": "illegal base64 data",
        "bad-digest": "the prepared hash does not fit the hash algorithm or the key",
        "bad-parameter": "a parameter has the wrong form or value",
        "ciphertext-mismatch": "cipher: message authentication failed",
        "message-too-long": "the message is too long for the key",
        "missing-ciphertext": "missing ciphertext to decrypt",
        "missing-context": (
            "missing 'context' for key derivation; the key was created using a derived key, which means "
            "additional, per-request information must be included in order to perform operations with the key"
        ),
        "missing-input": "missing input",
        "missing-plaintext": "missing plaintext to encrypt",
        "no-prefix": "invalid ciphertext: no prefix",
        "unsupported-parameter": "a parameter is not supported here",
        "version-below-minimum": "ciphertext or signature version is disallowed by policy (too old)",
        "version-destroyed": "no such key version",
        "version-retired": "requested version is less than the minimum encryption key version",
        "version-unknown": "invalid ciphertext: version is too new",
    }
)
CODES: MappingProxyType[str, tuple[int, str]] = MappingProxyType(
    {
        **{code: (400, text) for code, text in FAULTS.items()},
        "batch-too-large": (400, "the batch is too large"),
        "body-too-large": (413, "request body too large"),
        "deletion-by-quorum": (
            400,
            "deletion is not allowed for this key: two organisations schedule it in the console",
        ),
        "house-sealed": (503, "Vault is sealed"),
        "import-mismatch": (400, "failed to unwrap the imported key"),
        "import-unfit": (400, "what was imported cannot be a key of this type"),
        "key-not-imported": (400, "the import_version endpoint can only be used with an imported key"),
        "kind-unfit": (400, "key type does not support this operation"),
        "method-not-allowed": (405, "unsupported operation"),
        "missing-batch": (400, "missing batch input to process"),
        "missing-parcel": (400, "missing ciphertext: a key wrapped to transit/wrapping_key"),
        "missing-signature": (400, "neither a 'signature' nor an 'hmac' were given to verify"),
        "no-import-key": (400, "read transit/wrapping_key first: the key must be wrapped to it"),
        "no-such-transit-key": (400, "encryption key not found"),
        "rotated-elsewhere": (
            400,
            "imported key does not allow rotation here: import a further version (import_version)",
        ),
        "slow-body": (408, "request timed out"),
    }
)


def said(refusal: Refusal) -> tuple[int, tuple[str, ...]]:
    """Status and errors; why a rule said no, and who can change it, follows in sentences of its own."""
    status, text = CODES.get(refusal.code, KINDS[refusal.kind])
    if not text:
        return status, ()
    named = refusal.facts.get("name")
    first = f"{text}: {named}" if isinstance(named, str) else text
    why = refusal.facts.get("why")
    if refusal.kind is Kind.LOCKED and refusal.code not in CODES:
        first = f"{first}: {refusal.code}"
    return status, (first, *(why if isinstance(why, tuple) else ()))
