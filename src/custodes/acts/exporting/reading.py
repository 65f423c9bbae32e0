"""Reading a sheet again, in the installation an export is restored into. Format: docs/formats/export.md.

What is read was written by another house: it is believed only as far as its manifests, which its data keys
open, bear it out.
"""

from typing import TypeVar

import msgspec
import pyrage  # type: ignore[import-untyped]

from custodes.custody.manifest import Manifest, open_manifest
from custodes.kernel.refusal import Refusal, malformed
from custodes.objects.export import VERSIONS_MAX
from custodes.objects.names import check_key
from custodes.objects.rules.locks import Retention
from custodes.objects.rules.tags import Tags

from .sheet import CUSTOMERS_OWN, SHEET_V1

__all__ = ["CUSTOMERS_OWN"]

_T = TypeVar("_T")
SHEET_BYTES_MAX = 3_670_016  # sealed: one ask holds it
LINE_BYTES_MAX = 3_145_728


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a version was told to keep beside its content."""

    tags: Tags = ()
    retention: Retention | None = None
    held: bool = False
    sse: str = ""
    forged: bool = False


NOTHING_TOLD = Told()


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sheet it is; the ids are another house's."""

    v: str
    house: str
    customer: str
    bucket: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One version as the sheet has it."""

    name: str
    version: str
    at: str
    sequence: int
    marker: bool = False
    size: int = 0
    data_key: bytes = b""
    manifest: bytes = b""
    state: Told = NOTHING_TOLD

    def __repr__(self) -> str:
        return f"Line({self.version!r})"


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet that was opened; `plain` is its text."""

    head: Head
    lines: tuple[Line, ...]
    plain: bytes

    def __repr__(self) -> str:
        return f"Sheet({self.head.bucket!r})"

    @property
    def origin(self) -> str:
        """The house and the bucket it is of."""
        return f"{self.head.house}/{self.head.bucket}"

    def line(self, version: str) -> Line | None:
        """The line of one version."""
        return next((line for line in self.lines if line.version == version), None)


def new_identity() -> tuple[str, bytes]:
    """(recipient, identity): sheets sealed to the one are opened by the other, which is a secret."""
    made = pyrage.x25519.Identity.generate()
    return str(made.to_public()), str(made).encode("ascii")


def opened(identity: bytes, sealed: bytes) -> Sheet:
    """Open and read a sheet; `bad-sheet` (malformed; fact `why`)."""
    if len(sealed) > SHEET_BYTES_MAX:
        raise _bad("too-long")
    try:
        key = pyrage.x25519.Identity.from_str(identity.decode("ascii"))
        plain = bytes(pyrage.decrypt(sealed, [key]))
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError) as error:
        raise _bad("not-sealed-to-the-recipient") from error
    return read(plain)


def read(plain: bytes) -> Sheet:
    """Read a sheet's plain text; `bad-sheet` (malformed; fact `why`)."""
    raw = plain.split(b"\n")
    if raw[-1] != b"" or not 1 <= len(raw) - 1 <= VERSIONS_MAX + 1:
        raise _bad("lines")
    head = _decoded(raw[0], Head)
    if head.v != SHEET_V1:
        raise _bad("another-format")
    lines = tuple(_decoded(one, Line) for one in raw[1:-1])
    if len({line.version for line in lines}) != len(lines) or any(line.sequence < 0 for line in lines):
        raise _bad("versions")
    for line in lines:
        _check_name(line.name)
    return Sheet(head=head, lines=lines, plain=plain)


def manifest_of(sheet: Sheet, line: Line) -> Manifest:
    """The manifest of a version, opened with its data key: `wrap-mismatch` and its like (broken), also
    where it is of something else than the line says.
    """
    ids = (sheet.head.house, sheet.head.customer, line.version)
    return open_manifest(line.data_key, ids, line.manifest)


def _decoded(raw: bytes, kind: type[_T]) -> _T:
    if len(raw) > LINE_BYTES_MAX:
        raise _bad("too-long")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _bad("another-form") from error


def _check_name(name: str) -> None:
    try:
        check_key(name.encode("utf-8"))
    except (Refusal, UnicodeEncodeError) as error:
        raise _bad("a-name") from error


def _bad(why: str) -> Refusal:
    return malformed("bad-sheet", why=why)
