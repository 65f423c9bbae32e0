import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.listing import token_for
from custodes.protocols.s3.lists import keys_listing, parts_listing, uploads_listing, versions_listing
from custodes.protocols.s3.messages import Head


def head(query: bytes) -> Head:
    return Head(method="GET", raw_path=b"/b", query=query)


def code_of(call, query: bytes, **named) -> str:
    with pytest.raises(Refusal) as caught:
        call(head(query), **named)
    return caught.value.code


def test_v1():
    made = keys_listing(head(b"prefix=a%2F&delimiter=/&marker=a/b&max-keys=5&encoding-type=url"), is_v2=False)
    assert (made.prefix, made.delimiter, made.after, made.marker, made.most) == ("a/", "/", "a/b", "a/b", 5)
    assert made.is_encoded
    assert keys_listing(head(b""), is_v2=False).most == 1_000
    assert keys_listing(head(b"max-keys=5000"), is_v2=False).most == 1_000
    assert keys_listing(head(b"max-keys=0"), is_v2=False).most == 0
    assert keys_listing(head(b"max-keys="), is_v2=False).most == 1_000


def test_v2():
    token = token_for("p/x", "p", "/")
    made = keys_listing(
        head(f"list-type=2&prefix=p&delimiter=/&start-after=p/z&continuation-token={token}".encode()),
        is_v2=True,
    )
    assert (made.after, made.start_after, made.token, made.shows_owner) == ("p/x", "p/z", token, False)
    assert keys_listing(head(b"list-type=2&fetch-owner=true&start-after=q"), is_v2=True).after == "q"
    assert keys_listing(head(b"list-type=2&fetch-owner=true"), is_v2=True).shows_owner
    empty = keys_listing(head(b"list-type=2&continuation-token=&start-after=q"), is_v2=True)
    assert (empty.token, empty.after) == ("", "q")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (b"max-keys=-1", "max-keys-invalid"),
        (b"max-keys=a", "max-keys-invalid"),
        (b"max-keys=2147483648", "max-keys-invalid"),
        (b"encoding-type=base64", "encoding-type-invalid"),
        (b"prefix=%FF", "argument-invalid"),
        (b"prefix=%00", "argument-invalid"),
        (b"prefix=" + b"a" * 1_025, "argument-invalid"),
        (b"prefix=a&prefix=b", "argument-repeated"),
        (b"list-type=3", "argument-invalid"),
        (b"list-type=2&continuation-token=x", "token-invalid"),
        (b"list-type=2&prefix=a&continuation-token=" + token_for("b", "", "").encode(), "token-invalid"),
    ],
)
def test_what_is_refused(query, code):
    assert code_of(keys_listing, query, is_v2=b"list-type" in query) == code


def test_versions_uploads_and_parts():
    made = versions_listing(head(b"versions&key-marker=k&version-id-marker=v&max-keys=2"))
    assert (made.key_marker, made.version_marker, made.most) == ("k", "v", 2)
    assert code_of(versions_listing, b"versions&version-id-marker=v") == "argument-invalid"
    uploads = uploads_listing(head(b"uploads&key-marker=k&upload-id-marker=u&max-uploads=2"))
    assert (uploads.key_marker, uploads.upload_marker, uploads.most) == ("k", "u", 2)
    assert uploads_listing(head(b"uploads&upload-id-marker=u")).upload_marker is None
    parts = parts_listing(head(b"uploadId=u&part-number-marker=7&max-parts=3"))
    assert (parts.after_number, parts.most) == (7, 3)
    assert code_of(parts_listing, b"uploadId=u&part-number-marker=x") == "argument-invalid"
