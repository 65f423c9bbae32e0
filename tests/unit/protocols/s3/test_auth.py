import hashlib
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.kernel.limits import EVIDENCE_BYTES_MAX
from custodes.kernel.mac import hmac_sha256
from custodes.kernel.refusal import Refusal
from custodes.protocols.s3 import auth, chunks
from custodes.protocols.s3.auth import chain_of, claim, operation_of, verify
from custodes.protocols.s3.canonical import percent_encode, percent_encode_path
from custodes.protocols.s3.messages import Claim, Head
from fakes.s3_signer import ACCESS_KEY, AT, SECRET, head_of, signed_head

KEY = SECRET.encode()
replace = msgspec.structs.replace

VERSION = "ver-" + "1" * 26


def code_of(call, *given, **named) -> str:
    with pytest.raises(Refusal) as caught:
        call(*given, **named)
    return caught.value.code


def without(head: Head, *names: bytes) -> Head:
    return replace(head, headers=tuple(pair for pair in head.headers if pair[0] not in names))


def with_header(head: Head, name: bytes, value: bytes) -> Head:
    return replace(head, headers=(*without(head, name).headers, (name, value)))


_key_bytes = st.text(min_size=1, max_size=30).filter(lambda text: "\0" not in text).map(lambda t: t.encode())
_words = st.binary(min_size=1, max_size=8)
_visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    key=_key_bytes,
    query=st.dictionaries(_words, st.binary(max_size=8), max_size=4),
    metadata=st.dictionaries(st.sampled_from("abcdef"), _visible, max_size=3),
    expires_s=st.one_of(st.none(), st.integers(1, 604_800)),
    body=st.binary(max_size=20),
)
def test_whatever_another_signer_signs_is_accepted_and_read_back(
    method, key, query, metadata, expires_s, body
):
    target = "/bucket/" + percent_encode_path(key).decode()
    pairs = [f"{percent_encode(n).decode()}={percent_encode(v).decode()}" for n, v in query.items()]
    if expires_s is not None:  # the presigner decodes and re-encodes queries as text
        pairs = []
    if pairs:
        target += "?" + "&".join(pairs)
    headers = {f"x-amz-meta-{name}": f"{value}  {value}" for name, value in metadata.items()}
    head = signed_head(method, target, headers, body=body if expires_s is None else b"", expires_s=expires_s)
    made = claim(head)
    assert len(msgspec.msgpack.encode(made)) <= EVIDENCE_BYTES_MAX
    travelled = msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=Claim)
    verified = verify(travelled, KEY, AT)
    assert verified.access_key_id == ACCESS_KEY
    assert verified.signed.path == b"/bucket/" + key
    assert verified.signed.method == method
    assert (verified.is_presigned, made.expires_s) == (expires_s is not None, expires_s)
    if pairs:
        assert sorted(verified.signed.query) == sorted(query.items())
    if expires_s is None:
        assert verified.payload == hashlib.sha256(body).hexdigest()


@settings(max_examples=300, deadline=None)
@given(data=st.data(), presigned=st.booleans())
def test_any_flipped_byte_is_refused(data, presigned):
    head = signed_head(
        "PUT",
        "/bucket/some%20key?versionId=3",
        {"x-amz-meta-a": "value"},
        expires_s=60 if presigned else None,
    )
    made = claim(head)
    field = data.draw(st.sampled_from(["canonical_request", "signature", "amz_date", "region", "date"]))
    raw = getattr(made, field)
    raw = raw if isinstance(raw, bytes) else raw.encode()
    index = data.draw(st.integers(0, len(raw) - 1))
    flipped = raw[:index] + bytes([raw[index] ^ data.draw(st.integers(1, 127))]) + raw[index + 1 :]
    value = flipped if field == "canonical_request" else flipped.decode("latin-1")
    with pytest.raises(Refusal):
        verify(replace(made, **{field: value}), KEY, AT)


@pytest.mark.parametrize("expires_s", [None, 600])
def test_a_request_changed_on_the_way_is_refused(expires_s):
    head = signed_head("GET", "/bucket/key?versionId=1", {"Range": "bytes=0-1"}, expires_s=expires_s)
    assert verify(claim(head), KEY, AT)
    changed = [
        replace(head, method="DELETE"),
        replace(head, raw_path=b"/bucket/other"),
        replace(head, raw_path=b"/bucket//key"),
        replace(head, query=head.query.replace(b"versionId=1", b"versionId=2")),
        replace(head, query=head.query + b"&acl"),
        with_header(head, b"host", b"other.example"),
        with_header(head, b"range", b"bytes=0-9"),
    ]
    for one in changed:
        assert code_of(verify, claim(one), KEY, AT) == "signature-differs"


def test_spellings_of_one_path_are_one_path():
    head = signed_head("GET", "/bucket/a%20b~c%2Bd")
    for spelling in (b"/bucket/%61%20b%7ec%2bd", b"/bucket/a%20b~c+d"):
        verified = verify(claim(replace(head, raw_path=spelling)), KEY, AT)
        assert verified.signed.path == b"/bucket/a b~c+d"


