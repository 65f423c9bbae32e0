import base64
import hashlib
import re
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.objects.checksums import Algorithm, checksum_of
from custodes.protocols.s3.auth import chain_of, claim
from custodes.protocols.s3.body import (
    CHUNK_LINE_BYTES_MAX,
    SIGNED_CHUNK_BYTES_MAX,
    Bytes,
    ChunkDone,
    End,
    Plan,
    Trailer,
    plan,
    reader,
)
from custodes.protocols.s3.messages import SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED, Head
from custodes.protocols.s3.messages import UNSIGNED_CHUNKS_TRAILER as LOOSE
from custodes.protocols.s3.operations import BY_NAME
from fakes.s3_signer import SECRET, signed_head

PUT = BY_NAME["PutObject"]
CONTENT = b"a town's file " * 2_300
CRC = checksum_of(Algorithm.CRC32, CONTENT).value


def head(**headers: str) -> Head:
    pairs = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    return Head(method="PUT", raw_path=b"/b/k", headers=pairs)


def code_of(call, *given, **named) -> str:
    with pytest.raises(Refusal) as caught:
        call(*given, **named)
    return caught.value.code


def read(made: Plan, wire: bytes, cuts=()) -> tuple[bytes, list]:
    decoder = reader(made)
    events = []
    edges = [0, *sorted(cuts), len(wire)]
    for start, end in pairwise(edges):
        events += decoder.feed(wire[start:end])
    events += decoder.finish()
    content = b"".join(bytes(event.piece) for event in events if isinstance(event, Bytes))
    return content, [event for event in events if not isinstance(event, Bytes)]


def loose_wire(content: bytes = CONTENT, size: int = 9_000, trailer: str = f"x-amz-checksum-crc32:{CRC}\r\n"):
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\n" + trailer.encode() + b"\r\n"


LOOSE_PLAN = plan(
    head(x_amz_decoded_content_length=str(len(CONTENT)), x_amz_trailer="x-amz-checksum-crc32"), PUT, LOOSE
)


@settings(max_examples=100, deadline=None)
@given(size=st.integers(8_192, len(CONTENT)), cuts=st.sets(st.integers(0, len(CONTENT)), max_size=30))
def test_chunks_cut_anywhere_are_the_content(size, cuts):
    wire = loose_wire(size=size)
    content, events = read(LOOSE_PLAN, wire, {cut for cut in cuts if cut < len(wire)})
    assert content == CONTENT
    trailer, end = events
    assert isinstance(trailer, Trailer)
    assert trailer.fields == (("x-amz-checksum-crc32", CRC),)
    assert trailer.signature is None
    assert end == End(
        size_bytes=len(CONTENT), checksum=checksum_of(Algorithm.CRC32, CONTENT), is_declared=True
    )


def test_byte_by_byte():
    small = plan(head(x_amz_decoded_content_length="100", x_amz_trailer="x-amz-checksum-sha1"), PUT, LOOSE)
    declared = checksum_of(Algorithm.SHA1, CONTENT[:100]).value
    wire = loose_wire(CONTENT[:100], 100, f"x-amz-checksum-sha1: {declared} \r\n")
    assert read(small, wire, range(len(wire)))[0] == CONTENT[:100]


@settings(max_examples=150, deadline=None)
@given(stop=st.integers(0, len(loose_wire()) - 3))
def test_a_truncated_body_never_ends(stop):
    decoder = reader(LOOSE_PLAN)
    decoder.feed(loose_wire()[:stop])
    assert code_of(decoder.finish) in ("body-incomplete",)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, len(loose_wire()) - 5), flip=st.integers(1, 255))
