"""A person's or an organisation's Ed25519 key in a file (docs/formats/file-key.md).

`passphrase` files hold the seed wrapped under a stretched passphrase (Argon2id, RFC 9106, as in a holder
file); `plain` files hold it as it is, so whoever reads the file is that person. The public key is readable
without a passphrase and is checked against the seed at each opening.
"""

import hmac
from pathlib import Path
from typing import NoReturn

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from custodes.custody import veil_seal
from custodes.custody import wrap as wraps
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, conflict, denied, malformed, unavailable
from custodes.ledger.cosign import Ed25519Cosigner, MlDsa44Cosigner
from custodes.parties.signature import to_sign

from . import passphrase as passphrases
from . import private_file
from .passphrase import Argon2

FORMAT = "custodes/file-key/v1"
FILE_BYTES_MAX = 4_096
_MLDSA44_INFO = b"custodes.file-key-mldsa44/v1\n"


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
        passphrases.demand_length(passphrase)
        kdf = Argon2(salt=canonical.b64(dice.draw(passphrases.SALT_BYTES)))
        kek, check = _stretch(passphrase, public, kdf)
        wrapped = wraps.wrap(kek, _context(public), seed, dice)
        body = PassphraseKey(
            format=FORMAT,
            kdf=kdf,
            check=canonical.b64(check),
            public=public,
            wrapped=canonical.b64(wrapped),
        )
    try:
        private_file.write_new(path, canonical.encode(msgspec.to_builtins(body)))
    except private_file.Exists:
        raise conflict("file-key-exists") from None
    except private_file.Gone:
        raise unavailable("file-key-gone") from None
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
    return FileKey(Ed25519PrivateKey.from_private_bytes(_seed(path, passphrase)))


def cosigners(path: Path, passphrase: bytes, name: str) -> tuple[Ed25519Cosigner, MlDsa44Cosigner]:
    """A witness's two signers under `name`; refusals as in `open_key`.

    The ML-DSA-44 key (FIPS 204) grows from the same seed: HKDF-SHA-512, no salt, info
    `custodes.file-key-mldsa44/v1\\n`, first 32 bytes.
    """
    seed = _seed(path, passphrase)
    other = wraps.hkdf_sha512(seed, b"", _MLDSA44_INFO)[: wraps.KEY_BYTES]
    return (
        Ed25519Cosigner(name, Ed25519PrivateKey.from_private_bytes(seed)),
        MlDsa44Cosigner(name, MLDSA44PrivateKey.from_seed_bytes(other)),
    )


def sealing_key(path: Path, passphrase: bytes) -> X25519PrivateKey:
    """The key to which veils are sealed for its owner (`custody.veil_seal`); refusals as in `open_key`."""
    return veil_seal.sealing_key(_seed(path, passphrase))


def _seed(path: Path, passphrase: bytes) -> bytes:
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
    if canonical.b64(FileKey(Ed25519PrivateKey.from_private_bytes(seed)).public) != body.public:
        raise malformed("bad-file-key")
    return seed


def _stretch(passphrase: bytes, public: str, kdf: Argon2) -> tuple[bytes, bytes]:
    return passphrases.stretch(passphrase, kdf, {"label": FORMAT, "public": public})


def _context(public: str) -> wraps.Context:
    return wraps.Context(
        house="", customer="", key="", version=0, purpose=wraps.Purpose.FILE_KEY, subject=public
    )


def _read(path: Path) -> PassphraseKey | PlainKey:
    try:
        raw = private_file.read(path, FILE_BYTES_MAX, is_folder_checked=False)
    except private_file.Unsafe as found:
        raise unavailable("file-key-unsafe", why=found.why) from None
    except private_file.Gone:
        raise unavailable("file-key-gone") from None
    try:
        body = msgspec.convert(canonical.decode(raw), PassphraseKey | PlainKey)
        if len(raw) > FILE_BYTES_MAX or body.format != FORMAT or len(canonical.unb64(body.public)) != 32:
            raise ValueError(body.format)
        if isinstance(body, PassphraseKey):
            passphrases.check_costs(body.kdf)
            canonical.unb64(body.check)
            canonical.unb64(body.wrapped)
        else:
            canonical.unb64(body.seed)
    except (ValueError, msgspec.ValidationError, Refusal):
        raise malformed("bad-file-key") from None
    return body