@pytest.mark.parametrize(
    ("minutes", "expires_s", "code"),
    [
        (15.01, None, "request-time-skewed"),
        (-15.01, None, "request-time-skewed"),
        (-15.01, 604_800, "request-time-skewed"),
        (10.02, 600, "request-expired"),
        (0, 0, "request-expired"),
        (-1, 0, "request-expired"),
        (7 * 24 * 60 + 0.1, 604_800, "request-expired"),
    ],
)
def test_time_runs_out(minutes, expires_s, code):
    made = claim(signed_head(expires_s=expires_s))
    assert code_of(verify, made, KEY, AT + timedelta(minutes=minutes)) == code


def test_time_that_is_left():
    for minutes, expires_s in ((15, None), (-15, None), (10, 600), (-15, 600)):
        verify(claim(signed_head(expires_s=expires_s)), KEY, AT + timedelta(minutes=minutes))
    assert verify(claim(signed_head(expires_s=600)), KEY, AT).lapses_at == AT + timedelta(seconds=600)


def test_an_unknown_key_and_a_wrong_secret():
    made = claim(signed_head())
    assert code_of(verify, made, None, AT) == "access-key-unknown"
    assert code_of(verify, made, b"wrong", AT) == "signature-differs"
    dummy = claim(signed_head(secret="an access key that does not exist has this secret"))
    assert code_of(verify, dummy, None, AT) == "access-key-unknown"