def test_a_changed_byte_is_never_taken_for_the_content(at, flip):
    wire = bytearray(loose_wire())
    wire[at] ^= flip
    try:
        content, _ = read(LOOSE_PLAN, bytes(wire))
    except Refusal:
        return
    assert content == CONTENT


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (loose_wire() + b"x", "body-overlong"),
        (loose_wire(CONTENT + b"x"), "body-overlong"),
        (loose_wire(CONTENT[:-1]), "body-incomplete"),
        (loose_wire(b"b" + CONTENT[1:]), "checksum-differs"),
        (loose_wire(trailer=""), "trailer-malformed"),
        (loose_wire(trailer="x-amz-checksum-crc32c:AAAAAA==\r\n"), "trailer-malformed"),
        (loose_wire(trailer="x-amz-checksum-crc32:AAAA\r\n"), "checksum-malformed"),
        (loose_wire(trailer=f"x-amz-checksum-crc32:{CRC}\r\n" * 2), "trailer-malformed"),
        (loose_wire(trailer=f"x-amz-meta-a:1\r\nx-amz-checksum-crc32:{CRC}\r\n"), "trailer-malformed"),
        (loose_wire(trailer=f"x-amz-checksum-crc32 :{CRC}\r\n"), "trailer-malformed"),
        (loose_wire(trailer="x-amz-checksum-crc32:" + "A" * 3_000 + "\r\n"), "trailer-malformed"),
        (b"zz\r\n", "chunk-malformed"),
        (b"-1\r\n", "chunk-malformed"),
        (b"0x10\r\n", "chunk-malformed"),
        (b" 10\r\n", "chunk-malformed"),
        (b"5;ext=1\r\nabcde\r\n", "chunk-malformed"),
        (b"\r\n", "chunk-malformed"),
        (b"5\nabcde\r\n", "chunk-malformed"),
        (b"5\r\nabcdeXY", "body-incomplete"),
        (b"5\r\nabcdeX\n", "chunk-malformed"),
        (b"1" * 17 + b"\r\n", "chunk-malformed"),
        (b"1" * (CHUNK_LINE_BYTES_MAX + 1), "chunk-malformed"),
        (b"ffffffffffffffff\r\n", "body-overlong"),
        (loose_wire(size=8_191), "chunk-too-small"),
        (b"1\r\na\r\n1\r\n", "chunk-too-small"),
    ],
)
def test_malformed_chunks(wire, code):
    assert code_of(read, LOOSE_PLAN, wire) == code
    assert code_of(read, LOOSE_PLAN, wire, range(len(wire))) == code


def signed_body(content: bytes, size: int, *, trailer: str = "", bare_lf: bool = False):
    """A streaming request as a client makes it: botocore signs the head, the chain goes on from there."""
    payload = SIGNED_CHUNKS_TRAILER if trailer else SIGNED_CHUNKS
    headers = {"x-amz-decoded-content-length": str(len(content)), "content-encoding": "aws-chunked"}
    if trailer:
        headers["x-amz-trailer"] = trailer.partition(":")[0]
    request = signed_head("PUT", "/bucket/" + quote("ä b"), headers, payload=payload)
    made = claim(request)
    chain = chain_of(made, SECRET.encode())
    previous, wire = chain.seed_signature, b""
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    for piece in [*pieces, b""]:
        previous = chain.chunk_signature(previous, hashlib.sha256(piece).hexdigest())
        wire += b"%x;chunk-signature=%b\r\n%b" % (len(piece), previous.encode(), piece)
        wire += b"\r\n" if piece or not trailer else b""
    if trailer:
        digest = hashlib.sha256(trailer.encode() + b"\n").hexdigest()
        signature = chain.trailer_signature(previous, digest)
        end = "\n\r\n" if bare_lf else "\r\n"
        wire += f"{trailer}{end}x-amz-trailer-signature:{signature}\r\n\r\n".encode()
    return request, chain, plan(request, PUT, payload), wire


def verify_events(chain, events) -> None:
    chunks = [(event.sha256_hex, event.signature) for event in events if isinstance(event, ChunkDone)]
    last = chain.verify_chunks(chain.seed_signature, chunks)
    for event in events:
        if isinstance(event, Trailer):
            chain.verify_trailer(last, event.sha256_hex, event.signature or "")


