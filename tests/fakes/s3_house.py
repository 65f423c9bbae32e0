"""An S3 endpoint in memory, made of nothing but the pure rooms: for playbooks and real clients."""

from datetime import UTC, datetime

from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, conflict, malformed
from custodes.objects import multipart
from custodes.objects.checksums import DEFAULT, Algorithm, Coverage, checksum_of
from custodes.objects.conditions import judge_copy, judge_read, judge_write
from custodes.objects.etags import etag_for
from custodes.objects.listing import ABOVE_ALL, list_keys, list_uploads, list_versions
from custodes.objects.multipart import Upload, assemble, completion_mark, repeats
from custodes.objects.names import check_bucket_name
from custodes.objects.ranges import resolve, resolve_copy
from custodes.objects.version import (
    NULL,
    Part,
    Version,
    Versioning,
    delete_effect,
    delete_version_effect,
    next_versioning,
    put_effect,
)
from custodes.protocols.s3 import answers, auth, documents, lists, requests
from custodes.protocols.s3.answers import Answer, Shown, refused
from custodes.protocols.s3.body import Bytes, ChunkDone, End, Trailer, plan, reader
from custodes.protocols.s3.messages import Head, head
from custodes.protocols.s3.operations import Call
from fakes import SeededDice

REGION = "eu-central-1"
OWNER = documents.Owner(id="org-town", name="town")


class Room:
    def __init__(self, name: str, at: datetime) -> None:
        self.name = name
        self.created_at = at
        self.versioning = Versioning.OFF
        self.versions: list[Version] = []

    def ordered(self) -> list[Version]:
        return sorted(self.versions, key=lambda v: (v.key, -v.sequence))

    def current(self, key: str) -> Version | None:
        return next((v for v in self.ordered() if v.key == key), None)

    def named(self, key: str, name: str) -> Version | None:
        return next((v for v in self.versions if v.key == key and v.shown_id == name), None)

    def null(self, key: str) -> Version | None:
        return self.named(key, NULL)

    def seek(self, key, is_inclusive, rows_max):
        newest = {v.key: v for v in reversed(self.ordered())}
        rows = [v for v in newest.values() if not v.is_delete_marker]
        rows = sorted(rows, key=lambda v: v.key)
        return [v for v in rows if v.key > key or (is_inclusive and v.key == key)][:rows_max]

    def seek_versions(self, key, sequence, rows_max):
        return [
            v
            for v in self.ordered()
            if v.key > key or (v.key == key and (sequence is None or v.sequence < sequence))
        ][:rows_max]


