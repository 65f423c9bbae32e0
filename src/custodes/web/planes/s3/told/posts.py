"""POST forms: the fields first, then the file straight into the stores, as a PutObject under the form's
policy.
"""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from custodes.acts.asks import PostForm
from custodes.acts.asks.objects import ClosePut, OpenPut, PutClosed
from custodes.acts.streams.filling import COMPLETE, closing, stored_from
from custodes.acts.streams.still import Still
from custodes.acts.streams.writing import Sealing
from custodes.kernel.canonical import b64
from custodes.kernel.limits import KILL_CHECK_BYTES
from custodes.kernel.refusal import malformed
from custodes.objects.checksums import DEFAULT, Algorithm, Checksum, check_equal, check_value, running
from custodes.objects.multipart import PART_BYTES_MAX
from custodes.objects.names import check_key
from custodes.protocols.s3 import answers, documents, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.body import CHECKSUM_HEADERS
from custodes.protocols.s3.canonical import signed_head
from custodes.protocols.s3.forms.multipart import Field, FileBegins, FileBytes, FileEnds, FormReader
from custodes.protocols.s3.forms.policy import Form, as_put
from custodes.protocols.s3.unsigned.requests import is_unsigned_form
from custodes.web.planes.s3.exchange import Exchange
from custodes.web.planes.s3.shown import content_of, written


class Posted:
    """One form on its way in."""

    def __init__(self, x: Exchange, boundary: bytes) -> None:
        self._x = x
        self._reader = FormReader(boundary)
        self._fields: list[tuple[str, str]] = []
        self._waiting: list[bytes] = []
        self._is_over = False
        self._began: FileBegins | None = None

    async def fields(self) -> Form:
        """Everything before the file (`form-malformed`, `form-too-large`)."""
        while self._began is None:
            piece = await self._x.piece()
            if piece is None:
                raise malformed("form-malformed")
            self._take(piece)
        return Form(bucket=self._x.bucket, fields=tuple(self._fields), filename=self._began.filename)

    async def fill(self, sealing: Sealing, ticket: str, form: Form) -> Sequence[Checksum]:
        """The file into a stream, with the checksum the form says (`checksum-differs`, `body-too-large`)."""
        algorithm, declared = checksum_said(form)
        digest, taken, asked = running(algorithm), 0, 0
        still = Still(self._x.doors, ticket)
        while True:
            for piece in self._waiting:
                digest.update(piece)
                taken += len(piece)
                if taken > PART_BYTES_MAX:
                    raise malformed("body-too-large", bytes_max=PART_BYTES_MAX)
                await sealing.take(piece)
            self._waiting.clear()
            if taken - asked >= KILL_CHECK_BYTES:
                asked = taken
                await still.demand(taken)
            wire = await self._x.piece()
            if wire is None:
                break
            self._take(wire)
        self._reader.finish()
        made = Checksum(algorithm=algorithm, value=b64(digest.digest()))
        if declared is not None:
            check_equal(made, declared)
        return (made,)

    def _take(self, piece: bytes) -> None:
        for event in self._reader.feed(piece):
            if isinstance(event, Field):
                self._fields.append((event.name, event.value))
            elif isinstance(event, FileBegins):
                self._began = event
            elif isinstance(event, FileBytes):
                self._waiting.append(event.piece)
            elif isinstance(event, FileEnds):
                self._is_over = True


async def post_object(x: Exchange, boundary: bytes) -> Answer:
    """POST Object; the keyroom checks policy and signature before the file is read on."""
    posted = Posted(x, boundary)
    form = await posted.fields()
    if is_unsigned_form(form):
        x.ports.strangers.count(x.ports.clock.boot_ms())
    if form.value("key") is None:
        raise malformed("form-malformed")
    check_key(form.key.encode("utf-8"))
    head = signed_head(as_put(form))
    requests.check_headers(head, "PutObject")
    asked, evidence = requests.writing(head), PostForm(form)
    opened = await x.doors.ask(OpenPut(evidence=evidence, bucket=x.bucket, name=form.key, size_bytes=None))

    async def fill(sealing: Sealing) -> Sequence[Checksum]:
        return await posted.fill(sealing, opened.ticket, form)

    async def give_up(outcome: str) -> None:
        await x.doors.ask(ClosePut(evidence=evidence, ticket=opened.ticket, outcome=outcome))

    stored = await stored_from(x.ports, opened, fill, give_up)
    done = ClosePut(
        evidence=evidence,
        ticket=opened.ticket,
        outcome=COMPLETE,
        stored=stored,
        content=content_of(asked.kept),
    )
    return _answer(x, form, await closing(x.ports, opened, done))


def checksum_said(form: Form) -> tuple[Algorithm, str | None]:
    """The checksum a form declares (`checksum-twice`, `checksum-malformed`)."""
    given = [(name, form.value(name)) for name in CHECKSUM_HEADERS if form.value(name) is not None]
    if len(given) > 1:
        raise malformed("checksum-twice")
    for name, value in given:
        return CHECKSUM_HEADERS[name], check_value(CHECKSUM_HEADERS[name], value or "")
    return DEFAULT, None


def _answer(x: Exchange, form: Form, closed: PutClosed) -> Answer:
    version, state = written(form.key, closed)
    made = answers.written(version, state, answers.encrypted(closed.sse, closed.sse_key))
    place = x.address(form.key)
    headers = (*made.headers, (b"location", place.encode("utf-8")))
    redirect = form.value("success_action_redirect") or form.value("redirect") or ""
    if redirect.startswith(("http://", "https://")) and redirect.isprintable():
        said = urlencode({"bucket": x.bucket, "key": form.key, "etag": f'"{version.etag}"'}, quote_via=quote)
        target = f"{redirect}{'&' if '?' in redirect else '?'}{said}"
        moved = [pair for pair in headers if pair[0] != b"location"]
        return Answer(status=303, headers=(*moved, (b"location", target.encode("utf-8"))))
    status = form.value("success_action_status")
    if status == "201":
        return Answer(
            status=201,
            headers=(*headers, answers.XML),
            body=documents.posted(place, x.bucket, form.key, version.etag),
        )
    return Answer(status=200 if status == "200" else 204, headers=headers)
