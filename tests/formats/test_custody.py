"""The second reader over the vectors of wrap.md, object.md and file-key.md, sound and tampered."""

import json
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature

from formats.second import custody
from formats.second.spelling import No, b64, read, write
from formats.vectors import flipped, read_vectors

WRAPS, CHAIN, MESSAGES, OBJECT = (
    read_vectors("custody", name) for name in ("wrap", "hierarchy", "message", "object")
)
HOLDERS, FILE_KEYS = read_vectors("custody", "holder"), read_vectors("house", "file_key")
raw = bytes.fromhex


def refused(code, call, *given):
    with pytest.raises(No) as caught:
        call(*given)
    assert caught.value.args == (code,)


@pytest.mark.parametrize("case", WRAPS["open"], ids=lambda case: case["context"]["purpose"])
def test_a_wrap_opens_in_its_place_only(case):
    kek, where, wrapped = raw(case["kek"]), case["context"], raw(case["wrapped"])
    assert custody.unwrap(kek, where, wrapped) == raw(case["secret"])
    assert write(where | {"label": "custodes/wrap/v1"}).decode() == case["info"]
    for member, value in where.items():
        other = value + 1 if member == "version" else "page" if member == "purpose" else f"{value}x"
        if other != value:
            refused("wrap-mismatch", custody.unwrap, kek, where | {member: other}, wrapped)
    refused("wrap-mismatch", custody.unwrap, bytes(32), where, wrapped)
    for bad in flipped(wrapped):
        refused("wrap-mismatch", custody.unwrap, kek, where, bad)


@pytest.mark.parametrize("case", WRAPS["refused"], ids=lambda case: case["why"])
def test_a_wrap_that_must_not_open(case):
    refused("wrap-mismatch", custody.unwrap, raw(case["kek"]), case["context"], raw(case["wrapped"]))


def test_wraps_by_a_token():
    cases = read_vectors("custody", "token-wrap")
    for case in cases["open"]:
        root, where, wrapped = raw(case["root"]), case["context"], raw(case["wrapped"])
        assert custody.token_unwrap(root, where, wrapped) == raw(case["secret"])
        refused("wrap-mismatch", custody.unwrap, root[:32], where, wrapped)
        for bad in flipped(wrapped):
            refused("wrap-mismatch", custody.token_unwrap, root, where, bad)
    for case in cases["refused"]:
        given = raw(case["root"]), case["context"], raw(case["wrapped"])
        refused("wrap-mismatch", custody.token_unwrap, *given)


def test_the_way_from_the_holders_root_to_a_data_key():
    house, customer, key = CHAIN["house"], CHAIN["customer"], CHAIN["key"]

    def step(kek, row, **where):
        opened = custody.unwrap(kek, custody.context(house, **where), raw(row["wrapped"]))
        assert opened == raw(row["secret"])
        return opened

    root = raw(CHAIN["holder_root"])
    house_keys = {
        name: step(root, row, purpose="house-key", subject=name) for name, row in CHAIN["house_keys"].items()
    }
    own = step(root, CHAIN["customer_root"], customer=customer, purpose="customer-root", subject=customer)
    at = {"customer": customer, "key": key, "version": 1}
    material = step(own, CHAIN["key_version"], **at, purpose="key-version", subject=key)
    keks = {}
    for row in CHAIN["shred"]:
        n = row["generation"]
        shred = step(own, row, customer=customer, version=n, purpose="shred", subject=customer)
        keks[n] = custody.page_kek(
            house, customer, key, version=1, material=material, shred=n, shred_key=shred
        )
        assert keks[n] == raw(row["page_kek"])
    for row in CHAIN["pages"]:
        n = row["generation"]
        page = step(keks[row["shred"]], row, **at, purpose="page", subject=f"{CHAIN['page']}/{n}")
        where = custody.context(house, **{**at, "version": n}, purpose="object", subject=CHAIN["subject"])
        assert custody.unwrap(page, where, raw(row["subject_key"])) == raw(CHAIN["data_key"])
    row = CHAIN["credential"]
    step(house_keys["credential"], row, purpose="credential", subject=row["id"])


