"""The second reader over the vectors of export.md, sound and tampered."""

import base64
from hashlib import sha256

import pytest

from formats.second import exports
from formats.second.spelling import No, read, write
from formats.vectors import flipped, read_vectors

CASE = read_vectors("exports", "export")
SHEET = CASE["sheet"]
TEXT = SHEET["text"].encode()
KEPT = {f"{blob[-2:]}/{blob}": base64.b64decode(raw) for blob, raw in SHEET["blobs"].items()}
HEAD, LINES = exports.sheet(TEXT)
FIRST = LINES[0]


def refused(codes, call, *given):
    with pytest.raises(No) as caught:
        call(*given)
    assert caught.value.args[0] in codes, caught.value.args


def changed(line, **members):
    return {**line, **members}


def test_what_is_signed_to_begin():
    document = CASE["begin"]["canonical"].encode()
    body, digest = exports.begun(document)
    assert (digest, body["buckets"], body["days"]) == (CASE["begin"]["sha256"], ["register"], 14)
    for wrong in ({"v": "custodes/export/v2"}, {"days": 91}, {"house": "x"}, {"more": 1}, {"buckets": ""}):
        refused({"not-a-sheet"}, exports.begun, write(body | wrong))
    refused({"not-a-sheet"}, exports.begun, document + b" ")


def test_every_version_is_read():
    assert exports.respelt(HEAD, LINES) == TEXT
    found = {
        line["name"]: sha256(exports.content(HEAD, line, KEPT)).hexdigest()
        for line in LINES
        if "marker" not in line
    }
    assert found == SHEET["sha256"]
    assert [line["name"] for line in LINES if "marker" in line] == ["c"]
    state = {"held": True, "tags": [["kind", "bill"]]}
    assert FIRST["state"] == state | {"retention": {"mode": "COMPLIANCE", "until": "2031-01-01T00:00:00Z"}}


@pytest.mark.parametrize(
    "wrong",
    [
        TEXT[:-1],
        TEXT + b"\n",
        TEXT.replace(b"export-sheet/v1", b"export-sheet/v2"),
        exports.respelt(HEAD, [*LINES[1:], FIRST]),
        exports.respelt(HEAD, [FIRST, *LINES]),
        exports.respelt(HEAD | {"stores": []}, LINES),
        exports.respelt(HEAD | {"customer": "cus-1"}, LINES),
        exports.respelt(HEAD, [changed(FIRST, marker=True), *LINES[1:]]),
        exports.respelt(HEAD, [changed(FIRST, size=-1), *LINES[1:]]),
        exports.respelt(HEAD, [changed(FIRST, state={}), *LINES[1:]]),
        exports.respelt(HEAD, [changed(FIRST, state={"held": False}), *LINES[1:]]),
        exports.respelt(HEAD, [changed(FIRST, at="yesterday"), *LINES[1:]]),
        exports.respelt(HEAD, [changed(FIRST, blobs=[["blb-1", "loc-1"]]), *LINES[1:]]),
    ],
    ids=range(13),
)
def test_what_is_no_sheet(wrong):
    refused({"not-a-sheet"}, exports.sheet, wrong)


def test_what_does_not_open():
    other = LINES[1]
    for member in ("data_key", "manifest", "version"):
        refused({"wrap-mismatch"}, exports.content, HEAD, changed(FIRST, **{member: other[member]}), KEPT)
    for member in ("house", "customer"):
        refused({"wrap-mismatch"}, exports.content, HEAD | {member: f"{HEAD[member]}x"}, FIRST, KEPT)
    for raw in flipped(base64.b64decode(FIRST["manifest"])):
        bent = changed(FIRST, manifest=base64.b64encode(raw).decode())
        refused({"wrap-mismatch"}, exports.content, HEAD, bent, KEPT)
    refused({"manifest-mismatch"}, exports.content, HEAD, changed(FIRST, size=69_999), KEPT)
    refused({"blob-absent"}, exports.content, HEAD, changed(FIRST, blobs=other["blobs"]), KEPT)
    refused({"blob-absent"}, exports.content, HEAD, FIRST, {})


def test_blobs_that_are_not_what_was_written():
    (path,) = (path for path in KEPT if path.endswith(FIRST["blobs"][0][0]))
    whole = KEPT[path]
    bent = [*flipped(whole), whole[:-1], whole + b"\0", whole[65_536:] + whole[:65_536]]
    for raw in bent:
        refused({"stream-mismatch"}, exports.content, HEAD, FIRST, KEPT | {path: raw})


def test_it_is_one_line_each_in_canonical_json():
    for line in TEXT.splitlines():
        assert write(read(line)) == line
