"""Bad input at the real port: S3's own error with a stable code, and nothing changed."""

import base64
import contextlib
import hashlib
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from fakes.houses import House, S3Key
from fakes.s3_wire import Wire, crc32, signed_chunks, te_chunked, unsigned_chunks

pytestmark = pytest.mark.slow
MIB = 1_048_576
TRAILER = {"x-amz-trailer": "x-amz-checksum-crc32"}
UNSIGNED, SIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
BODY = bytes(range(256)) * 10_000  # 2.4 MiB: longer than one batch
SIZE = len(BODY)
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    founded = House(tmp_path_factory.mktemp("house")).found()
    with founded.running("keyroom", "s3"):
        s3 = founded.boto3()
        s3.create_bucket(Bucket="town-files")
        s3.put_object(Bucket="town-files", Key="stays", Body=b"as it was")
        yield founded


@pytest.fixture
def wire(house):
    return Wire(house.settings.s3_port, house.key.access_key, house.key.secret)


@pytest.fixture(scope="module")
def as_it_was(house):
    return state(house)


@pytest.fixture(autouse=True)
def unchanged(house, as_it_was):
    """After each: the same listing, the same content, the same files in the store."""
    yield
    assert settled(house, as_it_was) == as_it_was


def state(house):
    s3 = house.boto3()
    rows = s3.list_object_versions(Bucket="town-files")
    versions = [(row["Key"], row["VersionId"], row["ETag"]) for row in rows.get("Versions", [])]
    body = s3.get_object(Bucket="town-files", Key="stays")["Body"].read()
    return versions, body, sorted(path.name for path in house.blobs())


def settled(house, wanted):
    """The state, given the server time to see that a client is gone."""
    for _ in range(50):
        found = state(house)
        if found == wanted:
            break
    return found


def put(wire, body=BODY, headers=None, **more):
    return wire.request("PUT", "/town-files/new", body, headers, **more)


def streamed(wire, framed, *, payload=UNSIGNED, headers=None, length=SIZE, is_cut=False):
    given = {
        "Transfer-Encoding": "chunked",
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(length),
        "Connection": "close",
        **({"x-amz-trailer": "x-amz-checksum-crc32"} if payload == UNSIGNED else {}),
        **(headers or {}),
    }
    signed = wire.signed("PUT", "/town-files/new", given, payload)
    made = framed(signed) if callable(framed) else framed
    return wire.exchange("PUT", "/town-files/new", signed, te_chunked(made), is_cut=is_cut)


GOOD = unsigned_chunks(BODY, f"x-amz-checksum-crc32:{crc32(BODY)}")


def test_the_same_requests_unspoiled_are_good(house, wire):
    s3 = house.boto3()
    for answer in (
        put(wire),
        put(wire, headers={"Content-MD5": base64.b64encode(hashlib.md5(BODY).digest()).decode()}),
        put(wire, headers={"x-amz-checksum-crc32": crc32(BODY)}),
        put(wire, payload="UNSIGNED-PAYLOAD"),
        streamed(wire, GOOD),
        streamed(wire, lambda signed: signed_chunks(BODY, wire.chain(signed)), payload=SIGNED),
        streamed(wire, unsigned_chunks(b"", f"x-amz-checksum-crc32:{crc32(b'')}"), length=0),
    ):
        assert (answer.status, answer.code) == (200, "")
    s3.delete_object(Bucket="town-files", Key="new")
    for path in house.blobs():  # what was replaced goes later, when nobody reads it any more
        if path.name not in house.kept:
            path.unlink()


@pytest.fixture(autouse=True, scope="module")
def kept(house):
    house.kept = {path.name for path in house.blobs()}


HASHES = [
    ({"payload": hashlib.sha256(b"other").hexdigest()}, "XAmzContentSHA256Mismatch"),
    ({"headers": {"Content-MD5": base64.b64encode(bytes(16)).decode()}}, "BadDigest"),
    ({"headers": {"Content-MD5": "not base64"}}, "InvalidDigest"),
    ({"headers": {"x-amz-checksum-crc32": crc32(b"other")}}, "BadDigest"),
    ({"headers": {"x-amz-checksum-sha256": base64.b64encode(bytes(32)).decode()}}, "BadDigest"),
    ({"headers": {"x-amz-checksum-crc32": "AAAA"}}, "BadDigest"),
    ({"headers": {"x-amz-sdk-checksum-algorithm": "CRC32"}}, "InvalidRequest"),
]