@pytest.mark.parametrize("case", read_vectors("custody", "external"), ids=lambda case: case["version"])
def test_a_message_of_an_external_key_store(case):
    ids, materials = (case["house"], case["customer"], case["key"]), {case["version"]: raw(case["material"])}
    names = ("mark", "iv", "ciphertext", "tag")
    parts, aad = [raw(case[name]) for name in names], raw(case["aad"])
    assert custody.open_external(ids, materials, aad, parts) == raw(case["message"])
    refused("message-mismatch", custody.open_external, ids, materials, aad + b"x", parts)
    refused("message-mismatch", custody.open_external, ids[::-1], materials, aad, parts)
    for place, part in enumerate(parts):
        for bad in flipped(part[:64]) if part else ():
            other = [*parts[:place], bad + part[64:], *parts[place + 1 :]]
            refused("message-mismatch", custody.open_external, ids, materials, aad, other)


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: str(case["version"]))
def test_a_message_token(case):
    where = (case["house"], case["customer"], case["key"])
    materials, said, token = (
        {case["version"]: raw(case["material"])},
        raw(case["context"]),
        raw(case["token"]),
    )
    assert custody.open_message(*where, materials, said, token) == raw(case["message"])
    refused("token-mismatch", custody.open_message, *where, materials, said + b"x", token)
    both = materials | {7: raw(case["material"])}
    refused("token-mismatch", custody.open_message, *where, both, said, token[:1] + b"\0\0\0\7" + token[5:])
    for bad in flipped(token[:120]):
        refused("token-mismatch", custody.open_message, *where, both, said, bad + token[120:])


def test_a_holder_file_and_its_faults():
    plain, sealed = sorted(HOLDERS, key=lambda case: json.loads(case["file"])["kind"])
    assert custody.holder_root(plain["file"].encode(), "") == raw(plain["root"])
    refused("wrong-secret", custody.holder_root, plain["file"].encode(), "x")
    assert custody.holder_root(sealed["file"].encode(), sealed["passphrase"]) == raw(sealed["root"])
    refused("wrong-secret", custody.holder_root, sealed["file"].encode(), "not this passphrase")
    body = json.loads(sealed["file"])
    for change in ({"memory_kib": 1024}, {"passes": 2}, {"lanes": 17}, {"version": 16}, {"more": 1}):
        bad = write(body | {"kdf": body["kdf"] | change})
        refused("holder-file", custody.holder_root, bad, sealed["passphrase"])
    refused("holder-file", custody.holder_root, sealed["file"].encode() + b"\n", sealed["passphrase"])
    refused("holder-file", custody.holder_root, write(body | {"format": "v2"}), sealed["passphrase"])


def test_a_file_key_and_its_faults():
    for case in FILE_KEYS:
        key = custody.file_key(case["file"].encode(), case["passphrase"])
        message = b"custodes/sign/v1" + raw(case["document_hash"])
        key.public_key().verify(raw(case["signature"]), message)
        with pytest.raises(InvalidSignature):
            key.public_key().verify(raw(case["signature"]), message[len("custodes/sign/v1") :])
    plain = read(FILE_KEYS[0]["file"].encode())
    lying = plain | {"public": b64(bytes(32))}
    refused("bad-file-key", custody.file_key, write(lying), "")
    refused("wrong-passphrase", custody.file_key, FILE_KEYS[1]["file"].encode(), "not this passphrase")
    # a holder file is no key file, though both are wrapped alike
    refused("bad-file-key", custody.file_key, HOLDERS[0]["file"].encode(), "")


