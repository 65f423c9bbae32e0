"""Asks about customers' keys and their uses."""

import msgspec

from .doors import Ask, Evidence


class UseKey(Ask["Used"], frozen=True, tag="use-key"):
    """-> `Used`. `verb` is `wrap` (message = plaintext) or `unwrap` (message = token of an earlier wrap).

    `context` must be the same bytes at both ends. Refusals: see docs/reference/refusals.md.
    """

    evidence: Evidence
    key: str
    verb: str
    message: bytes
    context: bytes
    purpose: str
    reason: str


class Used(msgspec.Struct, frozen=True, tag="used"):
    """The result, and where its entry stands (committed before the key was used)."""

    message: bytes
    key_version: int
    log: str
    index: int


class CreateKey(Ask["KeyView"], frozen=True, tag="create-key"):
    """-> `KeyView`. `must_be_new`: `name-taken` (conflict) where the customer has a key of this name.

    `kind` is one of `custody.materials.KeyKind`; the default wraps. Every use of a derived key has to name a
    context.
    """

    evidence: Evidence
    customer: str
    name: str
    must_be_new: bool = False
    kind: str = "aes256-gcm96"
    is_derived: bool = False


class MoveKey(Ask["KeyView"], frozen=True, tag="move-key"):
    """-> `KeyView`. `verb`: rotate, disable, enable, schedule-destruction, cancel-destruction, destroy.

    To schedule and to destroy take `approvals`: signatures (canonical JSON of `parties.signature`) of two
    persons of two controlling groups over `documents.destruction_document`; who asks is one of them.
    """

    evidence: Evidence
    key: str
    verb: str
    reason: str
    waiting_days: int | None = None
    approvals: tuple[bytes, ...] = ()


class LookKeys(Ask["Keys"], frozen=True, tag="look-keys"):
    """-> `Keys` of one customer."""

    evidence: Evidence
    customer: str


class KeyVersionView(msgspec.Struct, frozen=True):
    """One version as shown; never its material."""

    n: int
    state: str
    created_at: str
    origin: str = "house"  # or "imported": it was elsewhere before, and copies may be there still


class KeyView(msgspec.Struct, frozen=True, tag="key"):
    """One key as shown. `last_used` and counts are folds over entries opened to this customer.

    `generation` goes into the documents that approvers sign.
    """

    id: str
    customer: str
    name: str
    state: str
    versions: tuple[KeyVersionView, ...]
    created_at: str
    destroy_after: str | None = None
    rewrap_done: int = 0
    rewrap_total: int = 0
    last_used: str | None = None
    verbs: tuple[str, ...] = ()
    generation: int = 0
    kind: str = "aes256-gcm96"
    version_min: int = 1


class Keys(msgspec.Struct, frozen=True, tag="keys"):
    """All keys of a customer."""

    keys: tuple[KeyView, ...]
