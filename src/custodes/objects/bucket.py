"""A bucket: a name in the house, the key its objects lie under, the places its bytes lie in."""

import msgspec

from .version import Versioning


class Bucket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row. `locations` are ids, the first one is read from; every one receives every byte.

    `copies_min` of them must hold a byte durably before its write is answered; 0 stands for all of them. What
    is missing then is copied by the upkeep.

    `locks_since`: from then on versions may be retained and held (such a bucket keeps its versions for
    good); empty: never. `owners` are the applications that may use it; `state` is `open` or `deleted`. A
    deleted bucket's name is free again; its row stays, so that old entries keep their meaning.
    """

    id: str
    name: str
    customer: str
    key: str
    locations: tuple[str, ...]
    owners: tuple[str, ...]
    created_at: str
    created_by: str
    data_class: str = ""
    versioning: Versioning = Versioning.OFF
    locks_since: str = ""
    state: str = "open"
    copies_min: int = 0

    @property
    def copies_wanted(self) -> int:
        """How many copies must be durable before a write is answered; never below one."""
        return min(self.copies_min or len(self.locations), len(self.locations)) or 1

    @property
    def can_lock(self) -> bool:
        """Whether versions written now may be retained and held."""
        return bool(self.locks_since)
