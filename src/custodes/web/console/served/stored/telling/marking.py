"""What one version of an object is told, on one page: tags, hold, retention, access list.

Each is the same ask an S3 client's call becomes; what cannot be taken back is asked twice.
"""

import asyncio
import hashlib
from datetime import datetime
from urllib.parse import quote, urlencode

from custodes.acts.asks.buckets.told import DropState, LookState, PutState
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Kind, Refusal, conflict, malformed
from custodes.objects.rules.locks import Mode, check_retention
from custodes.objects.rules.tags import check_tags
from custodes.protocols.s3.configs import locking, plain
from custodes.protocols.s3.xml import document
from custodes.web.console.pages import PageQuery
from custodes.web.console.served.stored.telling import row
from custodes.web.console.served.stored.telling.access import (
    access_fields,
    granted,
    read_access,
    shown_access,
    write_access,
)
from custodes.web.console.served.stored.telling.pages import chosen_of, may_change
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views.shell import Field, Line
from custodes.web.console.views.stored import marks as views
from custodes.web.console.views.stored.telling import ToldRow
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

MARK_CHARACTERS = 32
KINDS = {  # name of a part -> what the keyroom calls it
    "object-tags": "tagging",
    "hold": "legal-hold",
    "retention": "retention",
    "object-access": "acl",
}
_RETAINED = ("part", "name", "version", "mark", "retention-mode", "until")
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


class MarksQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name` may hold anything; `version` is empty for the newest; `changed`: that part was just set."""

    name: str
    version: str = ""
    changed: str = ""


class MarkingPages:
    """`/objects/{bucket}/object/told`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """All of it."""
        return await self._page(call, visit, call.asked(MarksQuery), None)

    async def tell(self, call: Call, visit: Visit) -> Reply:
        """What one of the page's forms says."""
        given, bucket = call.taken(Form), call.path["bucket"]
        part = given.one("part")
        query = MarksQuery(name=given.one("name"), version=given.one("version"))
        if part not in KINDS:
            raise malformed("bad-value", field="part")
        try:
            body = await self._body(visit, bucket, query, part)
            if body is None:
                raise malformed("lock-not-enabled")
            if given.one("mark") != _mark(body):
                raise conflict("changed-meanwhile")
            made, passes_by = self._made(part, body, given)
            for_good = _for_good(part, made)
            if for_good is not None and not given.many("confirmed"):
                return self._check(call, visit, query, given, for_good)
            await self._put(visit, bucket, query, (part, made, passes_by))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, query, refusal)
        return see_other(_href(bucket, query, changed=part))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk, one = self._desk, "/objects/{bucket}/object/told"
        return (
            page(one, "object-told", seated(desk, self.show), MarksQuery),
            form(one, "object-tell", seated(desk, self.tell)),
        )

    async def _page(self, call: Call, visit: Visit, query: MarksQuery, refusal: Refusal | None) -> Reply:
        name = call.path["bucket"]
        chosen, bodies = await asyncio.gather(
            chosen_of(self._desk, visit),
            asyncio.gather(*(self._body(visit, name, query, part) for part in KINDS)),
        )
        said = dict(zip(KINDS, bodies, strict=True))
        parts = (
            _tags(said["object-tags"] or b""),
            _hold(said["hold"], name),
            self._retention(said["retention"], name),
            _access(said["object-access"] or b"", chosen),
        )
        view = views.MarksView(
            bucket=name,
            name=query.name,
            version=query.version,
            place=_place(name),
            back_href=_object(name, query.name),
            parts=parts if may_change(visit) else tuple(map(_closed, parts)),
            changed=query.changed if query.changed in KINDS else "",
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _body(self, visit: Visit, bucket: str, query: MarksQuery, part: str) -> bytes | None:
        """The document as it stands; empty where there is none, None where the bucket can have none."""
        ask = LookState(visit.evidence, bucket, query.name, KINDS[part], query.version or None)
        try:
            return (await self._desk.doors.ask(ask)).body
        except Refusal as refusal:
            if refusal.code not in ("retention-absent", "lock-not-enabled"):
                raise
            return b"" if refusal.code == "retention-absent" else None

    async def _put(self, visit: Visit, bucket: str, query: MarksQuery, what: tuple[str, bytes, bool]) -> None:
        part, body, passes_by = what
        version, kind, ask = query.version or None, KINDS[part], self._desk.doors.ask
        if not body:
            await ask(DropState(visit.evidence, bucket, query.name, kind, version))
        else:
            await ask(PutState(visit.evidence, bucket, query.name, kind, body, version, passes_by))

    def _made(self, part: str, body: bytes, given: Form) -> tuple[bytes, bool]:
        """The document a form makes of the one that stands; whether it passes by a retention."""
        if part == "object-tags":
            pairs = (line.partition("=") for line in row.lines_of(given, "tags"))
            tags = check_tags([(key.strip(), value.strip()) for key, _, value in pairs])
            return (plain.write_tagging(tags) if tags else b""), False
        if part == "hold":
            return locking.write_hold(
                is_held=row.among(given, "verb", ("hold-on", "hold-off")) == "hold-on"
            ), False
        if part == "retention":
            return self._retained(given), bool(given.many("passes-by"))
        found = read_access(body)
        which = given.many("which")
        if which:
            if not (which[0].isascii() and which[0].isdigit() and int(which[0]) < len(found.others)):
                raise conflict("changed-meanwhile")
            return write_access(found.with_others(row.without(found.others, int(which[0])))), False
        return write_access(found.with_others(granted(given, found.others))), False

    def _retained(self, given: Form) -> bytes:
        mode = row.among(given, "retention-mode", ("none", *(one.value for one in Mode)))
        if mode == "none":
            return document("Retention")
        try:
            until = datetime.fromisoformat(given.one("until").strip())
        except ValueError as error:
            raise malformed("retention-incomplete") from error
        if until.tzinfo is None:
            until = until.replace(tzinfo=self._desk.pages.zone)
        return locking.write_retention(check_retention(mode, until))

    def _check(self, call: Call, visit: Visit, query: MarksQuery, given: Form, until: str) -> Reply:
        bucket = call.path["bucket"]
        kept = {name: given.one(name) for name in _RETAINED}
        kept |= {"confirmed": "yes", **({"passes-by": "yes"} if given.many("passes-by") else {})}
        view = views.MarkCheck(
            bucket=bucket,
            name=query.name,
            place=_place(bucket),
            back_href=_href(bucket, query),
            until=from_text(until),
            fields=tuple(Field(name=n, label=n, kind="hidden", value=v) for n, v in kept.items()),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    def _retention(self, body: bytes | None, bucket: str) -> views.MarkPart:
        if body is None:
            return _cannot("retention", bucket)
        stands = locking.read_retention(body) if body else None
        now = self._desk.clock.now()
        is_over = stands is None or from_text(stands.until) <= now
        until = from_text(stands.until).astimezone(self._desk.pages.zone) if stands else None
        modes = (
            ["none", *(one.value for one in Mode)]
            if stands is None or stands.mode is Mode.GOVERNANCE or is_over
            else [Mode.COMPLIANCE.value]
        )
        fields: tuple[Field, ...] = (
            row.select(
                "retention-mode", stands.mode.value if stands else "none", modes, hint="retention-mode"
            ),
            Field(
                name="until",
                label="until",
                kind="moment",
                value=f"{until:%Y-%m-%dT%H:%M}" if until else "",
                hint="retention-until",
                is_required=False,
            ),
        )
        if stands is not None and stands.mode is Mode.GOVERNANCE and not is_over:
            fields = (*fields, row.several("passes-by", ("passes-by",), hint="passes-by"))
        lines = (
            (row.choice("lock-mode", stands.mode.value), Line(label="until", moment=from_text(stands.until)))
            if stands
            else ()
        )
        rows = (ToldRow(lines=lines),) if stands else ()
        return views.MarkPart(name="retention", rows=rows, fields=fields, mark=_mark(body))


def _tags(body: bytes) -> views.MarkPart:
    tags = plain.read_tagging(body)
    said = "\n".join(f"{key}={value}" for key, value in tags)
    return views.MarkPart(
        name="object-tags",
        rows=tuple(ToldRow(lines=(Line(label=key, value=value, is_code=True),)) for key, value in tags),
        fields=(row.long_text("tags", said, is_required=False, hint="object-tags"),),
        mark=_mark(body),
    )


def _hold(body: bytes | None, bucket: str) -> views.MarkPart:
    if body is None:
        return _cannot("hold", bucket)
    is_held = bool(body) and locking.read_hold(body)
    rows = (ToldRow(lines=(row.choice("hold", "on-hold"),)),) if is_held else ()
    return views.MarkPart(name="hold", rows=rows, verb="hold-off" if is_held else "hold-on", mark=_mark(body))


def _access(body: bytes, chosen: row.Chosen) -> views.MarkPart:
    found, names = read_access(body), {id_: name for name, id_ in chosen.applications}
    return views.MarkPart(
        name="object-access",
        rows=tuple(ToldRow(lines=lines) for lines in shown_access(found.others, names, is_object=True)),
        fields=access_fields(chosen, found.owner[0], is_object=True) if chosen.acls_count else (),
        mark=_mark(body),
        takes=True,
        needs="" if chosen.acls_count else "acls-count",
        needs_href="" if chosen.acls_count else "/rules",
    )


def _cannot(name: str, bucket: str) -> views.MarkPart:
    at = f"/objects/{quote(bucket, safe='')}/settings/object-lock"
    return views.MarkPart(name=name, needs="can-lock", needs_href=at)


def _closed(part: views.MarkPart) -> views.MarkPart:
    return views.MarkPart(name=part.name, rows=part.rows, needs=part.needs)


def _for_good(part: str, body: bytes) -> str | None:
    """Until when a document retains for good; None where it does not."""
    made = locking.read_retention(body) if part == "retention" else None
    return made.until if made is not None and made.mode is Mode.COMPLIANCE else None


def _mark(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:MARK_CHARACTERS]


def _place(bucket: str) -> str:
    return f"/objects/{quote(bucket, safe='')}/object/told"


def _href(bucket: str, query: MarksQuery, **more: str) -> str:
    return f"{_place(bucket)}?{urlencode({'name': query.name, 'version': query.version, **more})}"


def _object(bucket: str, name: str) -> str:
    return f"/objects/{quote(bucket, safe='')}/object?{urlencode({'name': name})}"
