"""Adopting a bucket that lies in plain, page by page: counted, taken in, removed there, brought back.

What seals, removes or brings back is signed by a passkey over exactly that act; the rest is a form.
"""

import asyncio
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, urlencode

import msgspec

from custodes.acts.asks import Signed
from custodes.acts.asks.buckets.adopting import (
    AdoptionView,
    BeginAdoption,
    HandSheet,
    LookAdopted,
    LookAdoptions,
    MoveAdoption,
)
from custodes.acts.asks.documents import act_document
from custodes.acts.asks.rules import LookPlaces, PlaceView
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Kind, Refusal, absent, malformed
from custodes.objects import adoption as life
from custodes.protocols.s3.forms.multipart import boundary_of
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import signing
from custodes.web.console.served.facts import maybe, moment
from custodes.web.console.served.files.bringing import Posted, demand_token, rest_of
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views.shell import Option, Pager
from custodes.web.console.views.stored import adoptions as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Body, Endpoint
from custodes.web.kit.forms import Form, check_origin
from custodes.web.kit.problems import problem

ROWS_MAX = 100
SIGNED = frozenset({"run", "clear", "back"})
NEEDS = {
    "run": life.FOUND,
    "clear": life.SEALED,
    "back": life.GONE,
}  # without such objects it would do nothing
WORKING = frozenset({life.COUNTING, life.RUNNING, life.CLEARING, life.RETURNING})
FIGURE_CHARACTERS_MAX = 12
SHEET_FORM_BYTES_MAX = 4 * 1_048_576  # a sheet, and the form around it
_NOT_OURS = frozenset({"stale-form", "cross-site"})
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


class AdoptionsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Figures for an estimate, as somebody typed them."""

    mb_per_s: str = ""
    price_per_gb: str = ""
    price_per_1000: str = ""


class AdoptedQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`state` limits to one; `after` is where a further page begins."""

    state: str = ""
    after: str = ""


