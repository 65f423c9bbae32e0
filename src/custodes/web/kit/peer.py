"""The client's certificate, as the TLS front in front of us saw it.

The server shows no peer certificate to the application, so the front passes it in one header: `Client-Cert`
as RFC 9440 (`:base64 DER:`), or URL-escaped PEM as nginx writes it. It is believed only on a UNIX socket that
nobody but the front can reach, and is recorded as asserted by the plane.
"""

import binascii
import hashlib
from base64 import b64decode
from urllib.parse import unquote

import msgspec
from starlette.datastructures import Headers

from custodes.kernel.refusal import malformed

HEADER = "client-cert"
CERTIFICATE_BYTES_MAX = 16_384
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate somebody else checked; whether it is trusted is decided where the evidence goes."""

    der: bytes
    sha256: str
    asserted_by: str = "plane"


def peer(headers: Headers, *, is_unix_socket: bool) -> Peer | None:
    """The asserted peer; None on TCP whatever the header says (`malformed-certificate`)."""
    values = headers.getlist(HEADER) if is_unix_socket else []
    if not values or values == [""]:
        return None
    if len(values) > 1 or len(values[0]) > 2 * CERTIFICATE_BYTES_MAX:
        raise malformed("malformed-certificate")
    der = _der(values[0].strip())
    return Peer(der=der, sha256=hashlib.sha256(der).hexdigest())


def _der(text: str) -> bytes:
    if text.startswith(":") and text.endswith(":") and len(text) > 2:
        text = text[1:-1]
    else:
        text = unquote(text).strip()
        if not text.startswith(_BEGIN) or not text.endswith(_END):
            raise malformed("malformed-certificate")
        text = "".join(text[len(_BEGIN) : -len(_END)].split())
    try:
        der = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed("malformed-certificate") from error
    if not 4 < len(der) <= CERTIFICATE_BYTES_MAX or der[0] != 0x30:  # a DER SEQUENCE
        raise malformed("malformed-certificate")
    return der