@pytest.mark.parametrize("trailer", ["", f"x-amz-checksum-crc32:{CRC}"])
@pytest.mark.parametrize("bare_lf", [False, True])
def test_signed_chunks(trailer, bare_lf):
    _, chain, made, wire = signed_body(CONTENT, 8_192, trailer=trailer, bare_lf=bare_lf)
    for cuts in ((), range(0, len(wire), 7)):
        content, events = read(made, wire, cuts)
        assert content == CONTENT
        verify_events(chain, events)
        assert sum(isinstance(event, ChunkDone) for event in events) == len(CONTENT) // 8_192 + 2
        assert isinstance(events[-1], End)
        assert events[-1].is_declared is bool(trailer)


def test_signed_chunks_that_were_touched():
    _, chain, made, wire = signed_body(CONTENT, 8_192, trailer=f"x-amz-checksum-crc32:{CRC}")
    touched = wire.replace(b"town", b"tawn", 1)
    assert code_of(read, made, touched) == "checksum-differs"
    _, chain, made, wire = signed_body(CONTENT, 8_192)
    _, events = read(made, wire.replace(b"town", b"tawn", 1))
    assert code_of(verify_events, chain, events) == "chunk-signature-differs"
    first, second = wire[: 8_192 + 87 + 2], wire[8_192 + 87 + 2 : 2 * (8_192 + 87 + 2)]
    _, events = read(made, second + first + wire[len(first) + len(second) :])
    assert code_of(verify_events, chain, events) == "chunk-signature-differs"
    assert code_of(read, made, first + wire[len(first) + len(second) :]) == "body-incomplete"
    assert (
        code_of(read, made, wire.replace(b";chunk-signature=", b";chunk-signatura=", 1)) == "chunk-malformed"
    )
    unsigned = re.sub(rb";chunk-signature=[0-9a-f]{64}", b"", wire)
    assert code_of(read, made, unsigned) == "chunk-malformed"
    _, _, trailed, wire = signed_body(CONTENT, 8_192, trailer=f"x-amz-checksum-crc32:{CRC}")
    cut = wire[: wire.index(b"x-amz-trailer-signature")] + b"\r\n"
    assert code_of(read, trailed, cut) == "body-incomplete"


def test_a_signed_chunk_has_a_largest_size():
    made = Plan(size_bytes=10**9, is_chunked=True, is_signed=True)
    line = b"%x;chunk-signature=%b\r\n"
    assert code_of(reader(made).feed, line % (SIGNED_CHUNK_BYTES_MAX + 1, b"0" * 64)) == "chunk-too-large"
    assert reader(made).feed(line % (SIGNED_CHUNK_BYTES_MAX, b"0" * 64)) == []


def test_an_empty_streaming_body_may_have_no_last_chunk():
    empty = plan(head(x_amz_decoded_content_length="0", content_length="0"), PUT, SIGNED_CHUNKS)
    assert read(empty, b"")[0] == b""
    assert code_of(read, LOOSE_PLAN, b"") == "body-incomplete"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def test_a_plain_body():
    declared = {"content_length": "5", "content_md5": md5(b"hello")}
    made = plan(
        head(**declared, x_amz_checksum_sha256=checksum_of(Algorithm.SHA256, b"hello").value),
        PUT,
        sha256(b"hello"),
    )
    content, events = read(made, b"hello", (2,))
    assert content == b"hello"
    assert events == [End(size_bytes=5, checksum=checksum_of(Algorithm.SHA256, b"hello"), is_declared=True)]
    _, (end,) = read(plan(head(content_length="5"), PUT, UNSIGNED), b"hello")
    assert end.checksum == checksum_of(Algorithm.CRC64NVME, b"hello")
    assert not end.is_declared
    assert reader(made).feed(b"") == []


@pytest.mark.parametrize(
    ("headers", "payload", "wire", "code"),
    [
        ({"content_length": "5"}, sha256(b"jello"), b"hello", "body-hash-differs"),
        ({"content_length": "5", "content_md5": md5(b"jello")}, UNSIGNED, b"hello", "md5-differs"),
        ({"content_length": "5", "x_amz_checksum_crc32": CRC}, UNSIGNED, b"hello", "checksum-differs"),
        ({"content_length": "6"}, UNSIGNED, b"hello", "body-incomplete"),
        ({"content_length": "4"}, UNSIGNED, b"hello", "body-overlong"),
    ],
)
def test_a_plain_body_that_is_not_what_was_said(headers, payload, wire, code):
    assert code_of(read, plan(head(**headers), PUT, payload), wire) == code


