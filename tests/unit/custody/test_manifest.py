import msgspec
import pytest

from custodes.custody import envelope, manifest
from custodes.custody.manifest import Manifest, Origin, Part, open_manifest, wrap_manifest
from custodes.custody.wrap import Context, Purpose, hkdf_sha512, wrap
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice

KEY = bytes(range(32))
IDS = ("hse-a", "cus-a", "ver-a")


def part(number, length=100_000):
    return Part(
        number=number,
        blob=f"blb-{number}",
        plain_bytes=length,
        cipher_bytes=envelope.cipher_length(length),
        header=b"\x28" + bytes(39),
        checksums={"crc32": "AAAAAA=="},
    )


def made(**changes):
    base = Manifest(
        house="hse-a",
        customer="cus-a",
        object_version="ver-a",
        origin=Origin(bucket="bkt-a", object_version="ver-a"),
        parts=(part(1), part(2), part(5)),
        content_type="text/plain; charset=utf-8",
        headers={"content-encoding": "gzip"},
        metadata={"owner": "Bürgeramt"},
        etag="0" * 32 + "-1",
        checksums={"crc32": "AAAAAA=="},
        checksum_type="COMPOSITE",
        commitment=envelope.commitment(KEY, "ver-a"),
        location="loc-a",
        key="key-a",
        key_version=3,
        written_at="2026-11-22T08:00:00Z",
    )
    return msgspec.structs.replace(base, **changes)


def refused(code, call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    assert caught.value.code == code
    assert caught.value.kind is (Kind.MALFORMED if code == "manifest-too-long" else Kind.BROKEN)


def wrapped_anyway(plain):
    """What somebody with the data key could wrap without our checks."""
    key = hkdf_sha512(KEY, b"ver-a", manifest.KEY_LABEL)[:32]
    context = Context(
        house="hse-a", customer="cus-a", key="", version=0, purpose=Purpose.MANIFEST, subject="ver-a"
    )
    return wrap(key, context, plain, SeededDice(1))


def test_it_comes_back_whole():
    assert open_manifest(KEY, IDS, wrap_manifest(KEY, made(), SeededDice(1))) == made()
    assert made().plain_bytes == 300_000


def test_its_plain_form_is_canonical():
    plain = canonical.encode(msgspec.to_builtins(made()))
    assert open_manifest(KEY, IDS, wrapped_anyway(plain)) == made()
    assert canonical.decode(plain)["parts"][0] == {
        "blob": "blb-1",
        "checksums": {"crc32": "AAAAAA=="},
        "cipher_bytes": 100_072,
        "header": "KAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "number": 1,
        "padding_bytes": 0,
        "plain_bytes": 100_000,
    }


def test_padding_hides_the_length_and_never_leaves():
    stream = envelope.Encryptor(KEY, b"bound", SeededDice(3))
    cipher = stream.feed(b"secret" + bytes(99_994)) + stream.finish()
    padded = msgspec.structs.replace(
        part(1), plain_bytes=6, padding_bytes=99_994, cipher_bytes=len(cipher), header=stream.header
    )
    whole = made(parts=(padded,))
    assert open_manifest(KEY, IDS, wrap_manifest(KEY, whole, SeededDice(1))) == whole
    assert whole.plain_bytes == 6
    ((found, first, last),) = manifest.cover(whole, 0, 5)
    span = envelope.segment_range(first, last, found.stream_bytes)
    reader = envelope.Decryptor.at(KEY, b"bound", found.header, span)
    assert reader.feed(cipher[span.cipher_first : span.cipher_last + 1]) + reader.finish() == b"secret"
    with pytest.raises(ValueError, match="range"):
        manifest.cover(whole, 0, 6)
    lying = made(parts=(msgspec.structs.replace(padded, padding_bytes=99_995),))
    refused("manifest-mismatch", wrap_manifest, KEY, lying, SeededDice(1))
    below = made(parts=(msgspec.structs.replace(padded, plain_bytes=100_001, padding_bytes=-1),))
    refused("manifest-mismatch", wrap_manifest, KEY, below, SeededDice(1))


def test_a_part_knows_what_it_is_bound_to():
    copied = made(origin=Origin(bucket="bkt-b", object_version="ver-b"))
    assert copied.associated(part(5)) == envelope.associated(
        house="hse-a", customer="cus-a", bucket="bkt-b", object_version="ver-b", part=5, attempt="blb-5"
    )


def test_another_key_or_row_does_not_open_it():
    wrapped = wrap_manifest(KEY, made(), SeededDice(1))
    refused("wrap-mismatch", open_manifest, bytes(32), IDS, wrapped)
    for ids in (("hse-b", "cus-a", "ver-a"), ("hse-a", "cus-b", "ver-a"), ("hse-a", "cus-a", "ver-b")):
        refused("wrap-mismatch", open_manifest, KEY, ids, wrapped)
    refused("wrap-mismatch", open_manifest, KEY, IDS, wrapped[:-1])


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": ()},
        {"parts": (part(2), part(1))},
        {"parts": (part(1), part(1))},
        {"parts": (part(0),)},
        {"parts": (part(1), msgspec.structs.replace(part(2), blob="blb-1"))},
        {"parts": (msgspec.structs.replace(part(1), cipher_bytes=100_071),)},
        {"parts": (msgspec.structs.replace(part(1), plain_bytes=-1),)},
        {"parts": (msgspec.structs.replace(part(1), header=b"\x28"),)},
        {"format": "custodes/manifest/v2"},
    ],
)
def test_one_that_contradicts_itself_is_neither_wrapped_nor_opened(changes):
    bad = made(**changes)
    refused("manifest-mismatch", wrap_manifest, KEY, bad, SeededDice(1))
    refused(
        "manifest-mismatch",
        open_manifest,
        KEY,
        IDS,
        wrapped_anyway(canonical.encode(msgspec.to_builtins(bad))),
    )


