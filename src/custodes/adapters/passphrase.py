"""Passphrases stretched with Argon2id (RFC 9106): one set of costs and limits for every file they open."""

import msgspec
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw

from custodes.custody import wrap as wraps
from custodes.kernel import canonical
from custodes.kernel.refusal import malformed

LENGTH_BYTES_MIN = 12
LENGTH_BYTES_MAX = 1_024
MEMORY_KIB_MIN, MEMORY_KIB_MAX = 64 * 1024, 1024 * 1024
PASSES_MIN, PASSES_MAX = 3, 16
LANES_MAX = 16
LANES_DEFAULT = 4  # with 64 MiB and 3 passes: RFC 9106 section 4, second recommended option
SALT_BYTES = 16
CHECK_BYTES = 32


class Argon2(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Argon2id's parameters as a file carries them: memory in KiB, version 0x13, salt in base64."""

    lanes: int = LANES_DEFAULT
    memory_kib: int = MEMORY_KIB_MIN
    name: str = "argon2id"
    passes: int = PASSES_MIN
    salt: str
    version: int = ARGON2_VERSION


def is_long_enough(passphrase: bytes) -> bool:
    """Whether its length lies within the limits, in bytes of UTF-8 (Unicode NFC)."""
    return LENGTH_BYTES_MIN <= len(passphrase) <= LENGTH_BYTES_MAX


def demand_length(passphrase: bytes) -> None:
    """`passphrase-length` (malformed) unless `is_long_enough`."""
    if not is_long_enough(passphrase):
        raise malformed("passphrase-length", bytes_min=LENGTH_BYTES_MIN, bytes_max=LENGTH_BYTES_MAX)


def check_costs(kdf: Argon2) -> None:
    """ValueError when so cheap that a thief can guess or so dear that a planted file stops the machine."""
    is_kind = (kdf.name, kdf.version) == ("argon2id", ARGON2_VERSION)
    if not is_kind or len(canonical.unb64(kdf.salt)) != SALT_BYTES:
        raise ValueError("kdf")
    is_sane = MEMORY_KIB_MIN <= kdf.memory_kib <= MEMORY_KIB_MAX and PASSES_MIN <= kdf.passes <= PASSES_MAX
    if not (is_sane and 1 <= kdf.lanes <= LANES_MAX):
        raise ValueError("costs")


def stretch(passphrase: bytes, kdf: Argon2, bound_to: dict[str, object]) -> tuple[bytes, bytes]:
    """(kek, check value), 32 bytes each, bound to the costs and to what else the file says of itself."""
    stretched = hash_secret_raw(
        passphrase,
        canonical.unb64(kdf.salt),
        time_cost=kdf.passes,
        memory_cost=kdf.memory_kib,
        parallelism=kdf.lanes,
        hash_len=wraps.KEY_BYTES + CHECK_BYTES,
        type=Type.ID,
        version=kdf.version,
    )
    info = canonical.encode({**bound_to, "kdf": msgspec.to_builtins(kdf)})
    both = wraps.hkdf_sha512(stretched, b"", info)
    return both[: wraps.KEY_BYTES], both[wraps.KEY_BYTES :]
