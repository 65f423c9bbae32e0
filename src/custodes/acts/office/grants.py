"""Grants that stand: found for an actor, verified from their signatures, spent use by use.

A grant's row only counts; what it admits follows from the signed document, the approvals and the directory of
this moment (docs/formats/grant.md). Who spends hands the new row to `Authority.alter`: the act then expects
that nothing that stands has changed since, so of two uses with one left, one wins, and a revocation that
commits first wins over every use.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

import msgspec

from custodes.acts.footing.case_head import CaseHead
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.directory import Directories
from custodes.acts.footing.granted import GRANTED, Granted
from custodes.acts.footing.standing import Standing
from custodes.acts.timekeeping.trust import Timekeeping
from custodes.desks import grant
from custodes.desks.grant import (
    Approval,
    Claimed,
    Document,
    KeyFor,
    ObjectVersion,
    Resource,
    Verdict,
)
from custodes.desks.rules import DirectoryRules, rules_at
from custodes.kernel import canonical
from custodes.kernel.actor import Actor
from custodes.kernel.clock import Clock, from_text, to_text
from custodes.kernel.refusal import unavailable
from custodes.objects import admission as counted
from custodes.objects.admission import LASTS, Admission
from custodes.objects.ranges import Span
from custodes.parties import distinct
from custodes.parties.rows import Directory
from custodes.parties.signature import RelyingParty
from custodes.policy.question import GrantFact

KEPT_MAX = 10_000  # decoded documents, and verdicts, kept in memory
_FOREVER = datetime.max.replace(tzinfo=UTC)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What a use leaves of a grant: the row as it must stand, or the reason why not (`grant.ADMITS_CODES`).

    `is_new` when the use was counted; a range under a running admission and a HEAD are not.
    """

    granted: Granted
    reason: str | None = None
    is_new: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """A verdict, and for how long it may be believed: the same row, directory and stretch of time."""

    signed: tuple[str, str]
    generation: int
    since: datetime
    until: datetime
    verdict: Verdict


