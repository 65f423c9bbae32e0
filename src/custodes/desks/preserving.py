"""What a legal preservation demands, as it is signed; and what the desk of preservations looks at.

Each thing that is done about one (keep it, prolong it, look whether it opens, lift it) is an `Order`: fixed
before the first signature and signed whole by each approver (docs/formats/preservation.md). What the order of
the authority says is taken over as it says it: it is unconfirmed, and nothing here judges it.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from custodes.kernel import canonical, clock
from custodes.kernel.refusal import Refusal

from .forms import Preserve, Propose
from .grant import Approval, Who, approval_digest

LABEL = "custodes.preservation/v1"
LAW_VERSION = "preservation/1"
SILENT = "silent"
PRESERVE, PROLONG, VERIFY, LIFT = "preserve", "prolong", "verify", "lift"
SILENCE_DAYS_MAX = 183  # a silence without an end is looked at after six months at most
ANSWER_DAYS = 7
WARN_DAYS = 14
YEARS_MAX = 10


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed. Times are UTC with whole seconds. One bucket, never more: names, beginnings of names or
    version ids narrow it. Without `duty_ends_at` a silence has `review_by`.
    """

    v: str = LABEL
    act: str
    house: str
    case: str
    customer: str
    asker: Who
    authority: str
    instrument: str
    reference: str
    source: str
    reason: str
    bucket: str
    prefixes: tuple[str, ...]
    names: tuple[str, ...]
    versions: tuple[str, ...]
    is_silent: bool
    duty: str
    duty_ends_at: datetime | None
    review_by: datetime | None
    ends_at: datetime
    holder: str
    asked_at: datetime
    answer_by: datetime
    nonce: bytes

    @property
    def told_at(self) -> datetime | None:
        """When the customer is told at the latest; None: from the start."""
        return (self.duty_ends_at or self.review_by) if self.is_silent else None

    def covers(self, name: str, version: str) -> bool:
        """Whether this version of this name in the bucket is what the order names."""
        if not (self.prefixes or self.names or self.versions):
            return True
        return (
            version in self.versions
            or name in self.names
            or any(name.startswith(prefix) for prefix in self.prefixes)
        )


class OrderRules(Protocol):
    """What the directory says of approvals; see `rules.DirectoryRules`."""

    def signature_reason(self, approval: Approval, digest: bytes) -> str | None:
        """None when the approval is signed by an enrolled key of its person."""
        ...

    def is_same_person(self, one: str, other: str) -> bool:
        """Whether two ids are of one human being."""
        ...

    def meets_order(self, approvals: Sequence[Approval], asker: Who, parties: frozenset[str]) -> bool:
        """Whether these suffice: two persons of two controlling groups, the trustee among them."""
        ...


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the guards need beside the case. `parties` may approve; `counters` are the counter-signatories of
    the customer; `holder_reason` is why the holder a form names will not do.
    """

    house: str
    customer_organisation: str
    trustee_organisation: str
    rules: OrderRules
    parties: frozenset[str]
    counters: frozenset[str]
    nonce: bytes = b""
    holder_reason: str | None = None
    is_bucket_there: bool = True


def encode(order: Order) -> bytes:
    """The canonical bytes that are hashed."""
    return canonical.encode(msgspec.to_builtins(order))


def decode(raw: bytes) -> Order:
    """Inverse of `encode`."""
    return msgspec.convert(canonical.decode(raw), Order, strict=True)


def order_hash(order: Order) -> bytes:
    """SHA-256 over label and canonical document; what every approval names."""
    return hashlib.sha256(LABEL.encode() + b"\n" + encode(order)).digest()


def approval_reason(order: Order, approval: Approval, rules: OrderRules) -> str | None:
    """Why this approval does not count for this order, whoever else approves; None if it does."""
    if not hmac.compare_digest(approval.grant_hash, order_hash(order)):
        return "other-document"
    if not order.asked_at <= approval.approved_at < order.answer_by:
        return "approval-out-of-time"
    if order.asker.person is not None and rules.is_same_person(approval.person, order.asker.person):
        return "own-request"
    return rules.signature_reason(approval, approval_digest(approval))


def order_of(form: Preserve, about: tuple[str, str, str], asker: Who, now: datetime, nonce: bytes) -> Order:
    """The order a form asks for; `about` is (house, case, customer). ValueError or `bad-time`."""
    at = now.replace(microsecond=0)
    house, case, customer = about
    return Order(
        act=PRESERVE,
        house=house,
        case=case,
        customer=customer,
        asker=asker,
        authority=form.authority,
        instrument=form.instrument,
        reference=form.reference,
        source=form.source,
        reason=form.reason,
        bucket=form.bucket,
        prefixes=tuple(sorted(set(form.prefixes))),
        names=tuple(sorted(set(form.names))),
        versions=tuple(sorted(set(form.versions))),
        is_silent=form.secrecy == SILENT,
        duty=form.duty,
        duty_ends_at=_time(form.duty_ends_at),
        review_by=_time(form.review_by),
        ends_at=clock.from_text(form.ends_at),
        holder=form.holder,
        asked_at=at,
        answer_by=at + timedelta(days=ANSWER_DAYS),
        nonce=nonce,
    )


def proposed(order: Order, form: Propose, asker: Who, now: datetime, nonce: bytes) -> Order:
    """What is proposed about a preservation: the same scope, always. ValueError or `bad-time`."""
    at = now.replace(microsecond=0)
    is_longer = form.act == PROLONG
    duty_ends_at, review_by = _time(form.duty_ends_at), _time(form.review_by)
    keeps_silence = not is_longer or (duty_ends_at is None and review_by is None)
    return msgspec.structs.replace(
        order,
        act=form.act,
        asker=asker,
        reason=form.reason,
        duty=form.duty if is_longer and form.duty else order.duty,
        duty_ends_at=order.duty_ends_at if keeps_silence else duty_ends_at,
        review_by=order.review_by if keeps_silence else review_by,
        ends_at=(_time(form.ends_at) if is_longer else None) or order.ends_at,
        asked_at=at,
        answer_by=at + timedelta(days=ANSWER_DAYS),
        nonce=nonce,
    )


def order_reason(order: Order, now: datetime) -> str | None:
    """What is wrong with the times and the silence of an order; None if nothing is."""
    if order.ends_at <= now or order.ends_at > now + timedelta(days=366 * YEARS_MAX):
        return "end-not-ahead"
    if not order.is_silent:
        return "silence-unfounded" if order.duty or order.duty_ends_at or order.review_by else None
    if not order.duty.strip():
        return "silence-unfounded"
    if (order.duty_ends_at is None) == (order.review_by is None):
        return "silence-without-end"
    told_at = order.duty_ends_at or order.review_by
    if told_at is None or told_at <= now or told_at > now + timedelta(days=366 * YEARS_MAX):
        return "silence-without-end"
    if order.review_by is not None and order.review_by > now + timedelta(days=SILENCE_DAYS_MAX):
        return "review-too-late"
    return None


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return clock.from_text(text)
    except Refusal as error:
        raise ValueError("time") from error
