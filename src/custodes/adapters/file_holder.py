"""The file holder: a root that rests in one file (docs/formats/wrap.md, "Holder file").

`file:/path` is opened by a passphrase: Argon2id (RFC 9106) makes the kek that wraps the root, and a check
value tells a wrong passphrase from a damaged file; or by shares of several organisations, which took the
place of the passphrase (`share_file.py`). `keyfile:/path` holds the root as it is: whoever reads
the file has it, so it is for demos and for machines whose disk is somebody else's duty.

The open root lives in this object and `seal()` lets go of it. Python cannot wipe memory: root on this
machine may still find it there, which is why receipts name the grade `file`.
"""

import hmac
import os
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, unquote, urlsplit

import msgspec

from custodes.custody import wrap as wraps
from custodes.custody.holder import holder_gone, holder_sealed, wrong_secret
from custodes.custody.shares import ShareSet
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, conflict, malformed, unavailable

from . import passphrase as passphrases
from . import private_file
from .holders import share_file
from .holders.share_file import FILE_BYTES_MAX, FORMAT, SharesFile
from .passphrase import Argon2

_SCHEME_KINDS = {"file": frozenset({"passphrase", "shares"}), "keyfile": frozenset({"keyfile"})}


class PassphraseFile(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="passphrase"
):
    """A root wrapped under a stretched passphrase; bytes as base64."""

    check: str
    format: str
    holder: str
    kdf: Argon2
    wrapped: str


class KeyFile(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="keyfile"
):
    """A root in the clear."""

    format: str
    holder: str
    root: str

    def __repr__(self) -> str:
        return "KeyFile(...)"


class FileHolder:
    """A Holder whose root rests in a file; comes up sealed and touches the file only to unseal."""

    __slots__ = ("_kinds", "_path", "_root", "_uri")

    def __init__(self, uri: str) -> None:
        """`holder-uri` (malformed) unless it is `file:` or `keyfile:` and an absolute path."""
        parts = urlsplit(uri)
        path = unquote(parts.path)
        is_plain = not (parts.netloc or parts.query or parts.fragment) and "\0" not in path
        if parts.scheme not in _SCHEME_KINDS or not is_plain or not path.startswith("/"):
            raise malformed("holder-uri")
        self._uri = f"{parts.scheme}:{quote(path)}"
        self._path = Path(path)
        self._kinds = _SCHEME_KINDS[parts.scheme]
        self._root: bytes | None = None

    @property
    def uri(self) -> str:
        """`file:/path` or `keyfile:/path`."""
        return self._uri

    @property
    def grade(self) -> str:
        """Always `file`."""
        return "file"

    @property
    def is_sealed(self) -> bool:
        """Whether the root is not at hand."""
        return self._root is None

    @property
    def opens_itself(self) -> bool:
        """A key file needs nothing; a passphrase is somebody's."""
        return "keyfile" in self._kinds

    def unseal(self, secret: bytes) -> None:
        """Read the file and open it with the passphrase's bytes, or with the secret that shares combine to; a
        key file opens with no bytes.

        `wrong-secret` (denied), `holder-gone`, `holder-unsafe` (unavailable), `holder-file` (broken). A
        failed attempt changes nothing.
        """
        self._root = _open(_read(self._path), self._kinds, secret)

    def share_set(self) -> tuple[str, ShareSet] | None:
        """(name of the holder, its shares), read anew; None when a passphrase or nothing opens the file."""
        body = _decode(_read(self._path), self._kinds)
        return (body.holder, body.shares) if isinstance(body, SharesFile) else None

    def submission_seed(self) -> bytes:
        """Seed of the key that signs offers to custodians; `holder-file` (broken) without shares."""
        body = _decode(_read(self._path), self._kinds)
        if not isinstance(body, SharesFile):
            raise Refusal("holder-file", Kind.BROKEN)
        return canonical.unb64(body.submission)

    def seal(self) -> None:
        """Let go of the root."""
        self._root = None

    def probe(self) -> None:
        """The root is in memory or it is not: `holder-sealed` (locked)."""
        self._at_hand()

    def wrap(self, context: wraps.Context, secret: bytes, dice: Dice) -> bytes:
        """Wrap under the root; `holder-sealed` (locked)."""
        return wraps.wrap(self._at_hand(), context, secret, dice)

    def unwrap(self, context: wraps.Context, wrapped: bytes) -> bytes:
        """Open a wrap; `holder-sealed` (locked), `wrap-mismatch` (broken)."""
        return wraps.unwrap(self._at_hand(), context, wrapped)

    def _at_hand(self) -> bytes:
        root = self._root
        if root is None:
            raise holder_sealed()
        return root

    def __repr__(self) -> str:
        return "FileHolder(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a holder does not travel")


