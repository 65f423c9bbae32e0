"""A person's or an organisation's Ed25519 key in a file (docs/formats/file-key.md).

`passphrase` files hold the seed wrapped under a stretched passphrase (Argon2id, RFC 9106, as in a holder
file); `plain` files hold it as it is, so whoever reads the file is that person. The public key is readable
without a passphrase and is checked against the seed at each opening.
"""

import errno
import hmac
import os
import stat
from pathlib import Path
from typing import NoReturn

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.custody import wrap as wraps
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, conflict, denied, malformed, unavailable
from custodes.parties.signature import to_sign

from .file_holder import (
    LANES_MAX,
    MEMORY_KIB_MAX,
    MEMORY_KIB_MIN,
    PASSES_MAX,
    PASSES_MIN,
    PASSPHRASE_BYTES_MAX,
    PASSPHRASE_BYTES_MIN,
    Argon2,
)

FORMAT = "custodes/file-key/v1"
FILE_BYTES_MAX = 4_096


class PassphraseKey(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="passphrase"
):
    """A seed wrapped under a stretched passphrase; bytes as base64."""

    check: str
    format: str
    kdf: Argon2
    public: str
    wrapped: str


class PlainKey(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="plain"
):
    """A seed in the clear."""

    format: str
    public: str
    seed: str

    def __repr__(self) -> str:
        return "PlainKey(...)"


class FileKey:
    """An opened key: it signs 32-byte hashes of documents and gives nothing else away."""

    __slots__ = ("_private", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    def sign(self, document_hash: bytes) -> bytes:
        """64 bytes of Ed25519 over `parties.signature.to_sign`; ValueError unless handed a SHA-256."""
        return self._private.sign(to_sign(document_hash))

    def __repr__(self) -> str:
        return "FileKey(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key does not travel")


def create(path: Path, passphrase: bytes | None, dice: Dice) -> bytes:
    """Write a new key, mode 0600, and return its public key, 32 bytes; nothing is ever overwritten.

    Without a passphrase (UTF-8, Unicode NFC) the seed lies in the clear. `passphrase-length` (malformed),
    `file-key-exists` (conflict), `file-key-gone` (unavailable) when the folder cannot be written.
    """
    seed = dice.draw(wraps.KEY_BYTES)
    public = canonical.b64(FileKey(Ed25519PrivateKey.from_private_bytes(seed)).public)
    if passphrase is None:
        body: PassphraseKey | PlainKey = PlainKey(format=FORMAT, public=public, seed=canonical.b64(seed))
    else:
        if not PASSPHRASE_BYTES_MIN <= len(passphrase) <= PASSPHRASE_BYTES_MAX:
            raise malformed(
                "passphrase-length", bytes_min=PASSPHRASE_BYTES_MIN, bytes_max=PASSPHRASE_BYTES_MAX
            )
        kdf = Argon2(salt=canonical.b64(dice.draw(16)))
        kek, check = _stretch(passphrase, public, kdf)
        wrapped = wraps.wrap(kek, _context(public), seed, dice)
        body = PassphraseKey(
            format=FORMAT,
            kdf=kdf,
            check=canonical.b64(check),
            public=public,
            wrapped=canonical.b64(wrapped),
        )
    _write_new(path, canonical.encode(msgspec.to_builtins(body)))
    return canonical.unb64(public)


def public_of(path: Path) -> bytes:
    """The public key, 32 bytes, without opening the file; see `open_key` for the refusals."""
    return canonical.unb64(_read(path).public)


def is_plain(path: Path) -> bool:
    """Whether no passphrase opens it."""
    return isinstance(_read(path), PlainKey)


