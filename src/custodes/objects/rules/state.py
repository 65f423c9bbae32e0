"""What one version was told to keep beside its content: tags, retention, hold, and under whose key it asked
to lie.

It changes while the version does not, so it is no part of the manifest. It is stored in the version's index
row as canonical JSON; a version of a bucket that can lock always has one, so that a lock cannot be lost by
leaving it out. `turn` grows with every change: whoever decided on one state commits only while it is still
that one.
"""

import msgspec

from .acl import Acl
from .locks import Retention
from .tags import Tags


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`sse` is empty, `aws:kms` (then `sse_key` is the key's id) or `customer` (then the mark of his key)."""

    turn: int = 0
    tags: Tags = ()
    retention: Retention | None = None
    is_held: bool = False
    was_held: bool = False  # somebody spoke of a hold: OFF is an answer, not the absence of one
    acl: Acl = ()  # nothing: private
    by_parts: bool = False  # it was uploaded in parts
    sse: str = ""
    sse_key: str = ""
    owner: str = ""  # the application that wrote it into another's bucket and keeps it; else the bucket's


NOTHING = State()