@pytest.mark.parametrize(("spoiled", "code"), HASHES)
@pytest.mark.parametrize("body", [b"small", BODY], ids=["small", "long"])
def test_content_is_what_was_said(wire, spoiled, code, body):
    answer = put(wire, body, **spoiled)
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(
    "cut", [0, 1, 6, 70_000, 65_536 + 7, len(GOOD) - 45, len(GOOD) - 20, len(GOOD) - 5, len(GOOD) - 4]
)
def test_a_chunked_body_cut_short(wire, cut):
    answer = streamed(wire, GOOD[:cut])
    assert answer.status == 400
    assert answer.code in {"IncompleteBody", "InvalidRequest", "MalformedTrailerError", "BadDigest"}
    assert answer.code != "BadDigest" or cut > len(GOOD) - 20


@pytest.mark.parametrize("cut", [1, 6, 70_000, 65_536 + 7, len(GOOD) - 20])
def test_a_client_that_goes_away_mid_chunk(wire, cut):
    streamed(wire, GOOD[:cut], is_cut=True)


@pytest.mark.parametrize("cut", [0, 1, 65_536, MIB, MIB + 1, len(BODY) - 1])
def test_a_client_that_goes_away_mid_body(wire, cut):
    signed = wire.signed("PUT", "/town-files/new", {"Content-Length": str(len(BODY))}, SHA)
    wire.exchange("PUT", "/town-files/new", signed, BODY[:cut], is_cut=True)