class AdoptionPages:
    """Adoptions of one bucket."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """All of them, the newest first."""
        return await self._page(call, visit, call.asked(AdoptionsQuery), None)

    async def begin(self, call: Call, visit: Visit) -> Reply:
        """Count what lies in a location; nothing else is done."""
        given, bucket = call.taken(Form), call.path["bucket"]
        is_export = bool(given.many("is_export"))
        prefix = "" if is_export else given.one("prefix").strip()
        ask = BeginAdoption(visit.evidence, bucket, given.one("source"), prefix, is_export)
        try:
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, AdoptionsQuery(), refusal)
        return see_other(_place(bucket))

    async def move(self, call: Call, visit: Visit) -> Reply:
        """A verb without a signature, or the page before one with it."""
        verb, bucket = call.taken(Form).one("verb"), call.path["bucket"]
        if verb in SIGNED:
            return await self._check(call, visit, verb, None)
        ask = MoveAdoption(visit.evidence, call.path["adoption"], verb)
        try:
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, AdoptionsQuery(), refusal)
        return see_other(_place(bucket))

    async def sign(self, call: Call, visit: Visit) -> Reply:
        """The signature over the act, handed in with it."""
        given, bucket = call.taken(Form), call.path["bucket"]
        verb, at = given.one("verb"), given.one("at")
        row = await self._row(visit, bucket, call.path["adoption"])
        bare = MoveAdoption(visit.evidence, row.id, verb)
        try:
            raw = act_document(bare, visit.house.id, row.generation, at)
            mine = await signing.signature(self._desk.doors, visit.evidence, raw, given)
            signed = msgspec.structs.replace(bare, evidence=Signed(visit.evidence, at, mine))
            await self._desk.doors.ask(signed)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._check(call, visit, verb, refusal)
        return see_other(_place(bucket))

    async def hand(self, call: Call, visit: Visit) -> Reply:
        """One sheet of an export, as a form brings it; what is wrong with it is said on the page."""
        bucket, boundary = call.path["bucket"], boundary_of(call.request.headers.get("content-type", ""))
        try:
            check_origin(call.request.headers, self._desk.origin)
            if boundary is None:
                raise malformed("malformed-form", field="file")
            posted = Posted(boundary, call.body)
            await posted.head()
            demand_token(posted.fields.get("csrf", ""), call.csrf)
            sealed = b"".join([piece async for piece in posted.file()])
            if not sealed:
                raise malformed("field-missing", field="file")
            await self._desk.doors.ask(HandSheet(visit.evidence, call.path["adoption"], sealed))
        except Refusal as refusal:
            await rest_of(call.body)
            if refusal.kind not in _AGAIN or refusal.code in _NOT_OURS:
                raise
            return await self._page(call, visit, AdoptionsQuery(), refusal)
        return see_other(_place(bucket))

    async def items(self, call: Call, visit: Visit) -> Reply:
        """Objects by name, and what became of each."""
        query, bucket, id_ = call.asked(AdoptedQuery), call.path["bucket"], call.path["adoption"]
        await self._row(visit, bucket, id_)
        ask = LookAdopted(visit.evidence, id_, query.after, query.state, ROWS_MAX)
        found = await self._desk.doors.ask(ask)
        href = f"{_place(bucket)}/{id_}/objects"
        view = views.AdoptedView(
            bucket=bucket,
            place=_place(bucket),
            state=query.state,
            rows=tuple(
                views.ItemRow(
                    name=life.named(one.name)[0], size_bytes=one.size, state=one.state, note=one.note
                )
                for one in found.items
            ),
            pager=Pager(
                first=0,
                last=0,
                next_href=f"{href}?{urlencode({'state': query.state, 'after': found.after})}"
                if found.after
                else None,
                previous_href=f"{href}?{urlencode({'state': query.state})}" if query.after else None,
            ),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk, one = self._desk, "/objects/{bucket}/adoptions/{adoption}"
        return (
            page("/objects/{bucket}/adoptions", "adoptions", seated(desk, self.show), AdoptionsQuery),
            form("/objects/{bucket}/adoptions", "adoption-begin", seated(desk, self.begin)),
            form(f"{one}/move", "adoption-move", seated(desk, self.move)),
            form(f"{one}/sign", "adoption-sign", seated(desk, self.sign)),
            Endpoint(
                method="POST",
                path=f"{one}/sheets",
                name="adoption-sheet",
                action=None,
                does=seated(desk, self.hand),
                takes=Body.STREAM,
                body_bytes_max=SHEET_FORM_BYTES_MAX,
                timeout_ms=30_000,
            ),
            page(f"{one}/objects", "adopted", seated(desk, self.items), AdoptedQuery),
        )

    async def _page(self, call: Call, visit: Visit, query: AdoptionsQuery, refusal: Refusal | None) -> Reply:
        bucket = call.path["bucket"]
        found, where = await asyncio.gather(
            self._desk.doors.ask(LookAdoptions(visit.evidence, bucket)), self._where(visit)
        )
        may_change = visit.me.party_kind == "customer" and "owner" in visit.me.roles
        is_open = any(one.state != life.ENDED for one in found.adoptions)
        view = views.AdoptionsView(
            bucket=bucket,
            place=_place(bucket),
            rows=tuple(_shown(one, bucket, where, query, may_change=may_change) for one in found.adoptions),
            sources=tuple(
                Option(value=one.id, text=f"{one.name}, {one.country}" if one.country else one.name)
                for one in where.values()
            )
            if may_change and not is_open
            else (),
            may_change=may_change,
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _check(self, call: Call, visit: Visit, verb: str, refusal: Refusal | None) -> Reply:
        bucket = call.path["bucket"]
        row, where = await asyncio.gather(self._row(visit, bucket, call.path["adoption"]), self._where(visit))
        if verb not in SIGNED:
            raise malformed("unknown-verb")
        at = to_text(self._desk.clock.now())
        bare = MoveAdoption(visit.evidence, row.id, verb)
        digest = signing.digest_of(act_document(bare, visit.house.id, row.generation, at))
        asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
        view = views.AdoptionSign(
            bucket=bucket,
            place=_place(bucket),
            adoption=_shown(row, bucket, where, AdoptionsQuery(), may_change=False),
            verb=verb,
            at=at,
            passkey=signing.asking(asked, digest) if signing.passkeys_of(asked) else None,
            command=f"custodes bucket adopt {verb} {bucket} --key-file KEYFILE",
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _row(self, visit: Visit, bucket: str, id_: str) -> AdoptionView:
        found = await self._desk.doors.ask(LookAdoptions(visit.evidence, bucket))
        for one in found.adoptions:
            if one.id == id_:
                return one
        raise absent("no-such-adoption")

    async def _where(self, visit: Visit) -> Mapping[str, PlaceView]:
        places = await maybe(self._desk, LookPlaces(visit.evidence, visit.customer))
        return {one.id: one for one in places.places} if places else {}


def _shown(
    one: AdoptionView,
    bucket: str,
    where: Mapping[str, PlaceView],
    query: AdoptionsQuery,
    *,
    may_change: bool,
) -> views.AdoptionRow:
    waits = life.WORKS.get(one.state, ("", ""))[0]
    whole = sum(size for _, _, size in one.counts)
    left = sum(size for state, _, size in one.counts if state == waits)
    still = [row for row in one.counts if row[0] in life.STILL_PLAIN]
    hidden = life.NOT_IN_RESTORATIONS if one.recipient else ("handed",)
    there = {state for state, count, _ in one.counts if count}
    verbs = [
        verb
        for verb, (sources, _) in life.VERBS.items()
        if may_change and one.state in sources and verb not in hidden
        if NEEDS.get(verb) in (None, *there)
    ]
    return views.AdoptionRow(
        id=one.id,
        source=where[one.source].name if one.source in where else one.source,
        prefix=one.prefix,
        state=one.state,
        is_restoration=bool(one.recipient),
        begun_at=moment(one.begun_at),
        counts=tuple(
            views.StateRow(
                state=state,
                count=count,
                size_bytes=size,
                href=f"{_place(bucket)}/{one.id}/objects?{urlencode({'state': state})}",
            )
            for state, count, size in one.counts
        ),
        done_bytes=whole - left,
        whole_bytes=whole,
        plain=sum(count for _, count, _ in still),
        plain_bytes=sum(size for _, _, size in still),
        is_working=one.state in WORKING and not (one.recipient and one.state == life.COUNTING),
        sheets_href=f"{_place(bucket)}/{one.id}/sheets"
        if may_change and one.recipient and one.state == life.COUNTING
        else "",
        reseal=f"age -d -i key.txt sheet-1.age | age -r {one.recipient} -o for-the-house.age",
        hand=f"custodes bucket restore hand {bucket} sheet-*.age --identity key.txt",
        estimate=_estimate(one, query) if one.state == life.COUNTED else None,
        moves=tuple(verb for verb in verbs if verb not in SIGNED),
        signed=tuple(verb for verb in verbs if verb in SIGNED),
    )


def _estimate(one: AdoptionView, query: AdoptionsQuery) -> views.Estimate:
    """By the visitor's own figures and by nothing else."""
    waits = [row for row in one.counts if row[0] == life.FOUND]
    objects, size = sum(count for _, count, _ in waits), sum(size for _, _, size in waits)
    speed, per_gb, per_1000 = map(_figure, (query.mb_per_s, query.price_per_gb, query.price_per_1000))
    cost = None
    if per_gb is not None or per_1000 is not None:
        whole = Decimal(size) / 10**9 * (per_gb or 0) + Decimal(objects) / 1000 * (per_1000 or 0)
        cost = f"{whole:.2f}"
    return views.Estimate(
        mb_per_s=query.mb_per_s,
        price_per_gb=query.price_per_gb,
        price_per_1000=query.price_per_1000,
        seconds=round(Decimal(size) / 10**6 / speed) if speed else None,
        cost=cost,
    )


def _figure(text: str) -> Decimal | None:
    """A figure as typed, with a point or a comma; `bad-value` (malformed)."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        found = Decimal(text) if len(text) <= FIGURE_CHARACTERS_MAX else Decimal(-1)
    except InvalidOperation as error:
        raise malformed("bad-value") from error
    if not found.is_finite() or not 0 <= found < 10**9:
        raise malformed("bad-value")
    return found


def _place(bucket: str) -> str:
    return f"/objects/{quote(bucket, safe='')}/adoptions"
