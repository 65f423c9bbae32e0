"""Paths, additional data as AES-GCM is given it, and the integrity value of a ciphertext.

Source: XKS proxy API specification 1.0.3, "API operations" (URIs), "Encrypt" (note on lengths), appendix C.
"""

import hashlib
import re

from custodes.kernel.ids import is_id
from custodes.kernel.refusal import absent

from .messages import Operation, Route

BASE = "/kms/xks/v1"
_PATH = re.compile(
    r"/([a-z0-9-]{1,64})/kms/xks/v1/(?:(health)|keys/([A-Za-z0-9._-]{1,128})/(metadata|encrypt|decrypt))"
)


def route(path: bytes) -> Route:
    """What a path asks for; `connection-absent` (absent) for every path that is none of ours."""
    found = _PATH.fullmatch(path.decode("latin-1"))
    if found is None or not is_id("con", found.group(1)):
        raise absent("connection-absent")
    prefix, health, key, operation = found.groups()
    if health:
        return Route(prefix=prefix, operation=Operation.HEALTH)
    return Route(prefix=prefix, operation=Operation(operation), key=key)


def uri_path(prefix: str) -> str:
    """`XksProxyUriPath` of a connection."""
    return f"/{prefix}{BASE}"


def framed(aad: bytes, mark: bytes) -> bytes:
    """Additional data with both lengths, so that neither part can be taken for the other."""
    return len(aad).to_bytes(2, "big") + aad + len(mark).to_bytes(1, "big") + mark


def cdiv(aad: bytes, mark: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> bytes:
    """The ciphertext data integrity value: SHA-256 over the parts as they are, without lengths."""
    return hashlib.sha256(aad + mark + iv + ciphertext + tag).digest()
