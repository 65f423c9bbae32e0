"""The log as its customer sees it: entries with their opened fields, each with a receipt to take away."""

from datetime import datetime

from .shell import Pager, View


class Opened(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of an entry. `value` is None where it is withheld or erased; `why` then is a code.

    `table` names the table of `words` that `value` is a code of; `id` is what `value` is the name of.
    """

    name: str
    value: str | None
    why: str | None = None
    table: str = ""
    id: str = ""
    texts: tuple[tuple[str, str], ...] = ()  # (de, en) of each reason, instead of the value


class EntryRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry: `log` is `machine` or `exceptional`; `act` is a code of `words.ACTS` or shown as it is."""

    log: str
    entry: int
    at: datetime
    act: str
    who: str
    organisation: str
    fields: tuple[Opened, ...]
    receipt_href: str
    more: tuple[Opened, ...] = ()
    case_href: str | None = None
    href: str = ""
    is_of_house: bool = False  # the house's own process did it, nobody asked


class DestroyedRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Entries `first` to `last` whose term was over; `href` leads to the entry that says so."""

    log: str
    first: int
    last: int
    at: datetime
    href: str


class LostRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Entries of a sub-log of which only the leaves are left: what they said was lost with a machine."""

    log: str
    first: int
    last: int
    at: datetime
    href: str


class GapRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A log was closed: which epochs are missing, between when and when, and by what name it goes on."""

    first: int
    last: int
    since: datetime
    until: datetime
    opens: str
    kept: tuple[tuple[str, int], ...]
    href: str


class Checkpoint(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest signed head of the public root log; `root` in base64."""

    origin: str
    size: int
    root: str
    href: str


class LogFilter(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the reader asked for; empty text = no restriction. Dates as `YYYY-MM-DD`."""

    log: str = ""
    act: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""


class EntryView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry with everything it says, and how it is checked. `whys` say why it was refused."""

    row: EntryRow
    whys: tuple["Reasoned", ...]
    command: str
    explain: str


class Reasoned(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason of a refusal: in both languages, who can change it and what lifts it (codes)."""

    de: str
    en: str
    changed_by: str
    lifted_by: str | None = None


class LogView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page of entries, newest first."""

    filter: LogFilter
    acts: tuple[str, ...]
    rows: tuple[EntryRow, ...]
    destroyed: tuple[DestroyedRow, ...] = ()
    lost: tuple[LostRow, ...] = ()
    gaps: tuple[GapRow, ...] = ()
    checkpoint: Checkpoint | None
    sizes: tuple[tuple[str, int], ...] = ()  # entries of each sub-log, all of them
    has_pins: bool = False
    pager: Pager
    command: str
