"""`/strays`: what lies in stores and belongs to nothing, and having it removed by two organisations.

The other organisation's person signs first: he may not look into this installation, and is sent the document
itself. Who runs it signs second, and carries it out.
"""

import asyncio
from urllib.parse import quote, urlencode

import msgspec

from custodes.acts.asks.buckets.leftovers import (
    DAYS_MAX,
    DAYS_MIN,
    DAYS_PROPOSED,
    REMOVED_MAX,
    LookStrays,
    PlanStrays,
    RemoveStrays,
    StraysAt,
    StraysPlan,
    StrayView,
)
from custodes.acts.asks.documents import strays_document
from custodes.kernel.ids import is_id
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import signing
from custodes.web.console.served.facts import moment
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views.shell import Line, Pager
from custodes.web.console.views.stored import strays as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

ROWS_MAX = 100
DOCUMENT_BYTES_MAX = 2_048
DIGEST_CHARACTERS = 44
SEEING = frozenset({"administrator", "key-officer", "auditor"})  # of the trustee; links are shown to them
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


class StraysQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`after`: where a further page begins; `gone`: so many were just signed for."""

    after: str = ""
    gone: int = 0


class RemovalQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Found `days` ago, or by `before`; `approval` is the other's signature, over the list `digest`."""

    days: int = DAYS_PROPOSED
    before: str = ""
    digest: str = ""
    approval: str = ""


class ApprovalQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`document`: what is to be signed (base64url)."""

    document: str


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    v: str
    house: str
    location: str
    found_before: str
    count: int
    bytes: int
    digest: str


class StrayPages:
    """Counts, one place, the removal, and the page of who signs first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def all_(self, call: Call, visit: Visit) -> Reply:
        """How much each place holds."""
        found = await self._desk.doors.ask(LookStrays(evidence=visit.evidence))
        view = views.StraysView(rows=tuple(map(_place, found.places)))
        return self._desk.pages.reply(call, view, visit.visitor)

    async def show(self, call: Call, visit: Visit) -> Reply:
        """One place's, by blob."""
        query, at = call.asked(StraysQuery), call.path["location"]
        ask = LookStrays(evidence=visit.evidence, location=at, after=query.after)
        found = await self._desk.doors.ask(ask)
        rows = found.blobs[:ROWS_MAX]
        more = rows[-1].blob if len(found.blobs) > ROWS_MAX else found.after
        place = _place(found.places[0])
        view = views.StraysAtView(
            place=place,
            rows=tuple(map(_row, rows)),
            pager=Pager(
                first=0,
                last=0,
                next_href=f"{place.href}?{urlencode({'after': more})}" if more else None,
                previous_href=place.href if query.after else None,
            ),
            removal_href=f"{place.href}/removal" if rows else "",
            days=DAYS_PROPOSED,
            days_min=DAYS_MIN,
            days_max=DAYS_MAX,
            most=REMOVED_MAX,
            gone=max(0, query.gone),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def removal(self, call: Call, visit: Visit) -> Reply:
        """What would go, and whose signature comes next."""
        return await self._removal(call, visit, call.asked(RemovalQuery), None)

    async def remove(self, call: Call, visit: Visit) -> Reply:
        """The second signature; exactly what both have signed for goes."""
        given, at = call.taken(Form), call.path["location"]
        query = RemovalQuery(
            before=given.one("before"), digest=given.one("digest"), approval=given.one("approval")
        )
        try:
            plan = await self._plan(visit, at, query)
            mine = await signing.signature(self._desk.doors, visit.evidence, plan.document, given)
            ask = RemoveStrays(
                evidence=visit.evidence,
                location=at,
                before=plan.before,
                digest=query.digest,
                approvals=(signing.approval_of(query.approval), mine),
            )
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._removal(call, visit, query, refusal)
        return see_other(f"{_href(at)}?{urlencode({'gone': plan.count})}")

    async def approval(self, call: Call, visit: Visit) -> Reply:
        """The document somebody was sent, spelled out."""
        return await self._approval(call, visit, call.asked(ApprovalQuery).document, None, None)

    async def approve(self, call: Call, visit: Visit) -> Reply:
        """The first signature: nothing happens, an address goes back that holds it."""
        given, at = call.taken(Form), call.path["location"]
        text = given.one("document")
        raw, said = _read(text, visit.house.id, at)
        try:
            mine = await signing.signature(self._desk.doors, visit.evidence, raw, given)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._approval(call, visit, text, None, refusal)
        pairs = {"before": said.found_before, "digest": said.digest, "approval": signing.text_of(mine)}
        link = f"{self._desk.origin}{_href(at)}/removal?{urlencode(pairs)}"
        return await self._approval(call, visit, text, link, None)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk, one = self._desk, "/strays/{location}"
        return (
            page("/strays", "strays", seated(desk, self.all_)),
            page(one, "strays-at", seated(desk, self.show), StraysQuery),
            page(f"{one}/removal", "stray-removal", seated(desk, self.removal), RemovalQuery),
            form(f"{one}/removal", "stray-remove", seated(desk, self.remove)),
            page(f"{one}/approval", "stray-approval", seated(desk, self.approval), ApprovalQuery),
            form(f"{one}/approval", "stray-approve", seated(desk, self.approve)),
        )

    async def _plan(self, visit: Visit, location: str, query: RemovalQuery) -> StraysPlan:
        ask = PlanStrays(evidence=visit.evidence, location=location, days=query.days, before=query.before)
        return await self._desk.doors.ask(ask)

    async def _removal(self, call: Call, visit: Visit, query: RemovalQuery, refusal: Refusal | None) -> Reply:
        at, ask = call.path["location"], self._desk.doors.ask
        plan, found = await asyncio.gather(
            self._plan(visit, at, query), ask(LookStrays(evidence=visit.evidence, location=at))
        )
        is_other = bool(query.approval) and query.digest != plan.digest
        place, passkey, link = _place(found.places[0]), None, ""
        if query.approval and not is_other:
            digest = signing.digest_of(plan.document)
            asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
            passkey = signing.asking(asked, digest) if signing.passkeys_of(asked) else None
        elif plan.count:
            pairs = urlencode({"document": signing.text_of(plan.document)})
            link = f"{self._desk.origin}{place.href}/approval?{pairs}"
        view = views.StrayRemoval(
            place=place,
            lines=(
                Line(label="place", value=place.name),
                Line(label="found-by", moment=moment(plan.before)),
                Line(label="blobs", value=str(plan.count)),
                Line(label="size", size_bytes=plan.size_bytes),
            ),
            rows=tuple(map(_row, plan.blobs[:ROWS_MAX])),
            count=plan.count,
            most=REMOVED_MAX,
            document=plan.document.decode(),
            action=f"{place.href}/removal",
            before=plan.before,
            digest=plan.digest,
            approval="" if is_other else query.approval,
            is_other=is_other,
            link=link,
            passkey=passkey,
            command=f"custodes store strays remove {at} --before {plan.before} --approval FILE",
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _approval(
        self, call: Call, visit: Visit, text: str, link: str | None, refusal: Refusal | None
    ) -> Reply:
        raw, said = _read(text, visit.house.id, call.path["location"])
        passkey = None
        if link is None:
            digest = signing.digest_of(raw)
            asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
            passkey = signing.asking(asked, digest) if signing.passkeys_of(asked) else None
        view = views.StrayApproval(
            lines=(
                Line(label="place", value=said.location, is_code=True),
                Line(label="found-by", moment=moment(said.found_before)),
                Line(label="blobs", value=str(said.count)),
                Line(label="size", size_bytes=said.bytes),
                Line(label="digest", value=said.digest, is_code=True),
            ),
            document=raw.decode(),
            action=f"{_href(said.location)}/approval",
            text=text,
            passkey=passkey,
            link=link or "",
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)


def _read(text: str, house: str, location: str) -> tuple[bytes, _Document]:
    """A document as an address carries it; `not-a-removal` (malformed) unless it is, byte for byte, one of
    this house about this place: nobody is shown one thing and signs another.
    """
    try:
        raw = signing.bytes_of(text)
        said = msgspec.json.decode(raw, type=_Document) if len(raw) <= DOCUMENT_BYTES_MAX else None
        if said is not None:
            moment(said.found_before)
    except (Refusal, ValueError, msgspec.MsgspecError) as error:
        raise malformed("not-a-removal") from error
    if said is None or said.location != location or not is_id("loc", said.location):
        raise malformed("not-a-removal")
    if len(said.digest) != DIGEST_CHARACTERS or said.count < 1 or said.bytes < 0:
        raise malformed("not-a-removal")
    again = strays_document(house, said.location, (said.found_before, said.count, said.bytes, said.digest))
    if raw != again:
        raise malformed("not-a-removal")
    return raw, said


def _place(one: StraysAt) -> views.StraysRow:
    return views.StraysRow(
        name=one.name or one.location,
        store=one.uri,
        href=_href(one.location),
        count=one.count,
        size_bytes=one.size_bytes,
    )


def _href(location: str) -> str:
    return f"/strays/{quote(location, safe='')}"


def _row(one: StrayView) -> views.StrayRow:
    return views.StrayRow(
        blob=one.blob,
        size_bytes=one.size_bytes,
        found_at=moment(one.found_at) if one.found_at else None,
        goes_since=moment(one.doomed_at) if one.doomed_at else None,
    )
