"""What a body may say of a key that is made, or of how it is set, and what of it has no meaning here."""

from collections.abc import Mapping
from typing import Any

import msgspec

from custodes.kernel.refusal import malformed

from .asking import flag, number, text

# Members that would let a key out, be destroyed by one person, or do something we do not do.
_REFUSED_FLAGS = ("exportable", "allow_plaintext_backup", "convergent_encryption", "deletion_allowed")
_REFUSED_TEXTS = ("managed_key_name", "managed_key_id", "parameter_set", "hybrid_key_type_pqc")
_NO_PERIODS = (None, "", 0, "0", "0s", "0h")


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key to be made."""

    kind: str
    is_derived: bool


def new_key(body: Mapping[str, Any]) -> NewKey:
    """Kind and derivation; `unsupported-parameter`, `bad-parameter` (malformed)."""
    refuse_flags(body)
    if number(body, "key_size", 32) != 32:
        raise malformed("unsupported-parameter", name="key_size")
    return NewKey(kind=text(body, "type", "aes256-gcm96"), is_derived=flag(body, "derived"))


def minimum(body: Mapping[str, Any], newest: int) -> int | None:
    """The oldest version that is to open, None where nothing is said; refusals as above."""
    refuse_flags(body)
    if number(body, "min_encryption_version", 0) not in {0, newest}:
        raise malformed("unsupported-parameter", name="min_encryption_version")
    wanted = number(body, "min_decryption_version", 0)
    if wanted > newest:
        raise malformed("bad-parameter", name="min_decryption_version")
    return wanted or None


def refuse_flags(body: Mapping[str, Any]) -> None:
    """`unsupported-parameter` (malformed) for what would let a key out or has no meaning here."""
    for name in _REFUSED_FLAGS:
        if flag(body, name):
            raise malformed("unsupported-parameter", name=name)
    for name in _REFUSED_TEXTS:
        if text(body, name):
            raise malformed("unsupported-parameter", name=name)
    if body.get("auto_rotate_period") not in _NO_PERIODS:
        raise malformed("unsupported-parameter", name="auto_rotate_period")