def create(path: Path, passphrase: bytes | None, dice: Dice) -> str:
    """Write a new holder file with a fresh root, mode 0600, and return its URI.

    With a passphrase (its UTF-8 bytes, Unicode NFC) the URI is `file:`, without one `keyfile:`.
    `passphrase-length` (malformed), `holder-exists` (conflict; nothing is ever overwritten),
    `holder-gone` (unavailable) when the folder cannot be written.
    """
    root, name = dice.draw(wraps.KEY_BYTES), dice.draw(16).hex()
    if passphrase is None:
        body: PassphraseFile | KeyFile = KeyFile(format=FORMAT, holder=name, root=canonical.b64(root))
    else:
        passphrases.demand_length(passphrase)
        kdf = Argon2(salt=canonical.b64(dice.draw(passphrases.SALT_BYTES)))
        kek, check = _stretch(passphrase, name, kdf)
        wrapped = wraps.wrap(kek, _context(name), root, dice)
        body = PassphraseFile(
            format=FORMAT, holder=name, kdf=kdf, check=canonical.b64(check), wrapped=canonical.b64(wrapped)
        )
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a symlink we must refuse
    try:
        private_file.write_new(absolute, canonical.encode(msgspec.to_builtins(body)))
    except private_file.Exists:
        raise conflict("holder-exists") from None
    except private_file.Gone:
        raise holder_gone() from None
    return f"{'keyfile' if passphrase is None else 'file'}:{quote(str(absolute))}"


def open_root(path: Path, secret: bytes) -> bytes:
    """The root in the clear, for a ceremony without a network; refusals as `FileHolder.unseal`."""
    return _open(_read(path), _SCHEME_KINDS["file"], secret)


def naming(path: Path) -> tuple[str, ShareSet | None]:
    """(name of the holder in a `file:` holder file, its shares if it has any)."""
    body = _decode(_read(path), _SCHEME_KINDS["file"])
    return body.holder, body.shares if isinstance(body, SharesFile) else None


def _decode(raw: bytes, kinds: frozenset[str]) -> PassphraseFile | KeyFile | SharesFile:
    try:
        body = msgspec.convert(canonical.decode(raw), PassphraseFile | KeyFile | SharesFile)
        if body.format != FORMAT or body.__struct_config__.tag not in kinds:
            raise ValueError("not what the URI says")
        if isinstance(body, KeyFile):
            is_whole = len(canonical.unb64(body.root)) == wraps.KEY_BYTES
        elif isinstance(body, SharesFile):
            is_whole = share_file.is_whole(body)
        else:
            passphrases.check_costs(body.kdf)
            canonical.unb64(body.wrapped)
            is_whole = len(canonical.unb64(body.check)) == passphrases.CHECK_BYTES
        if not is_whole:
            raise ValueError("lengths")
    except (ValueError, msgspec.ValidationError, Refusal):
        raise Refusal("holder-file", Kind.BROKEN) from None
    return body


def _open(raw: bytes, kinds: frozenset[str], secret: bytes) -> bytes:
    body = _decode(raw, kinds)
    if isinstance(body, KeyFile):
        if secret:
            raise wrong_secret()
        return canonical.unb64(body.root)
    if isinstance(body, SharesFile):
        root = share_file.open_root(body, secret)
    else:
        if not passphrases.is_long_enough(secret):
            raise wrong_secret()
        kek, expected = _stretch(secret, body.holder, body.kdf)
        if not hmac.compare_digest(expected, canonical.unb64(body.check)):
            raise wrong_secret()
        root = wraps.unwrap(kek, _context(body.holder), canonical.unb64(body.wrapped))
    if len(root) != wraps.KEY_BYTES:
        raise Refusal("holder-file", Kind.BROKEN)
    return root


def _stretch(passphrase: bytes, name: str, kdf: Argon2) -> tuple[bytes, bytes]:
    return passphrases.stretch(passphrase, kdf, {"holder": name, "label": FORMAT})


def _context(name: str) -> wraps.Context:
    return wraps.Context(
        house="", customer="", key="", version=0, purpose=wraps.Purpose.HOLDER_ROOT, subject=name
    )


def _read(path: Path) -> bytes:
    try:
        raw = private_file.read(path, FILE_BYTES_MAX)
    except private_file.Unsafe as found:
        raise unavailable("holder-unsafe", why=found.why) from None
    except private_file.Gone:
        raise holder_gone() from None
    if len(raw) > FILE_BYTES_MAX:
        raise Refusal("holder-file", Kind.BROKEN)
    return raw
