"""Signatures of a streaming body's chunks and trailer, checked where the secret is.

Each chunk's signature is over the one before it, so chunks cannot be dropped, repeated or reordered.
Source: S3 API Reference, "Signature calculations for the Authorization header: transferring payload in
multiple chunks" and "... including trailing headers".
"""

import hashlib
import hmac
from collections.abc import Sequence

from custodes.kernel.mac import hmac_sha256
from custodes.kernel.refusal import unauthenticated

_EMPTY = hashlib.sha256(b"").hexdigest()


class ChunkChain:
    """Verifies chunk signatures in order. Holds a derived day key, so it never leaves the keyroom.

    It keeps no place in the stream: the caller passes the last good signature (at first `seed_signature`)
    and is given the next one, so that a batch asked again is checked again.
    """

    __slots__ = ("_date", "_key", "_scope", "seed_signature")

    def __init__(self, *, signing_key: bytes, amz_date: str, scope: str, seed_signature: str) -> None:
        self._key = signing_key
        self._date = amz_date
        self._scope = scope
        self.seed_signature = seed_signature

    def __repr__(self) -> str:
        return f"ChunkChain({self._scope!r})"

    def verify_chunks(self, previous_signature: str, chunks: Sequence[tuple[str, str]]) -> str:
        """Check (SHA-256 hex, signature) pairs in order; return the last signature.

        Refuses `chunk-signature-differs` with the index of the first bad one.
        """
        previous = previous_signature
        for index, (sha256_hex, signature) in enumerate(chunks):
            computed = self.chunk_signature(previous, sha256_hex)
            if not _same(computed, signature):
                raise unauthenticated("chunk-signature-differs", index=index)
            previous = computed
        return previous

    def verify_trailer(self, previous_signature: str, trailer_sha256_hex: str, signature: str) -> str:
        """Check the trailer's signature, which follows that of the last (empty) chunk.

        Refuses `trailer-signature-differs`.
        """
        computed = self.trailer_signature(previous_signature, trailer_sha256_hex)
        if not _same(computed, signature):
            raise unauthenticated("trailer-signature-differs")
        return computed

    def chunk_signature(self, previous: str, sha256_hex: str) -> str:
        """The right signature of a chunk."""
        lines = ("AWS4-HMAC-SHA256-PAYLOAD", self._date, self._scope, previous, _EMPTY, sha256_hex)
        return self._sign(lines)

    def trailer_signature(self, previous: str, sha256_hex: str) -> str:
        """The right signature of a trailer."""
        return self._sign(("AWS4-HMAC-SHA256-TRAILER", self._date, self._scope, previous, sha256_hex))

    def _sign(self, lines: tuple[str, ...]) -> str:
        return hmac_sha256(self._key, "\n".join(lines).encode("utf-8", "replace")).hex()


def signing_key(secret: bytes, date: str, region: str, service: str) -> bytes:
    """Derive the key of one day, region and service from the secret."""
    key = b"AWS4" + secret
    for word in (date, region, service, "aws4_request"):
        key = hmac_sha256(key, word.encode("ascii"))
    return key


def _same(computed: str, given: str) -> bool:
    return hmac.compare_digest(computed.encode("ascii"), given.encode("utf-8", "replace"))
