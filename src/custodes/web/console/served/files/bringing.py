"""Uploading: a file in one piece, or in parts of which a lost one is sent again.

The script sends each file, or part, as the whole body, its token in a header; without script a form brings
one file. What has the name already is replaced only if that was asked for, and the keyroom holds to it.
"""

import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from custodes.acts.asks.objects import Content, LookObject
from custodes.acts.asks.uploads import AbortUpload, CompletePart, CompleteUpload, OpenUpload
from custodes.acts.streams.carrying import Bring, Brought
from custodes.kernel.refusal import Refusal, conflict, denied, malformed
from custodes.objects.conditions import NONE, Conditions, Tags
from custodes.objects.multipart import PART_BYTES_MAX
from custodes.protocols.s3.forms.multipart import Field, FileBegins, FileBytes, FormReader, boundary_of
from custodes.web.console.pages import PageQuery
from custodes.web.console.served.visit import Desk, Visit, form, seated
from custodes.web.kit import forms, problems
from custodes.web.kit.bodies import declared_bytes
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Body, Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.shield import CONSOLE_CSP

from .naming import folder

TOKEN = "x-form-token"  # noqa: S105 - a header's name
PARTS_MAX = 1_000
LEFT_BYTES_MAX = 64 * 1_048_576  # so much of a refused body is still taken, so that the answer is heard
FORM_BYTES_MAX = 1_048_576  # of a form beside its file
SENDING_CSP = f"{CONSOLE_CSP}; connect-src 'self'"  # of the one page whose script sends something
_NEW = Conditions(if_none_match=Tags(is_any=True))
_MEDIA = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")


class FileQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name` is the object's; `upload` and `number` make it a part. `prefix` is where a form's file goes."""

    name: str = ""
    prefix: str = ""
    replace: bool = False
    upload: str = ""
    number: int = 0


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """An upload in parts."""

    upload: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What stands now."""

    etag: str
    version: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal, to be shown as it is."""

    code: str
    kind: str
    text: str


class BringingPages:
    """One file, one part, and the life of an upload in parts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, call: Call, visit: Visit) -> Reply:
        """A file or a part as the body, or a form with one file."""
        body = call.body
        boundary = boundary_of(call.request.headers.get("content-type", ""))
        try:
            forms.check_origin(call.request.headers, self._desk.origin)
            if boundary is not None:
                return await self._posted(call, visit, boundary)
            demand_token(call.request.headers.get(TOKEN, ""), call.csrf)
            brought = await self._brought(call, visit)
        except Refusal as refusal:
            await rest_of(body)
            if boundary is not None:
                raise
            return self._told(call, refusal)
        return Reply(gives=Done(etag=brought.etag, version=brought.version or ""))

    async def begin(self, call: Call, visit: Visit) -> Reply:
        """An upload in parts; a name that is taken is said before the first byte was sent."""
        given, bucket = call.taken(Form), call.path["bucket"]
        name = given.one("name")
        if not given.many("replace") and await self._is_taken(visit, bucket, name):
            raise conflict("precondition-failed")
        content = Content(content_type=_media(given.one("type"))) if given.one("type") else Content()
        opened = await self._desk.doors.ask(OpenUpload(visit.evidence, bucket, name, content))
        return Reply(gives=Begun(upload=opened.upload))

    async def end(self, call: Call, visit: Visit) -> Reply:
        """Complete an upload in parts, or drop it."""
        given, bucket, upload = call.taken(Form), call.path["bucket"], call.path["upload"]
        name, ask = given.one("name"), self._desk.doors.ask
        if given.many("drop"):
            await ask(AbortUpload(visit.evidence, bucket, name, upload))
            return Reply(gives=Done(etag=""))
        parts = given.one("parts").split(",")
        if len(parts) > PARTS_MAX:
            raise malformed("malformed-form", field="parts")
        conditions = NONE if given.many("replace") else _NEW
        closed = await ask(
            CompleteUpload(
                visit.evidence,
                bucket,
                name,
                upload,
                tuple(CompletePart(number, etag) for number, etag in enumerate(parts, 1)),
                conditions=conditions,
            )
        )
        return Reply(gives=Done(etag=closed.etag, version=closed.version_shown or ""))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            Endpoint(
                method="POST",
                path="/objects/{bucket}/files",
                name="file-upload",
                action=None,
                does=seated(desk, self.take),
                query=FileQuery,
                takes=Body.STREAM,
                body_bytes_max=PART_BYTES_MAX,
                timeout_ms=60_000,
            ),
            form("/objects/{bucket}/uploads", "upload-begin", seated(desk, self._as_json(self.begin))),
            form("/objects/{bucket}/uploads/{upload}", "upload-end", seated(desk, self._as_json(self.end))),
        )

    async def _is_taken(self, visit: Visit, bucket: str, name: str) -> bool:
        try:
            found = await self._desk.doors.ask(LookObject(visit.evidence, bucket, name))
        except Refusal as refusal:
            if refusal.code != "key-absent":
                raise
            return False
        return any(one.latest and not one.marker for one in found.versions)

    async def _brought(self, call: Call, visit: Visit) -> Brought:
        query = call.asked(FileQuery)
        headers = call.request.headers
        ask = Bring(
            evidence=visit.evidence,
            bucket=call.path["bucket"],
            name=query.name,
            size_bytes=declared_bytes(headers),
            content_type=_media(headers.get("content-type", "")),
            is_new=not query.replace,
            upload=query.upload,
            number=query.number,
        )
        return await self._desk.carrier.bring(ask, call.body)

    async def _posted(self, call: Call, visit: Visit, boundary: bytes) -> Reply:
        query, bucket = call.asked(FileQuery), call.path["bucket"]
        posted = Posted(boundary, call.body)
        await posted.head()
        demand_token(posted.fields.get("csrf", ""), call.csrf)
        if not posted.filename:
            raise malformed("field-missing", field="file")
        ask = Bring(
            evidence=visit.evidence,
            bucket=bucket,
            name=posted.fields.get("prefix", query.prefix) + posted.filename,
            size_bytes=None,
            content_type=_media(posted.media),
            is_new=not posted.fields.get("replace"),
        )
        await self._desk.carrier.bring(ask, posted.file())
        return see_other(folder(bucket, query.prefix))

    def _as_json(
        self, does: Callable[[Call, Visit], Awaitable[Reply]]
    ) -> Callable[[Call, Visit], Awaitable[Reply]]:
        async def do(call: Call, visit: Visit) -> Reply:
            try:
                return await does(call, visit)
            except Refusal as refusal:
                return self._told(call, refusal)

        return do

    def _told(self, call: Call, refusal: Refusal) -> Reply:
        text = self._desk.pages.said(refusal, call.request)
        status = problems.problem(refusal, call.id).status
        told = Told(code=refusal.code, kind=refusal.kind.value, text=text)
        return Reply(status=status, gives=told, headers=problems.headers(refusal), refusal=refusal.code)


class Posted:
    """A form with one file, read as it comes."""

    def __init__(self, boundary: bytes, body: AsyncIterator[bytes]) -> None:
        self._reader = FormReader(boundary)
        self._body = body
        self._ready: list[bytes] = []
        self.fields: dict[str, str] = {}
        self.filename = ""
        self.media = ""

    async def head(self) -> None:
        """Everything before the file (`form-malformed`, `form-too-large`)."""
        async for piece in self._body:
            if self._fed(piece):
                return
        raise malformed("form-malformed")

    async def file(self) -> AsyncIterator[bytes]:
        """The file itself (`form-malformed`: it has no end)."""
        for ready in self._ready:
            yield ready
        async for piece in self._body:
            for event in self._reader.feed(piece):
                if isinstance(event, FileBytes):
                    yield event.piece
        self._reader.finish()

    def _fed(self, piece: bytes) -> bool:
        has_begun = False
        for event in self._reader.feed(piece):
            if isinstance(event, Field):
                self.fields[event.name] = event.value
            elif isinstance(event, FileBegins):
                self.filename, self.media, has_begun = event.filename, event.content_type, True
            elif isinstance(event, FileBytes):
                self._ready.append(event.piece)
        return has_begun


def demand_token(given: str, wanted: str) -> None:
    """`stale-form` (denied) unless a page of this very visit sent it."""
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise denied("stale-form")


def _media(text: str) -> str:
    """A media type as it may be kept; empty for everything else."""
    kind = text.partition(";")[0].strip().lower()
    return kind if _MEDIA.fullmatch(kind) else ""


async def rest_of(body: AsyncIterator[bytes]) -> None:
    """Take what a browser still sends of a refused body, within a bound: it hears no answer before."""
    left = LEFT_BYTES_MAX
    try:
        async for piece in body:
            left -= len(piece)
            if left < 0:
                return
    except Refusal:  # that it broke off is not what it is told
        return