def test_ids_inside_and_outside_must_agree():
    plain = canonical.encode(msgspec.to_builtins(made(object_version="ver-b")))
    refused("manifest-mismatch", open_manifest, KEY, IDS, wrapped_anyway(plain))


def test_a_wrong_commitment_is_neither_wrapped_nor_opened():
    bad = made(commitment=bytes(32))
    refused("commitment-mismatch", wrap_manifest, KEY, bad, SeededDice(1))
    refused(
        "commitment-mismatch",
        open_manifest,
        KEY,
        IDS,
        wrapped_anyway(canonical.encode(msgspec.to_builtins(bad))),
    )


def test_another_spelling_is_refused():
    body = msgspec.to_builtins(made())
    plain = canonical.encode(body)
    spellings = [b"", b"{}", b"[]", b"\xff", msgspec.json.encode(body), canonical.encode(body | {"more": 1})]
    spellings += [plain + b" ", plain.replace(b'"etag":', b'"etag":"x","etag":'), plain.replace(b"==", b"=")]
    spellings += [plain.replace(b'"key_version":3', b'"key_version":3.0')]
    spellings += [plain.replace(b'"key_version":3', b'"key_version":9007199254740993')]
    assert open_manifest(KEY, IDS, wrapped_anyway(plain)) == made()
    defaulted = dict(body)
    del defaulted["checksum_type"]
    spellings.append(canonical.encode(defaulted))
    for plain in spellings:
        refused("manifest-mismatch", open_manifest, KEY, IDS, wrapped_anyway(plain))


def test_a_range_is_covered_by_the_parts_that_hold_it():
    parts = tuple(part(number, length) for number, length in ((1, 10), (2, 0), (3, 5), (4, 20)))
    whole, bytes_of = made(parts=parts), [(1, n) for n in range(10)] + [(3, n) for n in range(5)]
    bytes_of += [(4, n) for n in range(20)]
    for first in range(35):
        for last in range(first, 35):
            found = [
                (piece.number, n)
                for piece, begin, end in manifest.cover(whole, first, last)
                for n in range(begin, end + 1)
            ]
            assert found == bytes_of[first : last + 1]
    for first, last in ((-1, 0), (0, 35), (2, 1)):
        with pytest.raises(ValueError, match="range"):
            manifest.cover(whole, first, last)


def test_limits(monkeypatch):
    monkeypatch.setattr(manifest, "PARTS_MAX", 2)
    refused("manifest-too-long", wrap_manifest, KEY, made(), SeededDice(1))
    monkeypatch.setattr(manifest, "PARTS_MAX", 3)
    wrapped = wrap_manifest(KEY, made(), SeededDice(1))
    monkeypatch.setattr(manifest, "MANIFEST_BYTES_MAX", 100)
    refused("manifest-too-long", wrap_manifest, KEY, made(), SeededDice(1))
    refused("manifest-mismatch", open_manifest, KEY, IDS, wrapped)


def test_metadata_opens_only_in_its_place_and_is_no_manifest():
    wrapped = manifest.wrap_metadata(KEY, IDS, b"said", SeededDice())
    assert manifest.open_metadata(KEY, IDS, wrapped) == b"said"
    for key, ids in (
        (bytes(32), IDS),
        (KEY, ("hse-a", "cus-a", "ver-b")),
        (KEY, ("hse-a", "cus-b", "ver-a")),
    ):
        with pytest.raises(Refusal, match="wrap-mismatch"):
            manifest.open_metadata(key, ids, wrapped)
    with pytest.raises(Refusal, match="wrap-mismatch"):
        open_manifest(KEY, IDS, wrapped)
