"""Adoptions of a bucket: how far each is, what may be done next, and the page before a signature."""

from datetime import datetime

from custodes.web.console.views.shell import Option, Pager, Passkey, View


class StateRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Objects in one state; `href` leads to their names."""

    state: str
    count: int
    size_bytes: int
    href: str


class Estimate(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What taking in what waits takes, by figures the visitor gave; None where he gave none."""

    mb_per_s: str
    price_per_gb: str
    price_per_1000: str
    seconds: int | None
    cost: str | None


class AdoptionRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One adoption. `done_bytes` of `whole_bytes` are through what goes on now. `plain` and `plain_bytes`
    still lie in plain where it came from. `signed` and `moves` are verbs that may be taken now. A restoration
    takes sheets as long as there is a `sheets_href`; `reseal` and `hand` are commands that prepare them.
    """

    id: str
    source: str
    prefix: str
    state: str
    is_restoration: bool
    begun_at: datetime
    counts: tuple[StateRow, ...]
    done_bytes: int
    whole_bytes: int
    plain: int
    plain_bytes: int
    is_working: bool
    sheets_href: str = ""
    reseal: str = ""
    hand: str = ""
    estimate: Estimate | None = None
    moves: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


class AdoptionsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a bucket; `sources` are locations one can begin with: none for who may not, or while one is
    open.
    """

    bucket: str
    place: str
    rows: tuple[AdoptionRow, ...]
    sources: tuple[Option, ...] = ()
    may_change: bool = False
    refusal: str | None = None


class AdoptionSign(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page before a verb is signed."""

    bucket: str
    place: str
    adoption: AdoptionRow
    verb: str
    at: str
    passkey: Passkey | None
    command: str
    refusal: str | None = None


class ItemRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One object: as it was found, and what became of it."""

    name: str
    size_bytes: int
    state: str
    note: str


class AdoptedView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of objects of an adoption."""

    bucket: str
    place: str
    state: str
    rows: tuple[ItemRow, ...]
    pager: Pager
