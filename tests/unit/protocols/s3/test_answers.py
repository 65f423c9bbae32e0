from datetime import UTC, datetime

import msgspec
import pytest

from custodes.kernel.refusal import Kind, Refusal, absent, conflict, malformed, unavailable
from custodes.objects.checksums import Algorithm, Coverage, checksum_of
from custodes.objects.conditions import Conditions, Verdict
from custodes.objects.ranges import Span
from custodes.objects.version import Version, Versioning
from custodes.protocols.s3 import answers
from custodes.protocols.s3.answers import Shown
from custodes.protocols.s3.requests import Kept, Reading

VERSION = Version(
    id="ver-1",
    bucket="bkt",
    key="k",
    sequence=1,
    last_modified=datetime(2026, 11, 22, 8, 0, 0, 999_999, tzinfo=UTC),
    size_bytes=10,
    etag="e-1",
    checksum=checksum_of(Algorithm.CRC32, b"x"),
)
KEPT = Kept(content=(("content-type", "text/plain"),), metadata=(("a", "ä"),))
SHOWN = Shown(version=VERSION, kept=KEPT, versioning=Versioning.ENABLED)
READING = Reading(conditions=Conditions())


def test_a_whole_read():
    made = answers.read_answer(SHOWN, READING, None)
    assert made.status == 200
    assert dict(made.headers) == {
        b"etag": b'"e-1"',
        b"last-modified": b"Sun, 22 Nov 2026 08:00:00 GMT",
        b"accept-ranges": b"bytes",
        b"content-length": b"10",
        b"x-amz-version-id": b"ver-1",
        b"content-type": b"text/plain",
        b"x-amz-meta-a": "ä".encode(),
    }


def test_a_range_is_206_also_when_it_is_everything():
    reading = msgspec.structs.replace(READING, shows_checksum=True)
    for span, text in ((Span(first=0, end=10), b"bytes 0-9/10"), (Span(first=3, end=5), b"bytes 3-4/10")):
        made = answers.read_answer(SHOWN, reading, span)
        assert made.status == 206
        assert dict(made.headers)[b"content-range"] == text
        assert dict(made.headers)[b"content-length"] == b"%d" % span.size_bytes
        assert b"x-amz-checksum-crc32" not in dict(made.headers)
    whole = dict(answers.read_answer(SHOWN, reading, None).headers)
    assert whole[b"x-amz-checksum-type"] == b"FULL_OBJECT"
    assert whole[b"x-amz-checksum-crc32"]


def test_overrides_parts_and_defaults():
    reading = msgspec.structs.replace(READING, overrides=(("content-type", "text/html"),), part_number=1)
    made = dict(answers.read_answer(SHOWN, reading, Span(first=0, end=10)).headers)
    assert made[b"content-type"] == b"text/html"
    assert b"x-amz-mp-parts-count" not in made  # it was not uploaded in parts
    by_parts = msgspec.structs.replace(SHOWN, version=msgspec.structs.replace(VERSION, parts_count=1))
    made = dict(answers.read_answer(by_parts, reading, Span(first=0, end=10)).headers)
    assert made[b"x-amz-mp-parts-count"] == b"1"
    empty = msgspec.structs.replace(SHOWN, version=msgspec.structs.replace(VERSION, size_bytes=0))
    answer = answers.read_answer(empty, reading, Span(first=0, end=0))
    assert (answer.status, b"content-range" in dict(answer.headers)) == (200, False)
    bare = Shown(version=VERSION, kept=Kept(), versioning=Versioning.OFF)
    made = dict(answers.read_answer(bare, READING, None).headers)
    assert made[b"content-type"] == b"binary/octet-stream"
    assert b"x-amz-version-id" not in made


def test_not_modified_is_validators_only():
    made = answers.not_modified(SHOWN)
    assert (made.status, made.body) == (304, b"")
    assert {name for name, _ in made.headers} == {b"etag", b"last-modified", b"x-amz-version-id"}


def test_writes_and_deletions():
    assert dict(answers.written(VERSION, Versioning.OFF).headers)[b"etag"] == b'"e-1"'
    assert b"x-amz-version-id" in dict(answers.written(VERSION, Versioning.SUSPENDED).headers)
    assert [name for name, _ in answers.part_written("e", VERSION.checksum).headers] == [
        b"etag",
        b"x-amz-checksum-crc32",
    ]
    marker = msgspec.structs.replace(VERSION, is_delete_marker=True, is_null=True)
    assert answers.deleted(None, marker, Versioning.SUSPENDED).headers == (
        (b"x-amz-version-id", b"null"),
        (b"x-amz-delete-marker", b"true"),
    )
    assert answers.deleted(VERSION, None, Versioning.ENABLED).headers == ((b"x-amz-version-id", b"ver-1"),)
    assert answers.deleted(VERSION, None, Versioning.OFF).headers == ()
    assert answers.gone().status == answers.deleted(None, None, Versioning.OFF).status == 204
    assert answers.created_bucket("b1c").headers == ((b"location", b"/b1c"),)
    assert answers.bucket_head("eu").status == answers.done().status == 200
    assert answers.upload_header(Algorithm.CRC32, Coverage.COMPOSITE) == (
        (b"x-amz-checksum-algorithm", b"CRC32"),
        (b"x-amz-checksum-type", b"COMPOSITE"),
    )
    assert answers.version_header(VERSION, Versioning.OFF) == ()


def refused(refusal: Refusal, *, is_head: bool = False):
    return answers.refused(refusal, resource="/b/k", request_id="req-1", is_head=is_head)


def test_refusals():
    made = refused(malformed("range-not-satisfiable", size_bytes=10))
    assert (made.status, dict(made.headers)[b"content-range"]) == (416, b"bytes */10")
    assert b"<Code>InvalidRange</Code>" in made.body
    assert refused(absent("key-absent"), is_head=True).body == b""
    assert refused(conflict("not-modified")).body == b""
    assert dict(refused(unavailable("ledger-gone")).headers)[b"retry-after"] == b"1"
    assert dict(refused(malformed("version-is-marker")).headers)[b"x-amz-delete-marker"] == b"true"
    assert (
        dict(refused(absent("key-absent", is_delete_marker=True)).headers)[b"x-amz-delete-marker"] == b"true"
    )
    for kind in Kind:
        assert dict(refused(Refusal("unheard-of", kind)).headers)[b"x-amz-request-id"] == b"req-1"


def test_verdicts_and_readability():
    answers.check_verdict(Verdict.GO_ON)
    for verdict, code in (
        (Verdict.FAILED, "precondition-failed"),
        (Verdict.NOT_MODIFIED, "not-modified"),
        (Verdict.ABSENT, "key-absent"),
    ):
        with pytest.raises(Refusal, match=code):
            answers.check_verdict(verdict)
    marker = msgspec.structs.replace(VERSION, is_delete_marker=True)
    assert answers.check_readable(VERSION, is_named=False) is VERSION
    for version, is_named, code in (
        (None, False, "key-absent"),
        (None, True, "version-absent"),
        (marker, False, "key-absent"),
        (marker, True, "version-is-marker"),
    ):
        with pytest.raises(Refusal, match=code):
            answers.check_readable(version, is_named=is_named)