@pytest.mark.parametrize("case", OBJECT["streams"], ids=lambda case: str(case["plain_bytes"]))
def test_a_stream(case):
    plain = bytes((i * 31 + i // 251) % 256 for i in range(case["plain_bytes"]))
    assert custody.cipher_bytes(len(plain)) == case["cipher_bytes"]
    if case["cipher"] is None:  # long ones are given by their hash
        assert custody.stream_bytes(case["cipher_bytes"]) == len(plain)
        return
    blob, key, bound = raw(case["cipher"]), raw(case["data_key"]), case["associated"].encode()
    assert sha256(blob).hexdigest() == case["cipher_sha256"]
    assert custody.open_stream(key, bound, blob) == plain
    refused("stream-mismatch", custody.open_stream, key, bound + b" ", blob)
    for bad in [*flipped(blob[:200], blob[200:]), blob[:-1], blob + b"\0"]:
        refused("stream-mismatch", custody.open_stream, key, bound, bad)


def test_segments_of_a_long_stream_moved_dropped_or_cut():
    case = OBJECT["long"]
    key, bound, blob = raw(case["data_key"]), case["associated"].encode(), custody_blob(case)
    plain = custody.open_stream(key, bound, blob)
    assert sha256(plain).hexdigest() == case["plain_sha256"]
    size = 65_536
    first, second, rest = blob[:size], blob[size : 2 * size], blob[2 * size :]
    for bad in (first + rest, first + second, blob[:size], first + second + second + rest):
        refused("stream-mismatch", custody.open_stream, key, bound, bad)
    for span in OBJECT["ranges"]:
        count = -(-(span["cipher_last"] + 1) // size) - span["first_segment"]
        got = b"".join(
            custody.open_segments(
                key,
                bound,
                blob[:40],
                len(blob),
                span["first_segment"],
                blob[span["cipher_first"] : span["cipher_last"] + 1],
            )
        )
        assert count >= 1
        wanted = got[span["skip"] :][: span["last"] - span["first"] + 1]
        assert wanted == plain[span["first"] : span["last"] + 1]


def custody_blob(case):
    """The writer's side, from the page: the vector keeps header and hash only."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    header, key = raw(case["header"]), raw(case["data_key"])
    plain = bytes((i * 31 + i // 251) % 256 for i in range(case["plain_bytes"]))
    aes = AESGCM(HKDF(hashes.SHA256(), 32, header[1:33], case["associated"].encode()).derive(key))
    out, at, last = header, 0, custody.segments(len(plain)) - 1
    for number in range(last + 1):
        room = 65_480 if number == 0 else 65_520
        nonce = header[33:] + number.to_bytes(4, "big") + bytes([number == last])
        out += aes.encrypt(nonce, plain[at : at + room], None)
        at += room
    assert sha256(out).hexdigest() == case["cipher_sha256"]
    return out


@pytest.mark.parametrize("name", ["manifest", "padded"])
def test_a_manifest(name):
    case = OBJECT[name]
    ids = (case["house"], case["customer"], case["object_version"])
    key, stored = raw(case["data_key"]), raw(case["wrapped"])
    body = custody.open_manifest(key, *ids, stored)
    assert write(body).decode() == case["plain"]
    refused("wrap-mismatch", custody.open_manifest, bytes(32), *ids, stored)
    for place in range(3):
        other = [*ids]
        other[place] += "x"
        refused("wrap-mismatch", custody.open_manifest, key, *other, stored)


def test_a_padded_part_gives_its_own_bytes_only():
    case = OBJECT["padded"]
    key = raw(case["data_key"])
    body = json.loads(case["plain"])
    (part,) = body["parts"]
    blob = raw(case["blob"])
    assert custody.plain_of(key, body, part, blob) == raw(case["object"])
    assert len(blob) > len(raw(case["object"])) + 56
    refused("stream-mismatch", custody.plain_of, key, body, part, blob[:-1])
    refused("stream-mismatch", custody.plain_of, key, body, part | {"number": 2}, blob)


@pytest.mark.parametrize("case", OBJECT["refused_manifests"], ids=lambda case: case["why"])
def test_a_manifest_that_is_refused(case):
    ids = (case["house"], case["customer"], case["object_version"])
    refused(case["code"], custody.open_manifest, raw(case["data_key"]), *ids, raw(case["wrapped"]))


def test_marks_of_a_local_store():
    case = read_vectors("custody", "store_mark")
    place = (bytes.fromhex(case["mac_key"]), case["house"], case["location"])
    assert [custody.disk_of(name, *place) for _, name in case["marks"]] == [n for n, _ in case["marks"]]
    assert not any(custody.disk_of(name, *place) for name in case["none"])


def test_an_order_of_preservation_and_what_rests_of_it():
    case = read_vectors("custody", "preservation")
    assert custody.order_hash(case["order"]["canonical"]).hex() == case["order"]["hash"]
    mac = bytes.fromhex(case["mac_key"])
    assert all(custody.preservation_tag(mac, words) == tag for words, tag in case["tags"])
    sealed = case["sealed"]
    raw_sealed = bytes.fromhex(sealed["raw"])
    assert custody.open_preservation(mac, case["house"], sealed["subject"], raw_sealed) == sealed["plain"]
    refused("wrap-mismatch", custody.open_preservation, mac, case["house"], "row/other", raw_sealed)
    wraps = (bytes.fromhex(case["case_key"]), bytes.fromhex(case["second_wrap"]))
    at = (bytes.fromhex(case["root"]), case["house"], case["customer"])
    opened = custody.open_preserved(*at, (case["case"], case["version"]), wraps)
    assert opened.hex() == case["data_key"]
    refused("wrap-mismatch", custody.open_preserved, *at, (case["version"], case["case"]), wraps)
