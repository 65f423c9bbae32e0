"""Reads under leases, from the log alone; and stopping one who reads under them.

A lease lasts seconds and whoever had one takes the next. So what ends it for good is the end of what it rests
on: his access key, the customer's rule, or all keys. The first is done here, with one confirmed click.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from custodes.acts.asks.log import EntryView, LookEntries
from custodes.acts.asks.objects import LookBucket, LookBuckets
from custodes.acts.asks.parties import CredentialView, PartyView, RevokeCredential
from custodes.acts.asks.rules import LookPolicy
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, absent
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views.shell import Pager
from custodes.web.console.views.stored import leases as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

LEASE = "object.lease"
RULE = "applications-lease-reads"
ROWS_MAX = 50
LOOKS_MAX = 20  # pages of the log that hold nothing of it, before the reader is asked to go on himself
REASON_CHARS_MAX = 500
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


class LeasesQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`bucket`: only its; `before`: where a further page begins; `stopped`: what was just done."""

    bucket: str = ""
    before: str = ""
    stopped: str = ""


class StopQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`credential`: the access key that reads; `bucket`: where the reader came from."""

    credential: str
    bucket: str = ""


class LeasePages:
    """`/leases` and the page that stops one who reads under them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """Newest first."""
        query, ask = call.asked(LeasesQuery), self._desk.doors.ask
        one = await ask(LookBucket(visit.evidence, query.bucket)) if query.bucket else None
        subject = one.id if one else None
        entries, later, known, buckets, policy = await asyncio.gather(
            self._page(visit, subject, query.before or None),
            self._later(visit, subject, query.before),
            facts.names(self._desk, visit, visit.customer),
            facts.maybe(self._desk, LookBuckets(visit.evidence, visit.customer)),
            facts.maybe(self._desk, LookPolicy(visit.evidence, visit.customer)),
        )
        found, next_before = entries
        names = {row.id: row.name for row in (buckets.buckets if buckets else ())}
        may_stop = visit.me.party_kind == "customer" and "owner" in visit.me.roles
        live = {key.id: key for _, key in _reading(known.parties)} if may_stop else {}
        view = views.LeasesView(
            customer=visit.customer_name,
            bucket=query.bucket,
            rows=leased((*later, *found), known, names, (self._desk.clock.now(), live, query.bucket))[
                : ROWS_MAX * LOOKS_MAX
            ],
            is_permitted=None if policy is None else _permits(policy.choices),
            is_stopped=bool(query.stopped),
            may_kill=may_stop,
            pager=Pager(
                first=0,
                last=0,
                next_href=_href(query.bucket, next_before) if next_before else None,
                previous_href=_href(query.bucket) if query.before else None,
            ),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def check(self, call: Call, visit: Visit) -> Reply:
        """Who will be stopped, and what that does."""
        query = call.asked(StopQuery)
        return await self._check(call, visit, (query.credential, query.bucket, ""), None)

    async def stop(self, call: Call, visit: Visit) -> Reply:
        """The access key ends for good, and with it whatever lease it holds."""
        given = call.taken(Form)
        credential, bucket = given.one("credential"), given.one("bucket")
        reason = given.one("reason").strip()
        try:
            await self._found(visit, credential)
            if not 0 < len(reason) <= REASON_CHARS_MAX:
                raise Refusal("bad-reason", Kind.MALFORMED)
            await self._desk.doors.ask(RevokeCredential(visit.evidence, credential, reason))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._check(call, visit, (credential, bucket, reason), refusal)
        return see_other(_href(bucket, stopped="yes"))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/leases", "leases", seated(desk, self.show), LeasesQuery),
            page("/leases/stop", "lease-check", seated(desk, self.check), StopQuery),
            form("/leases/stop", "lease-stop", seated(desk, self.stop)),
        )

    async def _page(
        self, visit: Visit, subject: str | None, before: str | None
    ) -> tuple[tuple[EntryView, ...], str | None]:
        """One page of the log's entries about leases; pages with none of them are passed over."""
        for _ in range(LOOKS_MAX):
            found = await self._desk.doors.ask(_entries(visit, subject, before=before))
            before = found.next_before
            if found.entries or before is None:
                return found.entries, before
        return (), before

    async def _later(self, visit: Visit, subject: str | None, before: str) -> tuple[EntryView, ...]:
        """What was entered just after a page: the ends of leases that were taken on it."""
        if not before:
            return ()
        found = await self._desk.doors.ask(_entries(visit, subject, after=before))
        return tuple(one for one in found.entries if one.fields.get("phase") == "outcome")

    async def _check(
        self, call: Call, visit: Visit, said: tuple[str, str, str], refusal: Refusal | None
    ) -> Reply:
        credential, bucket, reason = said
        party, key = await self._found(visit, credential)
        view = views.LeaseStop(
            who=party.name,
            organisation=party.organisation_name,
            credential=key.id,
            label=key.label,
            bucket=bucket,
            back_href=_href(bucket),
            reason=reason,
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _found(self, visit: Visit, credential: str) -> tuple[PartyView, CredentialView]:
        """An access key of an application of this customer; another is absent here."""
        known = await facts.names(self._desk, visit, visit.customer)
        for party, key in _reading(known.parties):
            if key.id == credential:
                return party, key
        raise absent("no-such-credential")


def leased(
    entries: Sequence[EntryView],
    known: facts.Names,
    buckets: Mapping[str, str],
    here: tuple[datetime, Mapping[str, CredentialView], str],
) -> tuple[views.LeasedRow, ...]:
    """Leases as their entries say, newest first; one whose end nobody said counts in full.

    `here`: now, the access keys that may be stopped, and the bucket the page is about.
    """
    now, live, bucket = here
    ends = {
        (admission[0], admission[1]): one
        for one in entries
        if isinstance(admission := one.fields.get("admission"), list) and len(admission) == 2
    }
    rows = []
    for one in entries:
        if one.fields.get("phase") != "admission":
            continue
        end = ends.get((one.log, one.index))
        until = facts.moment(str(one.fields.get("until") or one.at))
        credential, place = str(one.fields.get("actor", "")), str(one.fields.get("bucket", ""))
        stop = urlencode({"credential": credential, **({"bucket": bucket} if bucket else {})})
        rows.append(
            views.LeasedRow(
                bucket=buckets.get(place, place),
                who=known.who(credential),
                label=known.labels.get(credential, ""),
                organisation=known.organisation(str(one.fields.get("organisation", ""))),
                since=facts.moment(one.at),
                until=facts.moment(end.at) if end is not None and facts.moment(end.at) < until else until,
                is_open=end is None and now < until,
                given=counted(one, "count"),
                used=counted(end, "count") if end is not None else None,
                sent_bytes=counted(end, "bytes") if end is not None else None,
                proof=facts.proof(one),
                stop_href=f"/leases/stop?{stop}" if credential in live else "",
            )
        )
    return tuple(sorted(rows, key=lambda row: row.since, reverse=True))


def counted(one: EntryView, field: str) -> int:
    """A count an entry says; 0 where it says none."""
    count = one.fields.get(field)
    return count if isinstance(count, int) else 0


def _entries(
    visit: Visit, subject: str | None, *, before: str | None = None, after: str | None = None
) -> LookEntries:
    """What the customer's log says about leases, below a place or from it on."""
    return LookEntries(
        visit.evidence,
        visit.customer,
        kind="machine",
        subject=subject,
        act=LEASE,
        before=before,
        after=after,
        limit=ROWS_MAX,
    )


def _reading(parties: Sequence[PartyView]) -> list[tuple[PartyView, CredentialView]]:
    return [
        (party, key)
        for party in parties
        if party.kind == "application"
        for key in party.credentials
        if key.state == "active"
    ]


def _permits(choices: bytes) -> bool:
    listed = canonical.decode(choices)
    return isinstance(listed, list) and any(
        isinstance(one, dict) and one.get("preset") == RULE for one in listed
    )


def _href(bucket: str, before: str = "", stopped: str = "") -> str:
    pairs = {"bucket": bucket, "before": before, "stopped": stopped}
    said = urlencode({name: value for name, value in pairs.items() if value}, quote_via=quote)
    return f"/leases?{said}" if said else "/leases"
