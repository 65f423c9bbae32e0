"""The accounting of a long use: what one admission lets out, and when the next use begins.

Clients read one object in many requests (HEAD, then parallel ranges), so a grant counts *admissions*: the
same actor, the same object version, for 15 minutes from the first byte. Within one admission each byte goes
out once; asking for a byte again, or after the time, begins the next use, if the grant has one left. HEAD
costs none. Bytes an admission did not release are forfeited when the next one begins, so n uses never release
more than n times the object.
"""

from datetime import datetime, timedelta

import msgspec

from custodes.kernel.limits import OUTCOME_MINUTES_MAX

from .ranges import Span

LASTS = timedelta(minutes=OUTCOME_MINUTES_MAX)
FRAGMENTS_MAX = 1_024  # released ranges that do not touch; more than this begins the next use


class Admission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One use in progress: what it released so far, as ascending spans that do not touch."""

    actor: str
    version: str
    opened_at: datetime
    released: tuple[Span, ...] = ()

    @property
    def released_bytes(self) -> int:
        """How many bytes went out under this admission."""
        return sum(span.size_bytes for span in self.released)


class Spending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request costs: 0 or 1 uses, and the admission as it stands if it is granted."""

    uses_needed: int
    admission: Admission


def admit(actor: str, version: str, span: Span | None, now: datetime) -> Spending:
    """The first request for a version: one use, or none if it asks for no byte (`span` None or empty)."""
    if span is None or span.size_bytes == 0:
        return Spending(uses_needed=0, admission=Admission(actor=actor, version=version, opened_at=now))
    opened = Admission(actor=actor, version=version, opened_at=now, released=(span,))
    return Spending(uses_needed=1, admission=opened)


def spend(admission: Admission, span: Span | None, now: datetime) -> Spending:
    """A further request under an admission; `span` None for HEAD.

    Needs no use while the time runs and every byte asked for is new; one use otherwise.
    """
    if span is None or span.size_bytes == 0:
        return Spending(uses_needed=0, admission=admission)
    if not admission.released or not is_open(admission, now) or _overlaps(admission.released, span):
        return admit(admission.actor, admission.version, span, now)
    released = _joined(admission.released, span)
    if len(released) > FRAGMENTS_MAX:
        return admit(admission.actor, admission.version, span, now)
    return Spending(uses_needed=0, admission=msgspec.structs.replace(admission, released=released))


def is_open(admission: Admission, now: datetime) -> bool:
    """Whether the 15 minutes still run; a clock that went back does not lengthen them."""
    return admission.opened_at <= now < admission.opened_at + LASTS


def _overlaps(released: tuple[Span, ...], span: Span) -> bool:
    return any(one.first < span.end and span.first < one.end for one in released)


def _joined(released: tuple[Span, ...], span: Span) -> tuple[Span, ...]:
    joined: list[Span] = []
    for one in sorted((*released, span), key=lambda each: each.first):
        if joined and joined[-1].end == one.first:
            joined[-1] = Span(first=joined[-1].first, end=one.end)
        else:
            joined.append(one)
    return tuple(joined)
