"""Passwords as Argon2id (RFC 9106): 64 MiB, three passes; the same work whether there is one or not."""

from argon2.exceptions import VerificationError
from argon2.low_level import Type, hash_secret, verify_secret

from custodes.kernel.refusal import malformed

SALT_BYTES = 16
CHARACTERS_MIN = 12
CHARACTERS_MAX = 200
MEMORY_KIB = 65_536
PASSES = 3
LANES = 1
HASH_BYTES = 32


def make(password: str, salt: bytes) -> str:
    """What is kept of a password; `password-too-weak` (malformed) by its length."""
    if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
        raise malformed("password-too-weak", characters_min=CHARACTERS_MIN)
    return _hash(password, salt)


def fits(password: str, kept: str | None) -> bool:
    """Whether this is the password; None (nobody there) takes the same work and never fits."""
    if len(password) > CHARACTERS_MAX:
        password = ""
    if kept is None:
        _hash(password, bytes(SALT_BYTES))
        return False
    try:
        return verify_secret(kept.encode("ascii"), password.encode("utf-8", "replace"), Type.ID)
    except VerificationError:
        return False


def _hash(password: str, salt: bytes) -> str:
    made = hash_secret(
        password.encode("utf-8", "replace"),
        salt,
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=HASH_BYTES,
        type=Type.ID,
    )
    return made.decode("ascii")