class Grants:
    """One per unsealed house. Refusals of every method: `clock-behind`, `clock-apart` (unavailable)."""

    def __init__(
        self,
        standing: Standing,
        directories: Directories,
        time: tuple[Clock, Timekeeping],
        house: str,
        relying: RelyingParty,
    ) -> None:
        self._standing = standing
        self._directories = directories
        self._clock, self._time = time
        self._house = house
        self._relying = relying
        self._seen: datetime | None = None
        self._humans: tuple[int, Mapping[str, str]] = (-1, {})
        self._documents: dict[str, tuple[str, Document]] = {}
        self._verdicts: dict[str, _Kept] = {}
        self._of: dict[str, tuple[int, int, dict[str, list[str]]]] = {}

    def find(
        self, actor: Actor, customer: str, action: str, resource: str, claimed: Claimed = frozenset()
    ) -> Granted | None:
        """The grant under which this actor may try `action` on a resource (object version or key id).
        `claimed`: whom the other end names in this request, for a grant that is for one person's.

        One that would admit him now comes first; one that no longer does comes back too, so that the
        reason can be said. None when nobody ever granted him this, or it was ended.
        """
        now = self.now()
        found = [
            one
            for one in self._held_by(customer, actor.credential)
            if one.state == GRANTED
            and action in self.document(one).actions
            and _named(self.document(one), resource, claimed) is not None
        ]
        return min(
            found, key=lambda one: (not self._is_open(one, resource, now), one.lapses_at), default=None
        )

    def find_in(
        self, actor: Actor, customer: str, action: str, bucket: str
    ) -> tuple[Granted, tuple[str, ...]] | None:
        """The grant under which this actor may try `action` on versions of a bucket, and which they are;
        one that would admit him now comes first.
        """
        now, found = self.now(), []
        for one in self._held_by(customer, actor.credential):
            document = self.document(one)
            named = [
                each.version
                for each in document.resources
                if isinstance(each, ObjectVersion) and each.bucket == bucket
            ]
            if named and one.state == GRANTED and action in document.actions:
                found.append((one, tuple(named)))
        return min(
            found,
            key=lambda pair: (not self._is_open(pair[0], pair[1][0], now, is_free=True), pair[0].lapses_at),
            default=None,
        )

    def document(self, granted: Granted) -> Document:
        """The signed document, decoded once."""
        kept = self._documents.get(granted.id)
        if kept is None or kept[0] != granted.document:
            if len(self._documents) >= KEPT_MAX:
                self._documents.clear()
            kept = self._documents[granted.id] = (granted.document, grant.decode(granted.document.encode()))
        return kept[1]

    def fact(self, granted: Granted) -> GrantFact:
        """What policy is told of a grant; hand over only one whose `verified` has no reasons."""
        document = self.document(granted)
        return GrantFact(
            id=granted.id,
            customer=granted.customer,
            beneficiary=document.beneficiary.credential,
            actions=document.actions,
            resources=tuple(sorted(_ids(document.resources))),
        )

    def verified(self, granted: Granted) -> Verdict:
        """Whether document and approvals grant, judged by the directory of now.

        Remembered only for the same bytes, the same directory, and as long as no credential or membership
        of an approver begins or ends.
        """
        now = self.now()
        found = self._directories.now()
        signed = (granted.document, granted.approvals)
        kept = self._verdicts.get(granted.id)
        is_kept = kept is not None and kept.signed == signed and kept.generation == found.generation
        if kept is not None and is_kept and kept.since <= now < kept.until:
            return kept.verdict
        verdict = self._judge(granted, now)
        if len(self._verdicts) >= KEPT_MAX:
            self._verdicts.clear()
        since, until = _stretch(found, approvals_of(granted), now)
        self._verdicts[granted.id] = _Kept(signed, found.generation, since, until, verdict)
        return verdict

    def spend(
        self,
        granted: Granted,
        actor: Actor,
        action: str,
        what: str | tuple[str, Claimed],
        span: Span | None,
    ) -> Spent:
        """Count one use of a resource by id, or by id and whom the other end names; `span` is what would be
        let out, None or empty costs none.

        A key use is never continued: each is an admission of its own, its span the length of its message.
        """
        now = self.now()
        document = self.document(granted)
        resource, claimed = (what, frozenset()) if isinstance(what, str) else what
        named = _named(document, resource, claimed)
        if granted.state != GRANTED or named is None:
            return Spent(granted=granted, reason="grant-not-valid" if named else "other-resource")
        running = self._running(granted, actor, named, now)
        spending = (
            counted.admit(actor.credential, resource, span, now)
            if running is None
            else counted.spend(running, span, now)
        )
        size_bytes = span.size_bytes if span is not None else 0
        use = grant.Use(
            credential=actor.credential,
            action=action,
            resource=named,
            at=now,
            uses_spent=granted.uses_spent,
            bytes_spent=granted.bytes_spent,
            bytes_asked=size_bytes,
            costs_none=size_bytes == 0,
            continues=None
            if running is None or spending.uses_needed
            else grant.Admission(
                credential=actor.credential, action=action, resource=named, opened_at=running.opened_at
            ),
        )
        reason = grant.admits(document, self.verified(granted), use)
        if reason is not None:
            return Spent(granted=granted, reason=reason)
        return Spent(granted=_charged(granted, named, spending, now), is_new=spending.uses_needed > 0)

    def rules(self, customer: Customer) -> DirectoryRules:
        """The rules of consent over the directory of now, for cases of this customer."""
        found = self._directories.now()
        if self._humans[0] != found.generation:
            self._humans = (found.generation, distinct.one_person(found))
        trustee = self.trustee()
        return rules_at(
            found,
            self._relying,
            self.now(),
            customer_organisation=customer.organisation,
            trustee_organisation=trustee,
            operator=trustee,
            humans=self._humans[1],
        )

    def trustee(self) -> str:
        """The trustee's organisation: that of the house as its own customer; `house-unsettled`."""
        row = self._standing.get("customer", self._house, Customer)
        if row is None:
            raise unavailable("house-unsettled")
        return row.organisation

    def now(self) -> datetime:
        """The present instant; never before anything this house has seen happen to a case or a grant.

        A clock set back would lengthen every window: `clock-behind`, `clock-apart` (unavailable).
        """
        if self._seen is None:
            self._seen = max(self._times(), default=_NEVER)
        now = self._clock.now()
        self._time.refuse_if_astray(held_s=(self._seen - now).total_seconds())
        self._seen = max(self._seen, now)
        return self._seen

    def _judge(self, granted: Granted, now: datetime) -> Verdict:
        document = self.document(granted)
        said = (document.house, document.grant, document.case, document.customer)
        customer = self._standing.get("customer", granted.customer, Customer)
        if customer is None or said != (self._house, granted.id, granted.case, granted.customer):
            return Verdict(reasons=("other-document",))
        return grant.verify(document, approvals_of(granted), self.rules(customer), now)

    def _is_open(self, granted: Granted, resource: str, now: datetime, *, is_free: bool = False) -> bool:
        verdict = self.verified(granted)
        if verdict.reasons or verdict.begins_at is None or verdict.ends_at is None:
            return False
        has_left = (
            is_free
            or granted.uses_spent < granted.uses_max
            or any(one.version == resource and counted.is_open(one, now) for one in granted.admissions)
        )
        return verdict.begins_at <= now < verdict.ends_at and has_left

    def _running(self, granted: Granted, actor: Actor, named: Resource, now: datetime) -> Admission | None:
        if not isinstance(named, ObjectVersion):
            return None
        mine = (actor.credential, named.version)
        return next(
            (
                one
                for one in granted.admissions
                if (one.actor, one.version) == mine and counted.is_open(one, now)
            ),
            None,
        )

    def _held_by(self, customer: str, credential: str) -> Iterator[Granted]:
        """By beneficiary; documents never change and grants never go, so the index only grows."""
        changes, seen, index = self._of.get(customer, (-1, 0, {}))
        present = self._standing.changes(("grant",))
        if changes != present:
            for one in islice(self._standing.all_of("grant", Granted, customer), seen, None):
                index.setdefault(self.document(one).beneficiary.credential, []).append(one.id)
                seen += 1
            self._of[customer] = (present, seen, index)
        for id_ in index.get(credential, ()):
            row = self._standing.get("grant", id_, Granted)
            if row is not None:
                yield row

    def _times(self) -> Iterator[datetime]:
        for head in self._standing.all_of("case", CaseHead):
            yield from_text(head.changed_at)
        for one in self._standing.all_of("grant", Granted):
            yield from (from_text(at) for at in (one.used_at, one.ended_at) if at is not None)


