"""A release bundle's signature (docs/formats/bundle.md): sums of all files, a document over them, a file key.

Whoever checks needs the public key from elsewhere; nothing that is in the bundle makes it trustworthy.
"""

import hashlib
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, malformed, unauthenticated
from custodes.parties.signature import to_sign, verify_ed25519

from .file_key import FileKey

BUNDLE_V1 = "custodes/bundle/v1"
SUMS, DOCUMENT, SIGNATURE = "SHA256SUMS", "bundle.json", "bundle.sig"
UNSUMMED = frozenset({SUMS, DOCUMENT, SIGNATURE})
SMALL_BYTES_MAX, FILES_MAX, BYTES_MAX = 4_194_304, 20_000, 4 * 2**30
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]{1,1000})")
_PIECE = 1_048_576


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed: the release, and the SHA-256 of `SHA256SUMS` in base64."""

    v: str
    release: str
    sums: str


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that is what its signer signed."""

    release: str
    signed_by: str
    files: int
    size_bytes: int


def sign(folder: Path, release: str, key: FileKey) -> None:
    """Write sums, document and signature into a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = (f"{_hashed(path.open('rb'))}  {path.relative_to(folder).as_posix()}\n" for path in files)
    sums = "".join(lines).encode()
    made = Document(v=BUNDLE_V1, release=release, sums=canonical.b64(hashlib.sha256(sums).digest()))
    document = canonical.encode(msgspec.to_builtins(made))
    (folder / SUMS).write_bytes(sums)
    (folder / DOCUMENT).write_bytes(document)
    (folder / SIGNATURE).write_bytes(key.sign(hashlib.sha256(document).digest()))


def verify(file: Path, public: bytes) -> Verified:
    """Check a whole bundle under a public key (32 bytes).

    `bundle-damaged` (malformed) for what is no bundle, has a file too many, too few or another one;
    `bundle-not-signed` (unauthenticated) for a signature that is not by this key over this document.
    """
    small: dict[str, bytes] = {}
    found: dict[str, str] = {}
    size = 0
    for name, body, length in _members(file):
        size += length
        if name in UNSUMMED:
            if length > SMALL_BYTES_MAX or name in small:
                raise _damaged(name)
            small[name] = body.read()
        elif name in found:
            raise _damaged(name)
        else:
            found[name] = _hashed(body)
        if len(found) > FILES_MAX or size > BYTES_MAX:
            raise _damaged("too large")
    if set(small) != UNSUMMED:
        raise _damaged(", ".join(sorted(UNSUMMED - set(small))))
    document = _signed(small, public)
    for name in sorted(found.keys() ^ _sums(small[SUMS]).keys()):
        raise _damaged(name)
    for name, digest in _sums(small[SUMS]).items():
        if found[name] != digest:
            raise _damaged(name)
    return Verified(
        release=document.release, signed_by=public_text(public), files=len(found), size_bytes=size
    )


def public_text(public: bytes) -> str:
    """A public key as it is written down."""
    return canonical.b64(public)


def _signed(small: dict[str, bytes], public: bytes) -> Document:
    digest = hashlib.sha256(small[DOCUMENT]).digest()
    if not verify_ed25519(public, small[SIGNATURE], to_sign(digest)):
        raise unauthenticated("bundle-not-signed")
    try:
        document = msgspec.convert(canonical.decode(small[DOCUMENT]), Document)
    except (ValueError, msgspec.ValidationError, Refusal):
        raise _damaged(DOCUMENT) from None
    if document.v != BUNDLE_V1 or document.sums != canonical.b64(hashlib.sha256(small[SUMS]).digest()):
        raise _damaged(SUMS)
    return document


def _sums(raw: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None or match[2] in found:
            raise _damaged(SUMS)
        found[match[2]] = match[1]
    return found


def _members(file: Path) -> Iterator[tuple[str, IO[bytes], int]]:
    """Plain files below the one folder, in their order; anything else is no bundle."""
    top = ""
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                top = top or path.parts[0]
                body = tar.extractfile(member) if member.isreg() else None
                is_inside = len(path.parts) > 1 and path.parts[0] == top and ".." not in path.parts
                if body is None or not is_inside or path.is_absolute():
                    raise _damaged(member.name[:200])
                yield path.relative_to(top).as_posix(), body, member.size
    except (OSError, tarfile.TarError, EOFError) as error:
        raise _damaged(type(error).__name__) from error


def _hashed(body: IO[bytes]) -> str:
    made = hashlib.sha256()
    with body:
        while piece := body.read(_PIECE):
            made.update(piece)
    return made.hexdigest()


def _damaged(what: str) -> Refusal:
    return malformed("bundle-damaged", what=what)