def test_a_trailer_nobody_announced_is_neither_wanted_nor_taken():
    made = plan(head(x_amz_decoded_content_length=str(len(CONTENT))), PUT, LOOSE)
    content, (end,) = read(made, loose_wire(trailer=""))
    assert content == CONTENT
    assert not made.is_declared
    assert not end.is_declared
    assert code_of(read, made, loose_wire()) == "trailer-malformed"


@pytest.mark.parametrize(
    ("headers", "payload", "code"),
    [
        ({}, UNSIGNED, "body-length-missing"),
        ({"transfer_encoding": "chunked"}, UNSIGNED, "body-length-missing"),
        ({"content_length": "9"}, LOOSE, "body-length-missing"),
        ({"content_length": "-1"}, UNSIGNED, "body-length-invalid"),
        ({"content_length": "1e3"}, UNSIGNED, "body-length-invalid"),
        ({"content_length": ""}, UNSIGNED, "body-length-invalid"),
        ({"content_length": str(5 * 1024**3 + 1)}, UNSIGNED, "body-too-large"),
        ({"content_length": "1", "content_md5": "x"}, UNSIGNED, "md5-malformed"),
        ({"content_length": "1", "content_md5": "AAAA"}, UNSIGNED, "md5-malformed"),
        ({"content_length": "1", "x_amz_checksum_crc32": "AAAA"}, UNSIGNED, "checksum-malformed"),
        (
            {"content_length": "1", "x_amz_checksum_crc32": CRC, "x_amz_checksum_crc32c": CRC},
            UNSIGNED,
            "checksum-twice",
        ),
        (
            {
                "x_amz_decoded_content_length": "1",
                "x_amz_checksum_crc32": CRC,
                "x_amz_trailer": "x-amz-checksum-crc32",
            },
            LOOSE,
            "checksum-twice",
        ),
        ({"content_length": "1", "x_amz_sdk_checksum_algorithm": "CRC32"}, UNSIGNED, "checksum-missing"),
        (
            {"content_length": "1", "x_amz_sdk_checksum_algorithm": "MD4"},
            UNSIGNED,
            "checksum-algorithm-unsupported",
        ),
        ({"x_amz_decoded_content_length": "1"}, SIGNED_CHUNKS_TRAILER, "trailer-malformed"),
        ({"x_amz_decoded_content_length": "1", "x_amz_trailer": "x-amz-meta-a"}, LOOSE, "trailer-malformed"),
        ({"content_length": "1", "x_amz_trailer": "x-amz-checksum-crc32"}, UNSIGNED, "trailer-malformed"),
    ],
)
def test_what_a_head_may_not_say(headers, payload, code):
    assert code_of(plan, head(**headers), PUT, payload) == code


def test_bodies_of_other_operations():
    get, create, complete = (
        BY_NAME[name] for name in ("GetObject", "CreateBucket", "CompleteMultipartUpload")
    )
    assert code_of(plan, head(content_length="1"), get, UNSIGNED) == "body-not-expected"
    assert code_of(plan, head(transfer_encoding="chunked"), get, UNSIGNED) == "body-not-expected"
    assert plan(head(), get, UNSIGNED).size_bytes == 0
    assert plan(head(), create, UNSIGNED).size_bytes == 0
    assert code_of(plan, head(transfer_encoding="chunked"), create, UNSIGNED) == "body-length-missing"
    assert code_of(plan, head(content_length="65537"), create, UNSIGNED) == "body-too-large"
    # the checksum of CompleteMultipartUpload is the object's, not this body's
    assert plan(head(content_length="9", x_amz_checksum_crc32=CRC), complete, UNSIGNED).checksum is None
