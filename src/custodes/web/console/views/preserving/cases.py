"""Preservations: the list, a case (with everything the page of any case has), and what was withheld."""

from datetime import datetime

from custodes.web.console.views.case import CaseView, NewCaseView
from custodes.web.console.views.shell import Proof, View


class PreservationRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the list. `customer` is a name; `is_hidden` while he may not know."""

    reference: str
    href: str
    state: str
    customer: str
    authority: str
    order: str
    bucket: str
    ends_at: datetime
    is_hidden: bool


class DisclosedRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act that was withheld; `proof` is the veil of its day in the customer's log, once it is made."""

    day: str
    href: str
    case: str
    entry: str
    proof: Proof | None


class PreservationsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those the reader may know of. `open_href`: where one is asked for, for the trustee's people."""

    rows: tuple[PreservationRow, ...]
    disclosed: tuple[DisclosedRow, ...] = ()
    open_href: str = ""


class PreservationCase(CaseView, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case. `is_hidden` with `told_by`; `pending` and why while the scope is worked on; `lost` rows."""

    is_hidden: bool = False
    told_by: datetime | None = None
    pending: int | None = None
    why_pending: str = ""
    lost: int = 0


class NewPreservation(NewCaseView, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The form that asks for one."""