def granted_row(document: Document, approvals: Iterable[Approval], verdict: Verdict) -> Granted:
    """The row of a grant that has just been given; ValueError for a verdict that does not grant."""
    if verdict.begins_at is None or verdict.ends_at is None or verdict.reasons:
        raise ValueError("not granted")
    return Granted(
        id=document.grant,
        case=document.case,
        customer=document.customer,
        document=grant.encode(document).decode(),
        approvals=canonical.encode(msgspec.to_builtins(list(approvals))).decode(),
        state=GRANTED,
        not_before=to_text(verdict.begins_at),
        lapses_at=to_text(verdict.ends_at),
        uses_max=document.uses_max,
        bytes_max=document.bytes_max,
    )


def approvals_of(granted: Granted) -> tuple[Approval, ...]:
    """The approvals as signed."""
    return msgspec.convert(canonical.decode(granted.approvals.encode()), tuple[Approval, ...])


def in_use_until(granted: Granted) -> datetime | None:
    """Until when an admission of this grant may still go on; None when none may."""
    return max((one.opened_at + LASTS for one in granted.admissions), default=None)


def _charged(granted: Granted, named: Resource, spending: counted.Spending, now: datetime) -> Granted:
    opened = spending.admission
    others = tuple(
        one
        for one in granted.admissions
        if (one.actor, one.version) != (opened.actor, opened.version) and counted.is_open(one, now)
    )
    is_counted = isinstance(named, ObjectVersion) and opened.released_bytes > 0
    before = next(
        (
            one.released_bytes
            for one in granted.admissions
            if not spending.uses_needed and (one.actor, one.version) == (opened.actor, opened.version)
        ),
        0,
    )
    return msgspec.structs.replace(
        granted,
        uses_spent=granted.uses_spent + spending.uses_needed,
        bytes_spent=granted.bytes_spent + opened.released_bytes - before,
        admissions=(*others, opened) if is_counted else others,
        used_at=to_text(now),
    )


def _stretch(found: Directory, approvals: Iterable[Approval], now: datetime) -> tuple[datetime, datetime]:
    """From when to when nothing of the approvers begins or ends: time alone changes nothing in between."""
    persons = {one.person for one in approvals}
    named = [found.credentials[one.credential] for one in approvals if one.credential in found.credentials]
    texts = [row.expires_at for row in named]
    for row in found.memberships.values():
        if row.person in persons:
            texts += [row.since, row.until]
    times = [from_text(text) for text in texts if text is not None]
    return (
        max((at for at in times if at <= now), default=_NEVER),
        min((at for at in times if at > now), default=_FOREVER),
    )


def _named(document: Document, id_: str, claimed: Claimed) -> Resource | None:
    """Which of the things that were consented to this is; one that is for a person only where he is named."""
    return next(
        (
            one
            for one in document.resources
            if _id(one) == id_ and (not isinstance(one, KeyFor) or (one.claim, one.value) in claimed)
        ),
        None,
    )


def _ids(resources: Iterable[Resource]) -> frozenset[str]:
    return frozenset(_id(one) for one in resources)


def _id(resource: Resource) -> str:
    return resource.version if isinstance(resource, ObjectVersion) else resource.key
