"""What stands of a case: enough to know that its row is the one we wrote last.

The case itself lies in a table of its own. Its head stands beside keys and grants under the signed root, so a
case edited or put back in the database is refused before anybody moves it.
"""

import hashlib

import msgspec


class CaseHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `case`. `digest` is `digest_of` the stored case; times are RFC 3339 text.

    `due_at` is when the clock has its next move here, `review_by` when a review must be done.
    """

    id: str
    desk: str
    state: str
    version: int
    digest: str
    opened_at: str
    changed_at: str
    due_at: str | None = None
    review_by: str | None = None


def digest_of(body: bytes) -> str:
    """SHA-256 of a stored case, hexadecimal."""
    return hashlib.sha256(body).hexdigest()
