"""One sheet of an export: JSON lines, sealed to the customer's recipient. Format: docs/formats/export.md."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pyrage  # type: ignore[import-untyped]

from custodes.acts.asks.objects import Store
from custodes.acts.writing.object_rows import VersionRow
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import malformed
from custodes.objects.bucket import Bucket
from custodes.objects.rules.state import NOTHING, State

SHEET_V1 = "custodes/export-sheet/v1"
RECIPIENT_CHARACTERS_MAX = 100
CUSTOMERS_OWN = "customer"  # the data key of the sheet is one half of it


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: whose sheet, of which bucket, and where its blobs lie."""

    house: str
    customer: str
    export: str
    bucket: Bucket
    stores: tuple[Store, ...]
    log: str
    index: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its data key; None for a delete marker."""

    row: VersionRow
    data_key: bytes | None
    state: State | None = NOTHING  # None: it was forged

    def __repr__(self) -> str:
        return f"Line({self.row.version!r})"


def checked_recipient(text: str) -> str:
    """An age X25519 recipient (age-encryption.org/v1); `bad-export` (malformed) for anything else."""
    if len(text) > RECIPIENT_CHARACTERS_MAX:
        raise malformed("bad-export", member="recipient")
    try:
        return str(pyrage.x25519.Recipient.from_str(text))
    except (pyrage.RecipientError, ValueError) as error:
        raise malformed("bad-export", member="recipient") from error


def written(head: Head, versions: Iterable[Line]) -> bytes:
    """The sheet's plain text."""
    lines = [canonical.encode(_head(head)), *(canonical.encode(_line(one)) for one in versions)]
    return b"".join(line + b"\n" for line in lines)


def sealed(recipient: str, plain: bytes) -> bytes:
    """The sheet as an age file that only `recipient` opens."""
    return bytes(pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(recipient)]))


def _head(head: Head) -> dict[str, Any]:
    return {
        "v": SHEET_V1,
        "house": head.house,
        "customer": head.customer,
        "export": head.export,
        "bucket": head.bucket.id,
        "name": head.bucket.name,
        "stores": [{"location": one.location, "uri": one.uri} for one in head.stores],
        "entry": [head.log, head.index],
    }


def _line(one: Line) -> dict[str, Any]:
    row = one.row
    line: dict[str, Any] = {
        "name": row.name,
        "version": row.version,
        "at": to_text(row.at),
        "sequence": row.seq,
        "is_null": row.is_null,
    }
    if one.data_key is None:
        return {**line, "marker": True}
    line |= {
        "size": row.size,
        "data_key": canonical.b64(one.data_key),
        "manifest": canonical.b64(row.manifest),
        "blobs": [list(pair) for pair in row.blobs],
    }
    told = _told(one.state)
    return {**line, "state": told} if told else line


def _told(state: State | None) -> dict[str, Any]:
    """What a version was told that holds in any installation; an ACL names applications of this one."""
    if state is None:
        return {"forged": True}
    told: dict[str, Any] = {"tags": [list(tag) for tag in state.tags]} if state.tags else {}
    if state.retention is not None:
        told["retention"] = {"mode": state.retention.mode.value, "until": state.retention.until}
    if state.is_held:
        told["held"] = True
    if state.sse == CUSTOMERS_OWN:
        told["sse"] = state.sse
    return told
