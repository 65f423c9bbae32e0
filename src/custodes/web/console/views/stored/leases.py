"""Reads under leases: who took which, until when, how many reads it was, and the page that stops him."""

from datetime import datetime

from custodes.web.console.views.shell import Pager, Proof, View


class LeasedRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lease. `used` and `sent_bytes` are what its end says; None where none was said: then it counts in
    full. `stop_href` is empty for who may not stop the reader, and where the access key stands no more.
    """

    bucket: str
    who: str
    label: str
    organisation: str
    since: datetime
    until: datetime
    is_open: bool
    given: int
    used: int | None
    sent_bytes: int | None
    proof: Proof
    stop_href: str = ""


class LeasesView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All leases of a customer, or those of one bucket. `is_permitted`: his rules let leases be taken; None
    where the visitor may not read them.
    """

    customer: str
    bucket: str
    rows: tuple[LeasedRow, ...]
    is_permitted: bool | None
    is_stopped: bool
    may_kill: bool
    pager: Pager


class LeaseStop(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page before an application's access key is taken away."""

    who: str
    organisation: str
    credential: str
    label: str
    bucket: str
    back_href: str
    reason: str = ""
    refusal: str | None = None
