"""The committed vectors of custody, read by a second implementation written from docs/formats alone.

It shares no code with the package: `json.dumps` for the canonical form, the library's HKDF and AES-GCM.
"""

import base64
import hashlib
import hmac
import importlib.util
import json
from pathlib import Path

import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FOLDER = Path(__file__).parents[1] / "vectors"
NAMES = ["hierarchy.json", "holder.json", "message.json", "object.json", "token-wrap.json", "wrap.json"]


def read(name):
    return json.loads((FOLDER / "custody" / name).read_text("ascii"))


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def unwrap(kek, context, wrapped):
    """docs/formats/wrap.md; None where it must not open."""
    if len(wrapped) < 81 or wrapped[0] != 1:
        return None
    info = canonical(context | {"label": "custodes/wrap/v1"})
    okm = HKDF(hashes.SHA512(), 64, wrapped[1:33], info).derive(kek)
    if okm[32:] != wrapped[33:65]:
        return None
    try:
        return AESGCM(okm[:32]).decrypt(bytes(12), wrapped[65:], None)
    except InvalidTag:
        return None


def token_unwrap(root, context, wrapped):
    """docs/formats/wrap.md, "Wrap v2"; None where it must not open."""
    if len(wrapped) < 81 or wrapped[0] != 2:
        return None
    info = canonical(context | {"label": "custodes/wrap/v1"})
    okm = hmac.new(root, b"custodes/token-wrap/v1\n" + wrapped[1:33] + info, "sha512").digest()
    if okm[32:] != wrapped[33:65]:
        return None
    try:
        return AESGCM(okm[:32]).decrypt(bytes(12), wrapped[65:], None)
    except InvalidTag:
        return None


def context(row, purpose, subject, **more):
    base = {"house": row["house"], "customer": "", "key": "", "version": 0}
    return base | {"purpose": purpose, "subject": subject} | more


