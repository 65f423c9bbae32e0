"""Who read one version, from the log, narrowed to what is looked for."""

from datetime import datetime

from custodes.web.console.views.objects import ReadingRow
from custodes.web.console.views.shell import Option, Pager, View


class ReadRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One read, and the places its bytes lay in."""

    reading: ReadingRow
    places: tuple[str, ...]


class ReadingsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reads of `version` (its own id), newest first. `whos` and `places` can be chosen, (value, text).

    `leases` given in the bucket in this time may have read it: at most `leased_max` times altogether;
    `leases_cut`: there are more of them. `looked_through` entries were read for this page.
    """

    bucket: str
    name: str
    object_href: str
    version: str
    versions: tuple[tuple[str, datetime], ...]
    who: str
    whos: tuple[Option, ...]
    place: str
    places: tuple[Option, ...]
    since: str
    until: str
    rows: tuple[ReadRow, ...]
    looked_through: int
    leases: int
    leased_max: int
    leases_cut: bool
    leases_href: str
    sheet_href: str
    sheet_lines_max: int
    pager: Pager