def test_an_unknown_key_costs_the_same_hmacs(monkeypatch):
    counted: list[int] = []
    for room in (auth, chunks):
        monkeypatch.setattr(room, "hmac_sha256", lambda *a: counted.append(1) or hmac_sha256(*a))
    made = claim(signed_head())
    for secret in (None, b"wrong"):
        code_of(verify, made, secret, AT)
    assert len(counted) == 2 * (len(counted) // 2) == 10


def test_a_plane_that_lies_about_its_claim_is_refused():
    presigned = claim(signed_head(expires_s=60))
    header = claim(signed_head())
    lies = [
        replace(presigned, expires_s=604_800),
        replace(presigned, mode="header", expires_s=None),
        replace(presigned, access_key_id="OTHER"),
        replace(presigned, amz_date="20261122T090000Z"),
        replace(header, mode="presigned", expires_s=604_800),
        replace(header, payload="UNSIGNED-PAYLOAD"),
        replace(header, signed_headers=("host",)),
        replace(header, service="sts"),
        replace(header, signature="x" * 64),
        replace(header, signature=header.signature.upper()),
        replace(header, amz_date="20261122T080001Z"),
        replace(header, canonical_request=b""),
        replace(header, canonical_request=header.canonical_request + b"\n"),
        replace(header, access_key_id="a/b"),
    ]
    for lie in lies:
        assert code_of(verify, lie, KEY, AT) == "claim-malformed"


def test_the_operation_is_read_from_what_was_signed():
    head = signed_head(
        "PUT",
        "/bucket/to?x-id=CopyObject",
        {"x-amz-copy-source": f"/from/a%20b?versionId={VERSION}", "Range": "bytes=0-1"},
    )
    call = operation_of(claim(head))
    assert call.operation.name == "CopyObject"
    assert (call.bucket, call.key) == ("bucket", "to")
    assert call.source is not None
    assert (call.source.bucket, call.source.key, call.source.version) == (
        "from",
        "a b",
        "ver-11111111111111111111111111",
    )
    get = operation_of(
        claim(signed_head("GET", f"/b1c/%2e%2e//x?versionId={VERSION}", {"Range": "bytes=5-"}))
    )
    assert (get.key, get.version, get.span) == ("..//x", VERSION, "bytes=5-")
    presigned = signed_head("GET", "/bucket/key", expires_s=60)
    assert operation_of(claim(with_header(presigned, b"range", b"bytes=0-0"))).span is None


def test_headers_that_matter_must_be_signed():
    head = signed_head("PUT", "/bucket/key")
    with_copy = with_header(head, b"x-amz-copy-source", b"/other/secret")
    assert code_of(claim, with_copy) == "headers-not-signed"
    presigned = with_header(signed_head(expires_s=60), b"x-amz-meta-a", b"1")
    assert code_of(claim, presigned) == "headers-not-signed"
    signed = signed_head("PUT", "/bucket/key", {"x-amz-meta-a": "1"})
    assert code_of(claim, without(signed, b"x-amz-meta-a")) == "signed-header-absent"


def authorization(head: Head, old: bytes, new: bytes) -> Head:
    return with_header(head, b"authorization", (head.value(b"authorization") or b"").replace(old, new))


def test_shapes_of_evidence_that_are_refused():
    head = signed_head()
    presigned = signed_head(expires_s=60)
    shapes = {
        "not-signed": [without(head, b"authorization")],
        "sigv2-not-served": [
            with_header(head, b"authorization", b"AWS AKID:c2ln"),
            head_of("GET", "https://h/b/k?AWSAccessKeyId=A&Expires=1&Signature=s", {}),
        ],
        "sigv4a-not-served": [
            authorization(head, b"AWS4-HMAC-SHA256", b"AWS4-ECDSA-P256-SHA256"),
            replace(presigned, query=presigned.query.replace(b"HMAC-SHA256", b"ECDSA-P256-SHA256")),
        ],
        "two-signatures": [with_header(presigned, b"authorization", b"x")],
        "token-not-served": [with_header(head, b"x-amz-security-token", b"t")],
        "authorization-malformed": [
            with_header(head, b"authorization", b"Bearer x"),
            authorization(head, b"Signature=", b"Signature=A"),
            authorization(head, b"SignedHeaders=host;", b"SignedHeaders="),
            authorization(head, b"SignedHeaders=host;", b"SignedHeaders=host;host;"),
            authorization(head, b"SignedHeaders=host;", b"SignedHeaders=Host;"),
            authorization(head, b"SignedHeaders=host;", b"SignedHeaders=z;host;"),
        ],
        "scope-malformed": [
            authorization(head, b"/s3/", b"/sts/"),
            authorization(head, b"/20261122/", b"/20261121/"),
            authorization(head, b"/aws4_request", b"/aws5_request"),
        ],
        "payload-mark-missing": [without(head, b"x-amz-content-sha256")],
        "payload-mark-invalid": [with_header(head, b"x-amz-content-sha256", b"x")],
        "date-malformed": [
            without(head, b"x-amz-date"),
            with_header(head, b"x-amz-date", b"2026-11-22"),
            with_header(head, b"x-amz-date", b"20261122T256000Z"),
        ],
        "expires-invalid": [
            replace(presigned, query=presigned.query.replace(b"Expires=60", b"Expires=" + value))
            for value in (b"604801", b"-1", b"1e3", b"", b"99999999")
        ],
        "presigned-malformed": [
            replace(presigned, query=presigned.query + b"&X-Amz-Date=20261122T080000Z"),
            replace(presigned, query=b"X-Amz-Signature=" + b"0" * 64),
            replace(presigned, query=presigned.query.replace(b"Signature=", b"Signature=z")),
            replace(presigned, query=presigned.query.replace(b"s3", b"ec2")),
            replace(presigned, query=presigned.query.replace(b"Date=20261122", b"Date=20261121")),
        ],
        "target-malformed": [replace(head, raw_path=b"/bucket/%zz"), replace(head, query=b"a=%")],
    }
    for code, heads in shapes.items():
        for one in heads:
            assert code_of(claim, one) == code, (code, one)


def test_a_claim_has_a_largest_size():
    query = "&".join(f"p{n}=" + "x" * 80 for n in range(90))
    metadata = {f"x-amz-meta-{n}": "y" * 500 for n in range(20)}
    assert len(query) < 8_192
    claim(signed_head("GET", f"/bucket/key?{query}"))
    assert code_of(claim, signed_head("GET", f"/bucket/key?{query}", metadata)) == "evidence-too-large"


def test_a_date_header_serves_where_there_is_no_x_amz_date():
    head = signed_head(headers={"Date": "Sun, 22 Nov 2026 08:00:00 GMT"})
    assert head.value(b"x-amz-date") is None
    assert verify(claim(head), KEY, AT).signed_at == AT


def test_replays_bear_the_same_mark():
    first, second = (verify(claim(signed_head()), KEY, AT) for _ in range(2))
    later = verify(claim(signed_head(at=AT + timedelta(seconds=1))), KEY, AT)
    assert first.replay_mark == second.replay_mark != later.replay_mark


def test_the_published_example_verifies():
    """S3 API Reference, "Examples: signature calculations", GET object with a range."""
    empty = hashlib.sha256(b"").hexdigest()
    head = Head(
        method="GET",
        raw_path=b"/test.txt",
        headers=(
            (b"host", b"examplebucket.s3.amazonaws.com"),
            (b"range", b"bytes=0-9"),
            (b"x-amz-content-sha256", empty.encode()),
            (b"x-amz-date", b"20130524T000000Z"),
            (
                b"authorization",
                (
                    b"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                    b"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                    b"Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
                ),
            ),
        ),
    )
    now = AT.replace(year=2013, month=5, day=24, hour=0)
    verified = verify(claim(head), b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", now)
    assert verified.access_key_id == "AKIAIOSFODNN7EXAMPLE"
    call = operation_of(claim(head), ("s3.amazonaws.com",))
    assert (call.operation.name, call.bucket, call.key) == ("GetObject", "examplebucket", "test.txt")


def test_nothing_secret_in_words():
    made = claim(signed_head())
    assert SECRET not in repr(made)
    assert SECRET not in repr(chain_of(made, KEY))
    assert "signing" not in repr(chain_of(made, KEY))
