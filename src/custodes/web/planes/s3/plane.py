"""The ASGI application of the S3 plane: one request, from its head to its answer or refusal.

Head, claim and operation come first and cost no ask; then the noun's function. A refusal becomes S3's own
error document; anything else is our fault, logged with the request's id and sent without text. Once bytes of
an answer have left there is no other answer: the connection is cut.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from starlette.types import Message, Receive, Scope, Send

from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.protocols.s3 import answers, auth, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.forms.multipart import boundary_of
from custodes.protocols.s3.messages import Claim, Head, Pairs, head
from custodes.protocols.s3.operations import BY_NAME, Call, bucket_of
from custodes.protocols.s3.unsigned.requests import is_unsigned, unsigned
from custodes.web.kit.logs import Log, began, took_us
from custodes.web.kit.problems import broken

from . import buckets, copies, deletions, listings, objects_in, objects_out, uploads
from .exchange import Exchange, Gone, Ports, with_length
from .intake import nothing
from .leftover import Leftover
from .told import attributes, configs, inventories, origins, posts

Does = Callable[[Exchange], Awaitable[Answer | None]]
Refused = Callable[[Refusal], None]

TABLE: Mapping[str, Does] = MappingProxyType(
    {
        "ListBuckets": buckets.list_buckets,
        "CreateBucket": buckets.create_bucket,
        "HeadBucket": buckets.head_bucket,
        "DeleteBucket": buckets.delete_bucket,
        "GetBucketLocation": buckets.get_bucket_location,
        "GetBucketVersioning": buckets.get_bucket_versioning,
        "PutBucketVersioning": buckets.put_bucket_versioning,
        "ListObjects": listings.list_objects,
        "ListObjectsV2": listings.list_objects_v2,
        "ListObjectVersions": listings.list_object_versions,
        "ListMultipartUploads": uploads.list_uploads,
        "DeleteObjects": deletions.delete_objects,
        "PutObject": objects_in.put_object,
        "CopyObject": copies.copy_object,
        "GetObject": objects_out.get_object,
        "HeadObject": objects_out.head_object,
        "DeleteObject": deletions.delete_object,
        "CreateMultipartUpload": uploads.create_upload,
        "UploadPart": objects_in.upload_part,
        "UploadPartCopy": copies.upload_part_copy,
        "CompleteMultipartUpload": uploads.complete_upload,
        "AbortMultipartUpload": uploads.abort_upload,
        "ListParts": uploads.list_parts,
        "GetObjectAttributes": attributes.get_attributes,
        **configs.table(),
        **inventories.table(),
    }
)


UNCLAIMED = Claim(  # of a form: what it proves is in its fields
    access_key_id="",
    date="",
    region="",
    service="s3",
    amz_date="",
    signed_headers=(),
    canonical_request=b"",
    signature="",
    mode="header",
    payload="",
)


class S3Plane:
    """ASGI 3; `log` gets one line per request, without names, queries or headers."""

    def __init__(self, ports: Ports, log: Log, refused: Refused = lambda _: None) -> None:
        """`refused` is told of every refusal, for whoever counts."""
        self._ports = ports
        self._log = log
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        visit = _Visit(self._ports, self._log, scope, (receive, send))
        try:
            await visit.serve()
        finally:
            if visit.refusal is not None:
                self._refused(visit.refusal)


class _Visit:
    """One request while it is served."""

    def __init__(self, ports: Ports, log: Log, scope: Scope, wire: tuple[Receive, Send]) -> None:
        self._ports = ports
        self._log = log
        self._scope = scope
        receive, self._sends = wire
        self._leftover = Leftover(scope["headers"], receive)
        self._id = new_id("req", ports.dice)
        self._since = began()
        self._exchange: Exchange | None = None
        self._operation = ""
        self._status = 0
        self.refusal: Refusal | None = None
        self._spoken: Pairs = ()

    async def serve(self) -> None:
        """Answer, and write the access line."""
        code: str | None = None
        try:
            await self._answer()
        except Gone:
            code = "gone"
            raise
        except Refusal as refusal:
            self.refusal, code = refusal, refusal.code
            await self._refuse(refusal)
        except Exception as error:  # a stranger's exception is our fault, sent without text
            self.refusal, code = broken(), "broken"
            self._log.fault(self._id, error)
            await self._refuse(self.refusal)
        finally:
            self._note(code)
            self._exchange = None  # it sends through this visit: nobody but the collector would part the two

    async def _answer(self) -> None:
        scope = self._scope
        given = head(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"])
        domains = self._ports.domains
        if given.method == "OPTIONS":
            self._operation = "Preflight"
            await self._whole(await origins.preflight(self._ports.doors, given, domains))
            return
        self._spoken = await origins.spoken_to(self._ports.doors, given, domains)
        if given.method == "POST" and await self._posted(given):
            return
        claim = unsigned(given) if is_unsigned(given) else auth.claim(given)
        call = auth.operation_of(claim, self._ports.domains)
        if claim.mode == "unsigned":
            self._ports.strangers.let_in(call, given, self._ports.clock.boot_ms())
        name = self._operation = call.operation.name
        requests.check_headers(given, name)
        wire = (self._leftover.receive, self._send)
        x = Exchange(self._ports, self._id, (given, claim, call), wire)
        self._exchange = x
        if call.operation.body == "none":
            nothing(x)
        made = await TABLE[name](x)
        self._status = 200 if made is None else made.status
        if made is not None:
            await x.answer(made)

    async def _posted(self, given: Head) -> bool:
        """Serve a form, if this is one: it carries its signature inside."""
        boundary = boundary_of((given.value(b"content-type") or b"").decode("latin-1"))
        bucket = bucket_of(given, self._ports.domains)
        if boundary is None or bucket is None or given.query:
            return False
        self._operation = "PostObject"
        call = Call(operation=BY_NAME["PutObject"], bucket=bucket)
        wire = (self._leftover.receive, self._send)
        x = self._exchange = Exchange(self._ports, self._id, (given, UNCLAIMED, call), wire)
        made = await posts.post_object(x, boundary)
        self._status = made.status
        await x.answer(made)
        return True

    async def _refuse(self, refusal: Refusal) -> None:
        if self._exchange is not None and self._exchange.has_begun:
            raise ConnectionAbortedError(refusal.code) from refusal
        scope = self._scope
        is_head = scope["method"] == "HEAD"
        resource = scope["raw_path"].decode("latin-1")
        made = answers.refused(refusal, resource=resource, request_id=self._id, is_head=is_head)
        made = with_length(_with_marker(made, refusal))
        await self._leftover.drain()
        await self._whole(made)

    async def _whole(self, made: Answer) -> None:
        """An answer outside of any exchange."""
        made = with_length(made)
        self._status = made.status
        await self._send({"type": "http.response.start", "status": made.status, "headers": [*made.headers]})
        await self._send({"type": "http.response.body", "body": made.body})

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            closing = [(b"connection", b"close")] if self._leftover.is_last else []
            message["headers"] = [*message["headers"], *self._spoken, *closing]
        try:
            await self._sends(message)
        except ConnectionError as error:
            raise Gone from error

    def _note(self, code: str | None) -> None:
        us = took_us(self._since)
        sent = self._exchange.sent_bytes if self._exchange else 0
        seen = {"bytes": sent, "duration_us": us}
        about = {"endpoint": self._operation, "refusal": code}
        self._log.access(self._id, self._scope["method"], self._status, **about, **seen)


def _with_marker(made: Answer, refusal: Refusal) -> Answer:
    """A delete marker in the way of a read is named by its version."""
    marker = refusal.facts.get("marker")
    if not isinstance(marker, str):
        return made
    headers = dict(made.headers) | {b"x-amz-delete-marker": b"true", b"x-amz-version-id": marker.encode()}
    return Answer(status=made.status, headers=tuple(headers.items()), body=made.body)