def open_key(path: Path, passphrase: bytes) -> FileKey:
    """Open a key; a plain one opens with no bytes.

    `wrong-passphrase` (denied), `file-key-gone`, `file-key-unsafe` (unavailable; fact `why`),
    `bad-file-key` (malformed).
    """
    body = _read(path)
    if isinstance(body, PlainKey):
        seed = canonical.unb64(body.seed)
    else:
        kek, expected = _stretch(passphrase, body.public, body.kdf)
        if not hmac.compare_digest(expected, canonical.unb64(body.check)):
            raise denied("wrong-passphrase")
        try:
            seed = wraps.unwrap(kek, _context(body.public), canonical.unb64(body.wrapped))
        except Refusal as refusal:
            raise malformed("bad-file-key") from refusal
    if len(seed) != wraps.KEY_BYTES:
        raise malformed("bad-file-key")
    key = FileKey(Ed25519PrivateKey.from_private_bytes(seed))
    if canonical.b64(key.public) != body.public:
        raise malformed("bad-file-key")
    return key


def _stretch(passphrase: bytes, public: str, kdf: Argon2) -> tuple[bytes, bytes]:
    """(kek, check value), 32 bytes each; both bound to the public key and the costs."""
    stretched = hash_secret_raw(
        passphrase,
        canonical.unb64(kdf.salt),
        time_cost=kdf.passes,
        memory_cost=kdf.memory_kib,
        parallelism=kdf.lanes,
        hash_len=64,
        type=Type.ID,
        version=kdf.version,
    )
    info = canonical.encode({"kdf": msgspec.to_builtins(kdf), "label": FORMAT, "public": public})
    both = wraps.hkdf_sha512(stretched, b"", info)
    return both[: wraps.KEY_BYTES], both[wraps.KEY_BYTES :]


def _context(public: str) -> wraps.Context:
    return wraps.Context(
        house="", customer="", key="", version=0, purpose=wraps.Purpose.FILE_KEY, subject=public
    )


def _read(path: Path) -> PassphraseKey | PlainKey:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise unavailable("file-key-unsafe", why="symlink") from None
        raise unavailable("file-key-gone") from None
    try:
        _demand_private(os.fstat(handle))
        raw = os.read(handle, FILE_BYTES_MAX + 1)
    except OSError:
        raise unavailable("file-key-gone") from None
    finally:
        os.close(handle)
    try:
        body = msgspec.convert(canonical.decode(raw[: FILE_BYTES_MAX + 1]), PassphraseKey | PlainKey)
        if len(raw) > FILE_BYTES_MAX or body.format != FORMAT or len(canonical.unb64(body.public)) != 32:
            raise ValueError(body.format)
        if isinstance(body, PassphraseKey):
            _check_costs(body.kdf)
            canonical.unb64(body.check)
            canonical.unb64(body.wrapped)
        else:
            canonical.unb64(body.seed)
    except (ValueError, msgspec.ValidationError, Refusal):
        raise malformed("bad-file-key") from None
    return body


def _demand_private(found: os.stat_result) -> None:
    """`file-key-unsafe` (unavailable) unless only the running user can read the file."""
    if not stat.S_ISREG(found.st_mode):
        raise unavailable("file-key-unsafe", why="not-a-file")
    if found.st_uid != os.geteuid():
        raise unavailable("file-key-unsafe", why="other-owner")
    if found.st_mode & 0o077:
        raise unavailable("file-key-unsafe", why="open-to-others")


def _check_costs(kdf: Argon2) -> None:
    """Neither so cheap that a thief can guess nor so dear that a planted file stops the machine."""
    is_kind = (kdf.name, kdf.version) == ("argon2id", Argon2(salt="").version)
    is_sane = MEMORY_KIB_MIN <= kdf.memory_kib <= MEMORY_KIB_MAX and PASSES_MIN <= kdf.passes <= PASSES_MAX
    if not is_kind or not is_sane or not 1 <= kdf.lanes <= LANES_MAX or len(canonical.unb64(kdf.salt)) != 16:
        raise ValueError("kdf")


def _write_new(path: Path, raw: bytes) -> None:
    """The whole file, synced with its folder; one that was begun and not finished is removed."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise conflict("file-key-exists") from None
    except OSError:
        raise unavailable("file-key-gone") from None
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        path.unlink(missing_ok=True)
        raise unavailable("file-key-gone") from None