class House:
    """`answer` takes a request and gives the answer; no socket, no clock of its own."""

    def __init__(self, secrets: dict[str, bytes]) -> None:
        self.secrets = secrets
        self.dice = SeededDice(3)
        self.buckets: dict[str, Room] = {}
        self.content: dict[str, bytes] = {}
        self.kept: dict[str, requests.Kept] = {}
        self.parts: dict[str, tuple[Part, ...]] = {}
        self.uploads: dict[str, tuple[Upload, requests.Writing]] = {}
        self.uploaded: dict[str, dict[int, tuple[Part, datetime]]] = {}
        self.completed: dict[str, tuple[str, Version]] = {}
        self.sequence = 0
        self.now = datetime.min.replace(tzinfo=UTC)

    def answer(self, method: str, target: bytes, headers, body: bytes, now: datetime) -> Answer:
        self.now = now
        path, _, query = target.partition(b"?")
        try:
            return self._answer(head(method, path, query, headers), body)
        except Refusal as refusal:
            return refused(
                refusal, resource=path.decode("latin-1"), request_id="req-1", is_head=method == "HEAD"
            )

    def _answer(self, given: Head, wire: bytes) -> Answer:
        made = auth.claim(given)
        secret = self.secrets.get(made.access_key_id)
        auth.verify(made, secret, self.now)
        call = auth.operation_of(made)
        requests.check_headers(given, call.operation.name)
        decoder = reader(plan(given, call.operation, made.payload))
        events = [*decoder.feed(wire), *decoder.finish()]
        if made.payload.startswith("STREAMING-AWS4"):
            self._verify_chunks(auth.chain_of(made, secret or b""), events)
        body = b"".join(bytes(event.piece) for event in events if isinstance(event, Bytes))
        end = events[-1]
        assert isinstance(end, End)
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in call.operation.name)
        return getattr(self, name)(given, call, body, end)

    def _verify_chunks(self, chain, events) -> None:
        chunks = [(e.sha256_hex, e.signature) for e in events if isinstance(e, ChunkDone)]
        last = chain.verify_chunks(chain.seed_signature, chunks)
        for event in events:
            if isinstance(event, Trailer):
                chain.verify_trailer(last, event.sha256_hex, event.signature or "")

    def _room(self, name: str | None) -> Room:
        if name not in self.buckets:
            raise absent("bucket-absent")
        return self.buckets[name]

    def _list_buckets(self, given, call, body, end) -> Answer:
        found = [documents.Bucket(name=r.name, created_at=r.created_at) for r in self.buckets.values()]
        return answers.of_document(documents.buckets(found, OWNER))

    def _create_bucket(self, given, call: Call, body, end) -> Answer:
        requests.location(body)
        name = check_bucket_name(call.bucket or "")
        if name in self.buckets:
            raise conflict("bucket-is-yours")
        self.buckets[name] = Room(name, self.now)
        return answers.created_bucket(name)

    def _head_bucket(self, given, call, body, end) -> Answer:
        self._room(call.bucket)
        return answers.bucket_head(REGION)

    def _delete_bucket(self, given, call, body, end) -> Answer:
        if self._room(call.bucket).versions:
            raise conflict("bucket-not-empty")
        del self.buckets[call.bucket]
        return answers.gone()

    def _get_bucket_location(self, given, call, body, end) -> Answer:
        self._room(call.bucket)
        return answers.of_document(documents.location(REGION))

    def _get_bucket_versioning(self, given, call, body, end) -> Answer:
        return answers.of_document(documents.versioning(self._room(call.bucket).versioning))

    def _put_bucket_versioning(self, given, call, body, end) -> Answer:
        self._room(call.bucket).versioning = next_versioning(requests.versioning_status(body))
        return answers.done()

    def _list_objects(self, given, call, body, end, is_v2: bool = False) -> Answer:
        room = self._room(call.bucket)
        asked = lists.keys_listing(given, is_v2=is_v2)
        page = list_keys(
            room.seek, prefix=asked.prefix, delimiter=asked.delimiter, after=asked.after, most=asked.most
        )
        return answers.of_document(documents.keys(room.name, asked, page, OWNER))

    def _list_objects_v2(self, given, call, body, end) -> Answer:
        return self._list_objects(given, call, body, end, is_v2=True)

    def _list_object_versions(self, given, call, body, end) -> Answer:
        room = self._room(call.bucket)
        asked = lists.versions_listing(given)
        sequence = None
        if asked.version_marker is not None:
            marker = room.named(asked.key_marker, asked.version_marker)
            sequence = ABOVE_ALL if marker is None else marker.sequence
        page = list_versions(
            room.seek_versions,
            prefix=asked.prefix,
            delimiter=asked.delimiter,
            after_key=asked.key_marker,
            after_sequence=sequence,
            most=asked.most,
        )
        return answers.of_document(documents.versions(room.name, asked, page, OWNER))

    def _list_multipart_uploads(self, given, call, body, end) -> Answer:
        room = self._room(call.bucket)
        asked = lists.uploads_listing(given)
        rows = sorted(
            (u for u, _ in self.uploads.values() if u.bucket == room.name), key=lambda u: (u.key, u.id)
        )

        def seek(key, upload, rows_max):
            return [u for u in rows if u.key > key or (u.key == key and (upload is None or u.id > upload))][
                :rows_max
            ]

        page = list_uploads(
            seek,
            prefix=asked.prefix,
            delimiter=asked.delimiter,
            after_key=asked.key_marker,
            after_upload=asked.upload_marker,
            most=asked.most,
        )
        return answers.of_document(documents.uploads(room.name, asked, page, OWNER))

    def _store(self, room: Room, key: str, content: bytes, kept, checksum, parts=(), by_parts=0) -> Version:
        effect = put_effect(room.versioning, room.null(key))
        self.sequence += 1
        identity = new_id("ver", self.dice)
        version = Version(
            id=identity,
            bucket=room.name,
            key=key,
            sequence=self.sequence,
            last_modified=self.now,
            size_bytes=len(content),
            etag=etag_for(identity, by_parts or 1),
            is_null=effect.is_null,
            parts_count=by_parts,
            checksum=checksum,
        )
        room.versions = [v for v in room.versions if v.id not in effect.removes] + [version]
        self.content[identity], self.kept[identity], self.parts[identity] = content, kept, parts
        return version

    def _judge(self, room: Room, key: str, conditions) -> None:
        current = room.current(key)
        is_there = current is not None and not current.is_delete_marker
        answers.check_verdict(judge_write(conditions, current.etag if is_there else None))

    def _put_object(self, given, call, body, end) -> Answer:
        room, asked = self._room(call.bucket), requests.writing(given)
        self._judge(room, call.key, asked.conditions)
        version = self._store(room, call.key, body, asked.kept, end.checksum)
        return answers.written(version, room.versioning)

    def _find(self, bucket, key, name) -> tuple[Room, Version]:
        room = self._room(bucket)
        version = room.current(key) if name is None else room.named(key, name)
        return room, answers.check_readable(version, is_named=name is not None)

    def _get_object(self, given, call, body, end) -> Answer:
        room, version = self._find(call.bucket, call.key, call.version)
        asked = requests.reading(given, call)
        shown = Shown(version=version, kept=self.kept[version.id], versioning=room.versioning)
        verdict = judge_read(asked.conditions, version.etag, version.last_modified)
        if verdict.value == "not-modified":
            return answers.not_modified(shown)
        answers.check_verdict(verdict)
        span = None if asked.asked is None else resolve(asked.asked, version.size_bytes)
        if asked.part_number is not None:
            sizes = [part.size_bytes for part in self.parts[version.id]] or [version.size_bytes]
            span = multipart.span_of_part(sizes, asked.part_number)
        made = answers.read_answer(shown, asked, span)
        content = self.content[version.id]
        return Answer(
            status=made.status,
            headers=made.headers,
            body=content if span is None else content[span.first : span.end],
        )

    def _head_object(self, given, call, body, end) -> Answer:
        made = self._get_object(given, call, body, end)
        return Answer(status=made.status, headers=made.headers)

    def _delete(self, room: Room, key: str, name: str | None) -> tuple[Version | None, Version | None]:
        if name is not None:
            found = room.named(key, name)
            effect = delete_version_effect(found)
        else:
            found, effect = None, delete_effect(room.versioning, room.null(key))
        room.versions = [v for v in room.versions if v.id not in effect.removes]
        if not effect.adds_marker:
            return found, None
        self.sequence += 1
        marker = Version(
            id=new_id("ver", self.dice),
            bucket=room.name,
            key=key,
            sequence=self.sequence,
            last_modified=self.now,
            is_null=effect.is_null,
            is_delete_marker=True,
        )
        room.versions.append(marker)
        return found, marker

    def _delete_object(self, given, call, body, end) -> Answer:
        room = self._room(call.bucket)
        conditions = requests.conditions(given)
        if conditions.if_match is not None:
            self._judge(room, call.key, conditions)
        return answers.deleted(*self._delete(room, call.key, call.version), room.versioning)

    def _delete_objects(self, given, call, body, end) -> Answer:
        room, asked = self._room(call.bucket), requests.deleting(body)
        outcomes = []
        for one in asked.doomed:
            removed, marker = self._delete(room, one.key, one.version)
            about = marker or (removed if removed is not None and removed.is_delete_marker else None)
            outcomes.append(
                documents.DeleteOutcome(
                    key=one.key, version=one.version, marker=None if about is None else about.shown_id
                )
            )
        return answers.of_document(documents.deletions(outcomes, is_quiet=asked.is_quiet))

    def _source(self, given, call) -> tuple[Version, requests.Copying]:
        asked = requests.copying(given)
        _, version = self._find(call.source.bucket, call.source.key, call.source.version)
        verdict = judge_copy(asked.source_conditions, version.etag, version.last_modified)
        answers.check_verdict(verdict)
        return version, asked

    def _copy_object(self, given, call, body, end) -> Answer:
        source, asked = self._source(given, call)
        room, writing = self._room(call.bucket), requests.writing(given)
        if (call.source.bucket, call.source.key) == (call.bucket, call.key) and not asked.replaces_kept:
            raise malformed("copy-onto-itself")
        kept = writing.kept if asked.replaces_kept else self.kept[source.id]
        content = self.content[source.id]
        checksum = checksum_of(writing.algorithm or DEFAULT, content)
        version = self._store(room, call.key, content, kept, checksum)
        document = documents.copied(version.etag, version.last_modified, version.checksum)
        return answers.of_document(document, answers.version_header(version, room.versioning))

    def _create_multipart_upload(self, given, call, body, end) -> Answer:
        room, asked = self._room(call.bucket), requests.writing(given)
        upload = Upload(
            id=new_id("upl", self.dice),
            bucket=room.name,
            key=call.key,
            opened_at=self.now,
            algorithm=asked.algorithm or Algorithm.CRC64NVME,
            coverage=asked.coverage or Coverage.FULL_OBJECT,
        )
        self.uploads[upload.id] = upload, asked
        self.uploaded[upload.id] = {}
        document = documents.upload_opened(room.name, call.key, upload.id)
        if asked.algorithm is None:
            return answers.of_document(document)
        return answers.of_document(document, answers.upload_header(upload.algorithm, upload.coverage))

    def _upload(self, call) -> tuple[Upload, requests.Writing]:
        found = self.uploads.get(call.upload)
        if found is None or (found[0].bucket, found[0].key) != (call.bucket, call.key):
            raise absent("upload-absent")
        return found

    def _keep_part(self, upload: Upload, number: int, content: bytes) -> Part:
        blob = new_id("blb", self.dice)
        part = Part(
            number=number,
            blob=blob,
            size_bytes=len(content),
            etag=etag_for(blob),
            checksum=checksum_of(upload.algorithm, content),
        )
        self.content[blob] = content
        self.uploaded[upload.id][number] = part, self.now
        return part

    def _upload_part(self, given, call, body, end) -> Answer:
        upload, _ = self._upload(call)
        part = self._keep_part(upload, call.part_number, body)
        return answers.part_written(part.etag, part.checksum)

    def _upload_part_copy(self, given, call, body, end) -> Answer:
        source, _ = self._source(given, call)
        upload, _ = self._upload(call)
        content = self.content[source.id]
        if call.source.span is not None:
            span = resolve_copy(call.source.span, len(content))
            content = content[span.first : span.end]
        part = self._keep_part(upload, call.part_number, content)
        return answers.of_document(documents.copied(part.etag, self.now, part.checksum, is_part=True))

    def _complete_multipart_upload(self, given, call, body, end) -> Answer:
        asked = requests.completing(given, body)
        if call.upload in self.completed:
            mark, version = self.completed[call.upload]
            if not repeats(mark, asked.listed):
                raise absent("upload-absent")
        else:
            upload, writing = self._upload(call)
            room = self._room(call.bucket)
            self._judge(room, call.key, asked.conditions)
            uploaded = {number: part for number, (part, _) in self.uploaded[upload.id].items()}
            made = assemble(uploaded, asked.listed, upload.algorithm, upload.coverage)
            content = b"".join(self.content[part.blob] for part in made.parts)
            version = self._store(
                room, call.key, content, writing.kept, made.checksum, made.parts, len(made.parts)
            )
            self.completed[upload.id] = completion_mark(asked.listed), version
            del self.uploads[upload.id]
        place = f"/{call.bucket}/{call.key}"
        document = documents.upload_completed(place, call.bucket, version)
        versioning = self._room(call.bucket).versioning
        return answers.of_document(document, answers.version_header(version, versioning))

    def _abort_multipart_upload(self, given, call, body, end) -> Answer:
        upload, _ = self._upload(call)
        del self.uploads[upload.id]
        return answers.gone()

    def _list_parts(self, given, call, body, end) -> Answer:
        upload, _ = self._upload(call)
        asked = lists.parts_listing(given)
        rows = sorted(self.uploaded[upload.id].values(), key=lambda row: row[0].number)
        rows = [row for row in rows if row[0].number > asked.after_number]
        return answers.of_document(
            documents.parts(
                call.bucket,
                call.key,
                upload.id,
                listing=asked,
                found=rows[: asked.most],
                is_truncated=len(rows) > asked.most,
                owner=OWNER,
            )
        )
