"""What lies in stores and belongs to nothing: counts, one place's blobs, and having them removed."""

from datetime import datetime

from custodes.web.console.views.shell import Line, Pager, Passkey, View


class StraysRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one place holds of it."""

    name: str
    store: str
    href: str
    count: int
    size_bytes: int


class StraysView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All places of the installation."""

    rows: tuple[StraysRow, ...]


class StrayRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One blob: when it was found first; `goes_since`: it was signed for and is being removed."""

    blob: str
    size_bytes: int
    found_at: datetime | None
    goes_since: datetime | None


class StraysAtView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place's. `gone` is how many were just signed for; `removal_href` empty where there are none."""

    place: StraysRow
    rows: tuple[StrayRow, ...]
    pager: Pager
    removal_href: str
    days: int
    days_min: int
    days_max: int
    most: int
    gone: int = 0


class StrayRemoval(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What would be removed, in the words that are signed.

    Without the signature of another organisation (`approval`) `link` is what its person opens; with it,
    `passkey` is the visitor's own. `is_other`: the list is no longer the one the other has signed.
    """

    place: StraysRow
    lines: tuple[Line, ...]
    rows: tuple[StrayRow, ...]
    count: int
    most: int
    document: str
    action: str
    before: str
    digest: str
    approval: str = ""
    is_other: bool = False
    link: str = ""
    passkey: Passkey | None = None
    command: str = ""
    refusal: str | None = None


class StrayApproval(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody of another organisation is asked to sign first; `link` is what goes back when he has."""

    lines: tuple[Line, ...]
    document: str
    action: str
    text: str
    passkey: Passkey | None
    link: str = ""
    refusal: str | None = None