SHORT = b"hello, world " * 20
TIB = 1_024**4
FRAMES = {
    "plain": (hashlib.sha256(SHORT).hexdigest(), {}, lambda *_: SHORT),
    "signed": (
        SIGNED,
        {"Content-Encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(SHORT))},
        lambda wire, head: signed_chunks(SHORT, wire.chain(head)),
    ),
    "trailer": (
        UNSIGNED,
        {"Content-Encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(SHORT)), **TRAILER},
        lambda *_: unsigned_chunks(SHORT, f"x-amz-checksum-crc32:{crc32(SHORT)}"),
    ),
}


def framed_request(wire, kind):
    """Head and body of a small put; its length is known only once it is framed."""
    payload, headers, framed = FRAMES[kind]
    length = len(framed(wire, wire.signed("PUT", "/town-files/new", headers, payload)))
    signed = wire.signed("PUT", "/town-files/new", {**headers, "Content-Length": str(length)}, payload)
    lines = ["PUT /town-files/new HTTP/1.1", *(f"{name}: {value}" for name, value in signed.items()), "", ""]
    return "\r\n".join(lines).encode(), framed(wire, signed)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_client_that_goes_away_after_any_byte(wire, kind):
    """In the head, in a chunk's head, in the data, in the trailer, before the last byte of all."""
    head, body = framed_request(wire, kind)
    cuts = [*range(0, len(head), 61), *range(len(head) - 3, len(head) + len(body))]

    def cut(count):
        return first_said(wire, (head + body)[:count], is_over=True)

    with ThreadPoolExecutor(4) as pool:
        for count, answer in zip(cuts, pool.map(cut, cuts), strict=True):
            assert not answer.startswith(b"HTTP/1.1 2"), count


def first_said(wire, sent, *, is_over=False):
    """What the server says first, nothing read after it."""
    with socket.create_connection(("127.0.0.1", wire.port), timeout=30) as connection:
        connection.sendall(sent)
        if is_over:
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            return connection.recv(8_000)
    return b""


@pytest.mark.parametrize("size", [5 * 1_024**3 + 1, 5 * TIB - 1, 5 * TIB, 5 * TIB + 1, 2**63, 2**64, 10**30])
def test_what_declares_more_than_may_be_is_refused_before_it_is_sent(house, wire, size):
    upload = house.boto3().create_multipart_upload(Bucket="town-files", Key="new")["UploadId"]
    known = {"Content-Length": str(size), "Expect": "100-continue"}
    chunked = {
        "Expect": "100-continue",
        "Transfer-Encoding": "chunked",
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(size),
        **TRAILER,
    }
    for target in ("/town-files/new", f"/town-files/new?partNumber=1&uploadId={upload}"):
        for headers, payload in ((known, "UNSIGNED-PAYLOAD"), (chunked, UNSIGNED)):
            signed = wire.signed("PUT", target, headers, payload)
            lines = [f"PUT {target} HTTP/1.1", *(f"{name}: {text}" for name, text in signed.items()), "", ""]
            said = first_said(wire, "\r\n".join(lines).encode())
            assert said.startswith(b"HTTP/1.1 400 "), said
            assert size >= 2**63 or b"<Code>EntityTooLarge</Code>" in said, said
    house.boto3().abort_multipart_upload(Bucket="town-files", Key="new", UploadId=upload)


def spoil(old, new):
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("framed", "code"),
    [
        (spoil(crc32(BODY).encode(), crc32(b"other").encode()), "BadDigest"),
        (spoil(b"x-amz-checksum-crc32", b"x-amz-checksum-crc64nvme"), "MalformedTrailerError"),
        (spoil(b"10000\r\n", b"10001\r\n"), "IncompleteBody"),
        (spoil(b"10000\r\n", b"-1\r\n"), "IncompleteBody"),
        (spoil(b"10000\r\n", b"ffffffffffffffff\r\n"), "InvalidRequest"),
        (spoil(b"10000\r\n", b"g\r\n"), "IncompleteBody"),
        (GOOD + b"more", "InvalidRequest"),
        (b"1\r\nx\r\n" + GOOD, "InvalidChunkSizeError"),
        (BODY, "IncompleteBody"),
    ],
)
def test_a_chunked_body_that_is_wrong(wire, framed, code):
    answer = streamed(wire, framed)
    assert (answer.status, answer.code) == (400, code)


def test_signed_chunks(wire):
    def with_chain(spoiled):
        return streamed(
            wire, lambda signed: spoiled(signed_chunks(BODY, wire.chain(signed)), signed), payload=SIGNED
        )

    flipped = with_chain(lambda made, _: made.replace(b"\x00\x01\x02", b"\x00\x01\x03", 1))
    assert (flipped.status, flipped.code) == (403, "SignatureDoesNotMatch")
    forged = with_chain(lambda made, _: made.replace(b"signature=", b"signature=0000", 1)[:90] + made[86:])
    assert forged.status in (400, 403)
    swapped = with_chain(lambda made, _: swap(made))
    assert (swapped.status, swapped.code) == (403, "SignatureDoesNotMatch")
    unfinished = with_chain(lambda made, _: made[: made.rindex(b"0;chunk-signature")])
    assert (unfinished.status, unfinished.code) == (400, "IncompleteBody")
    other = Wire(wire.port, wire.access_key, "another secret")
    foreign = with_chain(lambda _, signed: signed_chunks(BODY, other.chain(signed)))
    assert (foreign.status, foreign.code) == (403, "SignatureDoesNotMatch")


def swap(made):
    size = len(b"10000;chunk-signature=") + 64 + 2 + 65_536 + 2
    return made[size : 2 * size] + made[:size] + made[2 * size :]


def test_clock_and_keys(house, wire):
    now = datetime.now(UTC)  # noqa: TID251 - real clients sign with the real time
    for minutes in (-16, 16):
        answer = put(wire, b"x", at=now + timedelta(minutes=minutes))
        assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")
    unknown = Wire(wire.port, "CRD" + "0" * 26, wire.secret)
    assert (put(unknown, b"x").status, put(unknown, b"x").code) == (403, "InvalidAccessKeyId")
    wrong = Wire(wire.port, wire.access_key, "wrong secret")
    assert (put(wrong, b"x").status, put(wrong, b"x").code) == (403, "SignatureDoesNotMatch")
    mixed = Wire(wire.port, house.other_key.access_key, wire.secret)
    assert put(mixed, b"x").code == "SignatureDoesNotMatch"
    nobody = wire.exchange("GET", "/town-files/stays", {"Host": "x", "Connection": "close"})
    assert (nobody.status, nobody.code) == (403, "AccessDenied")


def test_a_signature_is_for_one_request(wire):
    headers = {"Content-Length": "1", "Connection": "close"}
    signed = wire.signed("PUT", "/town-files/new", headers, hashlib.sha256(b"x").hexdigest())
    for method, target, body in [
        ("PUT", "/town-files/stays", b"x"),
        ("PUT", "/town-files/new?versionId=null", b"x"),
        ("DELETE", "/town-files/stays", b"x"),
    ]:
        answer = wire.exchange(method, target, signed, body)
        assert answer.status in (400, 403)
        assert answer.code in {"SignatureDoesNotMatch", "InvalidRequest"}
    other_body = wire.exchange("PUT", "/town-files/new", signed, b"y")
    assert (other_body.status, other_body.code) == (400, "XAmzContentSHA256Mismatch")
    added = wire.exchange("PUT", "/town-files/new", {**signed, "x-amz-meta-a": "b"}, b"x")
    assert (added.status, added.code) == (403, "AccessDenied")
    forged = {**signed, "Authorization": signed["Authorization"][:-1] + "0"}
    forged["Authorization"] = forged["Authorization"][:-2] + (
        "00" if signed["Authorization"][-2:] != "00" else "11"
    )
    answer = wire.exchange("PUT", "/town-files/new", forged, b"x")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/town-files/a%00b", "InvalidArgument"),
        ("/town-files/a%ffb", "InvalidURI"),
        ("/town-files/a%zzb", "InvalidURI"),
        ("/town-files/" + "k" * 1025, "KeyTooLongError"),
        ("/town-files/" + "%20" * 1025, "KeyTooLongError"),
        ("/town-files/" + "k" * 4000, "InvalidURI"),
        ("/../etc/passwd", "InvalidBucketName|NoSuchBucket"),
        ("//town-files/x", "InvalidBucketName"),
        ("/town%2ffiles/x", "NoSuchBucket|SignatureDoesNotMatch"),
        ("/town-files%00/x", "InvalidBucketName"),
        ("/town-files/x?uploadId=", "NoSuchUpload|InvalidArgument|NotImplemented"),
    ],
)
def test_targets(wire, target, code):
    answer = wire.request("PUT", target, b"x")
    assert 400 <= answer.status < 600
    assert answer.code in code.split("|")