def test_they_have_not_changed():
    spec = importlib.util.spec_from_file_location("make_custody", FOLDER / "make_custody.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    made = make.vectors()
    assert sorted(made) == NAMES == sorted(path.name for path in (FOLDER / "custody").iterdir())
    for name, text in made.items():
        assert text == (FOLDER / "custody" / name).read_text("ascii"), name


@pytest.mark.parametrize("case", read("wrap.json")["open"], ids=lambda case: case["context"]["purpose"])
def test_wraps_open(case):
    assert canonical(case["context"] | {"label": "custodes/wrap/v1"}) == case["info"].encode()
    opened = unwrap(bytes.fromhex(case["kek"]), case["context"], bytes.fromhex(case["wrapped"]))
    assert opened.hex() == case["secret"]


@pytest.mark.parametrize("case", read("wrap.json")["refused"], ids=lambda case: case["why"])
def test_wraps_that_must_not_open(case):
    assert unwrap(bytes.fromhex(case["kek"]), case["context"], bytes.fromhex(case["wrapped"])) is None


def test_wraps_by_a_token():
    cases = read("token-wrap.json")
    for case in cases["open"]:
        opened = token_unwrap(bytes.fromhex(case["root"]), case["context"], bytes.fromhex(case["wrapped"]))
        assert opened.hex() == case["secret"]
    for case in cases["refused"]:
        opened = token_unwrap(bytes.fromhex(case["root"]), case["context"], bytes.fromhex(case["wrapped"]))
        assert opened is None, case["why"]


def test_the_walk_from_the_holders_root_to_a_data_key():
    row = read("hierarchy.json")
    raw = bytes.fromhex
    holder_root, key = raw(row["holder_root"]), row["key"]
    for name, one in row["house_keys"].items():
        assert (
            unwrap(holder_root, context(row, "house-key", name), raw(one["wrapped"])).hex() == one["secret"]
        )
    cus = {"customer": row["customer"]}
    root = unwrap(
        holder_root,
        context(row, "customer-root", row["customer"], **cus),
        raw(row["customer_root"]["wrapped"]),
    )
    assert root.hex() == row["customer_root"]["secret"]
    at = context(row, "key-version", key, **cus, key=key, version=1)
    material = unwrap(root, at, raw(row["key_version"]["wrapped"]))
    assert material.hex() == row["key_version"]["secret"]
    keks = {}
    for one in row["shred"]:
        n = one["generation"]
        secret = unwrap(root, context(row, "shred", row["customer"], **cus, version=n), raw(one["wrapped"]))
        assert secret.hex() == one["secret"]
        info = {"label": "custodes/page-kek/v1", "house": row["house"], "key": key, "shred": n, "version": 1}
        keks[n] = HKDF(hashes.SHA512(), 32, None, canonical(info | cus)).derive(material + secret)
        assert keks[n].hex() == one["page_kek"]
    for one in row["pages"]:
        n = one["generation"]
        at = context(row, "page", f"{row['page']}/{n}", **cus, key=key, version=1)
        page_key = unwrap(keks[one["shred"]], at, raw(one["wrapped"]))
        assert page_key.hex() == one["secret"]
        at = context(row, "object", row["subject"], **cus, key=key, version=n)
        assert unwrap(page_key, at, raw(one["subject_key"])).hex() == row["data_key"]
    kek = raw(row["house_keys"]["credential"]["secret"])
    credential = row["credential"]
    at = context(row, "credential", credential["id"])
    assert unwrap(kek, at, raw(credential["wrapped"])).hex() == credential["secret"]


@pytest.mark.parametrize("case", read("message.json"), ids=lambda case: str(case["version"]))
def test_message_tokens(case):
    token = bytes.fromhex(case["token"])
    assert token[:5] == b"\x01" + case["version"].to_bytes(4, "big")
    at = {name: case[name] for name in ("house", "customer", "key", "version")}
    at |= {"purpose": "external", "subject": hashlib.sha256(bytes.fromhex(case["context"])).hexdigest()}
    assert unwrap(bytes.fromhex(case["material"]), at, token[5:]).hex() == case["message"]


def stream(data_key, associated, plain, header):
    """docs/formats/object.md, the writer's side."""
    aes = AESGCM(HKDF(hashes.SHA256(), 32, header[1:33], associated).derive(data_key))
    out, at, number, room = header, 0, 0, 65_536 - 16 - 40
    while True:
        piece, is_last = plain[at : at + room], at + room >= len(plain)
        nonce = header[33:] + number.to_bytes(4, "big") + bytes([is_last])
        out += aes.encrypt(nonce, piece, None)
        if is_last:
            return out
        at, number, room = at + room, number + 1, 65_520


@pytest.mark.parametrize("case", read("object.json")["streams"], ids=lambda case: str(case["plain_bytes"]))
def test_streams(case):
    plain = bytes((i * 31 + i // 251) % 256 for i in range(case["plain_bytes"]))
    header = bytes.fromhex(case["header"])
    cipher = stream(bytes.fromhex(case["data_key"]), case["associated"].encode(), plain, header)
    assert canonical(json.loads(case["associated"])).decode() == case["associated"]
    assert len(cipher) == case["cipher_bytes"]
    assert hashlib.sha256(cipher).hexdigest() == case["cipher_sha256"]
    assert case["cipher"] in (None, cipher.hex())


@pytest.mark.parametrize("case", read("object.json")["ranges"], ids=lambda case: str(case["first"]))
def test_ranges(case):
    """Segment of a plain byte, counted one by one."""
    bounds = [0, 65_480]
    while bounds[-1] < case["plain_bytes"]:
        bounds.append(min(bounds[-1] + 65_520, case["plain_bytes"]))
    first = max(n for n in range(len(bounds) - 1) if bounds[n] <= case["first"])
    last = max(n for n in range(len(bounds) - 1) if bounds[n] <= case["last"])
    ends = 40 + bounds[last + 1] + 16 * (last + 1) - 1
    assert case["first_segment"] == first
    assert case["skip"] == case["first"] - bounds[first]
    assert case["cipher_first"] == (40 if first == 0 else 65_536 * first)
    assert case["cipher_last"] == ends


def test_the_manifest():
    case = read("object.json")["manifest"]
    data_key, salt = bytes.fromhex(case["data_key"]), case["object_version"].encode()
    key = HKDF(hashes.SHA512(), 32, salt, b"custodes/object/manifest/v1").derive(data_key)
    at = context(case, "manifest", case["object_version"], customer=case["customer"])
    plain = unwrap(key, at, bytes.fromhex(case["wrapped"])).decode()
    assert plain == case["plain"]
    assert canonical(json.loads(plain)).decode() == plain
    commit = HKDF(hashes.SHA512(), 32, salt, b"custodes/object/commit/v1").derive(data_key)
    assert commit.hex() == case["commitment"]
    assert base64.b64decode(json.loads(plain)["commitment"]) == commit


@pytest.mark.parametrize("case", read("holder.json"), ids=lambda case: json.loads(case["file"])["kind"])
def test_holder_files(case):
    body = json.loads(case["file"])
    assert canonical(body).decode() == case["file"]
    if body["kind"] == "keyfile":
        assert base64.b64decode(body["root"]).hex() == case["root"]
        return
    kdf = body["kdf"]
    stretched = hash_secret_raw(
        case["passphrase"].encode(),
        base64.b64decode(kdf["salt"]),
        kdf["passes"],
        kdf["memory_kib"],
        kdf["lanes"],
        64,
        Type.ID,
        kdf["version"],
    )
    info = canonical({"holder": body["holder"], "kdf": kdf, "label": "custodes/holder-file/v1"})
    okm = HKDF(hashes.SHA512(), 64, None, info).derive(stretched)
    assert base64.b64decode(body["check"]) == okm[32:]
    at = context({"house": ""}, "holder-root", body["holder"])
    assert unwrap(okm[:32], at, base64.b64decode(body["wrapped"])).hex() == case["root"]
