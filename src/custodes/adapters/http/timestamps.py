"""Time stamps of an outside authority over a checkpoint (RFC 3161), by URL.

A token says that the authority has seen these very bytes not later than its time; a qualified one is presumed
right in the EU (Regulation (EU) 910/2014, Article 41). It is checked before it is kept: status, nonce, hash,
signature and chain up to the roots the operator pinned.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from custodes.kernel.refusal import malformed, unauthenticated, unavailable

from .plain import PlainHttp
from .route import Route

TOKEN_BYTES_MAX = 64 * 1_024
_ASK, _ANSWER = "application/timestamp-query", "application/timestamp-reply"


class TimestampAuthority:
    """Fulfils `acts.logkeeper.ports.TimeStamps` for one authority."""

    def __init__(self, url: str, roots: Path, *, timeout_s: float = 20.0, route: Route | None = None) -> None:
        """`roots` is a PEM file with the certificates that are trusted; `bad-roots` (malformed)."""
        self._http = PlainHttp(url, timeout_s=timeout_s, bytes_max=TOKEN_BYTES_MAX, route=route)
        self._roots = roots_of(roots)

    def stamp(self, body: bytes) -> bytes:
        """The authority's whole answer (DER) over SHA-256 of `body`, checked.

        Blocks. `timestamp-refused`, `url-unreachable` (unavailable), `bad-timestamp` (unauthenticated).
        """
        builder = TimestampRequestBuilder().data(body).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        headers = {"content-type": _ASK, "accept": _ANSWER}
        answer = self._http.post("", request.as_bytes(), headers)
        if answer.status != 200 or answer.media != _ANSWER:
            raise unavailable("timestamp-refused", status=answer.status)
        stamped_at(answer.body, body, self._roots, nonce=request.nonce)
        return answer.body


def stamped_at(
    token: bytes, body: bytes, roots: Sequence[Certificate], *, nonce: int | None = None
) -> datetime:
    """The authority's time for `body`, if the token holds: `bad-timestamp` (unauthenticated)."""
    try:
        found: TimeStampResponse = decode_timestamp_response(token)
        builder = VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        if nonce is not None:
            builder = builder.nonce(nonce)
        builder.build().verify_message(found, body)
    except (VerificationError, ValueError) as error:
        raise unauthenticated("bad-timestamp", why=str(error)[:200]) from error
    return found.tst_info.gen_time.astimezone(UTC)


def roots_of(path: Path) -> list[Certificate]:
    """Certificates of a PEM file (`bad-roots`)."""
    try:
        found = load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise malformed("bad-roots") from error
    return found