def test_heads(wire):
    large = put(wire, b"x", {"x-amz-meta-a": "b" * 13_000})
    assert (large.status, large.code) == (400, "RequestHeaderSectionTooLarge")
    assert put(wire, b"x", {"x-amz-meta-a": "b" * 100_000}).status in (0, 400, 431)
    metadata = put(wire, b"x", {"x-amz-meta-a": "b" * 2_100})
    assert (metadata.status, metadata.code) == (400, "MetadataTooLarge")
    huge = put(wire, b"x", {"Content-Length": str(5 * 1024**4)})
    assert (huge.status, huge.code) == (400, "EntityTooLarge")
    with ThreadPoolExecutor() as several:  # some of them make the server wait for more
        answers = several.map(
            lambda odd: put(wire, b"x", after={"Content-Length": odd}).status,
            ("-1", "1e3", "0x10", "99999999999999999999", ""),
        )
        assert set(answers) <= {0, 400}
    both = put(wire, b"1\r\nx\r\n0\r\n\r\n", after={"Transfer-Encoding": "chunked"})
    assert both.status in (0, 400, 403, 501)
    locked = put(wire, b"x", {"x-amz-object-lock-mode": "COMPLIANCE"})
    assert (locked.status, locked.code) == (400, "InvalidArgument")  # a mode without a date
    torrent = wire.request("GET", "/town-files?torrent")
    assert (torrent.status, torrent.code) == (501, "NotImplemented")


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("delete", b"<Delete><Object><Key>stays</Key></Object>", "MalformedXML"),
        ("delete", b"<!DOCTYPE x><Delete><Object><Key>stays</Key></Object></Delete>", "MalformedXML"),
        ("delete", b"<Delete>" + b"<Object><Key>stays</Key></Object>" * 1001 + b"</Delete>", "MalformedXML"),
        ("delete", b"x" * (4 * MIB + 1), "EntityTooLarge"),
        ("delete", b"\xff\xfe", "MalformedXML"),
    ],
)
def test_documents(wire, query, body, code):
    answer = wire.request("POST", f"/town-files?{query}", body)
    assert (answer.status, answer.code) == (400, code)


def test_a_signed_document_is_the_one_that_was_sent(wire):
    body = b"<Delete><Object><Key>stays</Key></Object></Delete>"
    answer = wire.request("POST", "/town-files?delete", body, payload=hashlib.sha256(b"other").hexdigest())
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")


def test_another_customers_bucket_is_absent(house):
    stranger = S3Key("CRD" + "1" * 26, "nothing")
    wire = Wire(house.settings.s3_port, stranger.access_key, stranger.secret)
    assert wire.request("GET", "/town-files/stays").code == "InvalidAccessKeyId"


def test_a_refusal_has_no_body_for_head(wire):
    answer = wire.request("HEAD", "/town-files/nothing")
    assert (answer.status, answer.body) == (404, b"")
