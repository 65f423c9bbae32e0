"""What a body may say of a key that comes in wrapped, and what the other end is told it is wrapped to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from custodes.kernel.refusal import malformed

from .asking import flag, number, text
from .creating import refuse_flags
from .marks import decoded

_HASHES: Mapping[str, str] = MappingProxyType(
    {"SHA1": "sha1", "SHA256": "sha2-256", "SHA384": "sha2-384", "SHA512": "sha2-512"}
)


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A key on its way in."""

    parcel: bytes
    hash_name: str
    kind: str
    is_rotated_here: bool

    def __repr__(self) -> str:
        return f"Incoming(kind={self.kind!r})"


def incoming(body: Mapping[str, Any]) -> Incoming:
    """`unsupported-parameter`, `bad-parameter`, `bad-base64`, `missing-parcel` (malformed)."""
    refuse_flags(body)
    for name in ("public_key", "context"):  # a public half alone is used nowhere here
        if text(body, name):
            raise malformed("unsupported-parameter", name=name)
    if flag(body, "derived"):
        raise malformed("unsupported-parameter", name="derived")
    if number(body, "version", 0):
        raise malformed("unsupported-parameter", name="version")
    chosen = _HASHES.get(text(body, "hash_function", "SHA256").upper().replace("-", ""))
    if chosen is None:
        raise malformed("unsupported-parameter", name="hash_function")
    given = text(body, "ciphertext")
    if not given:
        raise malformed("missing-parcel")
    try:
        parcel = decoded(given)
    except ValueError as error:
        raise malformed("bad-base64") from error
    return Incoming(
        parcel=parcel,
        hash_name=chosen,
        kind=text(body, "type", "aes256-gcm96"),
        is_rotated_here=flag(body, "allow_rotation"),
    )


def shown(public: bytes) -> dict[str, str]:
    """The wrapping key as it is read: PEM of its SubjectPublicKeyInfo."""
    key = load_der_public_key(public)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    return {"public_key": pem}
