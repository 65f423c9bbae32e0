"""A grant as it stands: the signed document, its window, and what has been used of it.

The row is standing: a database with yesterday's row put back no longer folds to the signed root, so uses
that were spent stay spent.
"""

import msgspec

from custodes.objects.admission import Admission

GRANTED = "granted"


class Granted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `grant`. `document` and `approvals` are canonical JSON as they were signed.

    `state`: granted, returned, revoked, lapsed, spent. Window (`not_before` included, `lapses_at` excluded)
    and limits follow from the signatures; they are kept for reading, and derived again at each use.
    `admissions` are those still running (15 minutes); `bytes_spent` counts every byte let out; `used_at` is
    the last use.
    """

    id: str
    case: str
    customer: str
    document: str
    approvals: str
    state: str
    not_before: str
    lapses_at: str
    uses_max: int
    uses_spent: int = 0
    bytes_max: int
    bytes_spent: int = 0
    admissions: tuple[Admission, ...] = ()
    used_at: str | None = None
    ended_at: str | None = None
