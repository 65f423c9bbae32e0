"""docs/formats/wrap.md, object.md, file-key.md, external-message.md, store-mark.md."""

import hmac
import re
import unicodedata
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .spelling import No, b64, read, shaped, unb64, write

PURPOSES = {
    "holder-root",
    "house-key",
    "customer-root",
    "key-version",
    "shred",
    "page",
    "object",
    "record",
    "record-person",
    "manifest",
    "metadata",
    "credential",
    "file-key",
    "external",
    "log-key",
    "slot",
    "name",
    "session",
    "preservation",
    "backup",
    "grant",
    "share",
    "fold",
    "private-key",
    "leaves",
    "veil",
}


def hkdf512(ikm, salt, info, length):
    return HKDF(hashes.SHA512(), length, salt, info).derive(ikm)


def context(house="", customer="", key="", version=0, *, purpose, subject):
    return {
        "house": house,
        "customer": customer,
        "key": key,
        "version": version,
        "purpose": purpose,
        "subject": subject,
    }


def unwrap(kek, where, wrapped):
    if len(wrapped) < 81 or wrapped[0] != 1 or where["purpose"] not in PURPOSES:
        raise No("wrap-mismatch")
    okm = hkdf512(kek, wrapped[1:33], write(where | {"label": "custodes/wrap/v1"}), 64)
    if not hmac.compare_digest(okm[32:], wrapped[33:65]):
        raise No("wrap-mismatch")
    try:
        return AESGCM(okm[:32]).decrypt(bytes(12), wrapped[65:], None)
    except InvalidTag as error:
        raise No("wrap-mismatch") from error


def token_unwrap(root, where, wrapped):
    """Wrap v2: the first step is the token's."""
    if (
        len(wrapped) < 81
        or wrapped[0] != 2
        or where["purpose"] not in {"house-key", "customer-root", "backup"}
    ):
        raise No("wrap-mismatch")
    message = b"custodes/token-wrap/v1\n" + wrapped[1:33] + write(where | {"label": "custodes/wrap/v1"})
    okm = hmac.digest(root, message, "sha512")
    if not hmac.compare_digest(okm[32:], wrapped[33:65]):
        raise No("wrap-mismatch")
    try:
        return AESGCM(okm[:32]).decrypt(bytes(12), wrapped[65:], None)
    except InvalidTag as error:
        raise No("wrap-mismatch") from error


def page_kek(house, customer, key, *, version, material, shred, shred_key):
    info = {
        "customer": customer,
        "house": house,
        "key": key,
        "label": "custodes/page-kek/v1",
        "shred": shred,
        "version": version,
    }
    return hkdf512(material + shred_key, None, write(info), 32)


def open_external(ids, materials, aad, parts):
    """external-message.md: `parts` are mark, iv, ciphertext and tag; `materials` by key version."""
    mark, iv, ciphertext, tag = parts
    version = int.from_bytes(mark[1:4], "big")
    if len(mark) != 20 or mark[0] != 1 or version not in materials:
        raise No("message-mismatch")
    if len(iv) != 12 or len(tag) != 16:
        raise No("message-mismatch")
    info = write(["custodes/xks/v1", *ids, version])
    okm = HKDF(hashes.SHA512(), 64, mark[4:] + iv, info).derive(materials[version])
    data = len(aad).to_bytes(2, "big") + aad + b"\x14" + mark
    try:
        return AESGCM(okm[:32]).decrypt(iv, ciphertext + tag, data)
    except InvalidTag:
        raise No("message-mismatch") from None


def open_message(house, customer, key, materials, caller_context, token):
    """`materials`: by version."""
    if len(token) < 5 or token[0] != 1 or int.from_bytes(token[1:5], "big") not in materials:
        raise No("token-mismatch")
    version = int.from_bytes(token[1:5], "big")
    subject = sha256(caller_context).hexdigest()
    where = context(house, customer, key, version, purpose="external", subject=subject)
    try:
        return unwrap(materials[version], where, token[5:])
    except No as no:
        raise No("token-mismatch") from no


def stretched(passphrase, kdf, info, code):
    shaped(kdf, {"lanes", "memory_kib", "name", "passes", "salt", "version"}, code)
    fits = (kdf["name"], kdf["version"]) == ("argon2id", 19)
    fits &= 65_536 <= kdf["memory_kib"] <= 1_048_576 and 3 <= kdf["passes"] <= 16 and 1 <= kdf["lanes"] <= 16
    if not fits:
        raise No(code)
    salt = unb64(kdf["salt"], 16, code)
    derived = Argon2id(
        salt=salt, length=64, iterations=kdf["passes"], lanes=kdf["lanes"], memory_cost=kdf["memory_kib"]
    ).derive(unicodedata.normalize("NFC", passphrase).encode())
    okm = hkdf512(derived, None, write(info), 64)
    return okm[:32], okm[32:]


def holder_root(raw, passphrase):
    code = "holder-file"
    body = read(raw, code, 131_072)
    if body.get("format") != "custodes/holder-file/v1":
        raise No(code)
    if body.get("kind") == "keyfile":
        shaped(body, {"format", "holder", "kind", "root"}, code)
        if passphrase:
            raise No("wrong-secret")
        return unb64(body["root"], 32, code)
    shaped(body, {"check", "format", "holder", "kdf", "kind", "wrapped"}, code)
    info = {"holder": body["holder"], "kdf": body["kdf"], "label": body["format"]}
    kek, check = stretched(passphrase, body["kdf"], info, code)
    if not hmac.compare_digest(check, unb64(body["check"], 32, code)):
        raise No("wrong-secret")
    where = context(purpose="holder-root", subject=body["holder"])
    return unwrap(kek, where, unb64(body["wrapped"], code=code))


def file_key(raw, passphrase):
    """The opened Ed25519 key."""
    code = "bad-file-key"
    body = read(raw, code, 4_096)
    if body.get("format") != "custodes/file-key/v1":
        raise No(code)
    if body.get("kind") == "plain":
        shaped(body, {"format", "kind", "public", "seed"}, code)
        seed = unb64(body["seed"], 32, code)
    else:
        shaped(body, {"check", "format", "kdf", "kind", "public", "wrapped"}, code)
        info = {"kdf": body["kdf"], "label": body["format"], "public": body["public"]}
        kek, check = stretched(passphrase, body["kdf"], info, code)
        if not hmac.compare_digest(check, unb64(body["check"], 32, code)):
            raise No("wrong-passphrase")
        where = context(purpose="file-key", subject=body["public"])
        seed = unwrap(kek, where, unb64(body["wrapped"], code=code))
    key = Ed25519PrivateKey.from_private_bytes(seed)
    if b64(key.public_key().public_bytes_raw()) != body["public"]:
        raise No(code)
    return key


# ---------------------------------------------------------------------------------------------- object.md
def segments(stream_bytes):
    return max(1, -(-(stream_bytes + 40) // 65_520))


def cipher_bytes(stream_bytes):
    return stream_bytes + 40 + 16 * segments(stream_bytes)


def stream_bytes(cipher):
    count = -(-cipher // 65_536)
    plain = cipher - 40 - 16 * count
    if plain < 0 or cipher_bytes(plain) != cipher:
        raise No("stream-mismatch")
    return plain


def open_stream(data_key, associated, blob):
    stream_bytes(len(blob))
    if blob[0] != 0x28:
        raise No("stream-mismatch")
    return b"".join(open_segments(data_key, associated, blob[:40], len(blob), 0, blob[40:]))


def open_segments(data_key, associated, header, blob_bytes, first, cipher):
    """Segments from number `first` on, as far as `cipher` (without the header) goes."""
    aes = AESGCM(HKDF(hashes.SHA256(), 32, header[1:33], associated).derive(data_key))
    last = segments(stream_bytes(blob_bytes)) - 1
    number = first
    while number == first or cipher:
        room = 65_536 - (40 if number == 0 else 0)
        nonce = header[33:40] + number.to_bytes(4, "big") + bytes([number == last])
        try:
            yield aes.decrypt(nonce, cipher[:room], None)
        except (InvalidTag, ValueError) as error:
            raise No("stream-mismatch") from error
        cipher, number = cipher[room:], number + 1


def object_child(data_key, object_version, what):
    return hkdf512(data_key, object_version.encode(), f"custodes/object/{what}/v1".encode(), 32)


MANIFEST = {
    "checksum_type",
    "checksums",
    "commitment",
    "content_type",
    "customer",
    "etag",
    "format",
    "headers",
    "house",
    "key",
    "key_version",
    "location",
    "metadata",
    "object_version",
    "origin",
    "parts",
    "written_at",
}
PART = {"blob", "checksums", "cipher_bytes", "header", "number", "padding_bytes", "plain_bytes"}


def open_manifest(data_key, house, customer, object_version, stored):
    code = "manifest-mismatch"
    where = context(house, customer, purpose="manifest", subject=object_version)
    raw = unwrap(object_child(data_key, object_version, "manifest"), where, stored)
    body = shaped(read(raw, code, 4 * 1_048_576), MANIFEST, code)
    named = (body["format"], body["house"], body["customer"], body["object_version"])
    if named != ("custodes/manifest/v1", house, customer, object_version):
        raise No(code)
    commitment = object_child(data_key, object_version, "commit")
    if not hmac.compare_digest(unb64(body["commitment"], 32, code), commitment):
        raise No("commitment-mismatch")
    shaped(body["origin"], {"bucket", "object_version"}, code)
    numbers = [shaped(one, PART, code)["number"] for one in body["parts"]]
    sound = 1 <= len(numbers) <= 10_000 and numbers == sorted(set(numbers)) and numbers[0] >= 1
    sound &= len({one["blob"] for one in body["parts"]}) == len(numbers)
    for one in body["parts"]:
        sound &= one["plain_bytes"] >= 0 and one["padding_bytes"] >= 0
        sound &= len(unb64(one["header"], code=code)) == 40
        sound &= one["cipher_bytes"] == cipher_bytes(one["plain_bytes"] + one["padding_bytes"])
    if not sound:
        raise No(code)
    return body


def associated(manifest, part):
    return write(
        {
            "attempt": part["blob"],
            "bucket": manifest["origin"]["bucket"],
            "customer": manifest["customer"],
            "format": "custodes/object/v1",
            "house": manifest["house"],
            "object_version": manifest["origin"]["object_version"],
            "part": part["number"],
        }
    )


def plain_of(data_key, manifest, part, blob):
    """A part's own bytes: the padding is checked with the rest and not given out."""
    if len(blob) != part["cipher_bytes"] or b64(blob[:40]) != part["header"]:
        raise No("stream-mismatch")
    return open_stream(data_key, associated(manifest, part), blob)[: part["plain_bytes"]]


def disk_of(name, mac_key, house, location):
    """docs/formats/store-mark.md: the number of a mark of this place, or 0."""
    found = re.fullmatch(r"\.store-([1-9][0-9]*)-([0-9a-f]{64})", name, re.ASCII)
    if found is None or int(found[1]) > 1_000_000:
        return 0
    content = write(["custodes/store-mark/v1", house, location, int(found[1])])
    return int(found[1]) if hmac.new(mac_key, content, "sha256").hexdigest() == found[2] else 0


def order_hash(text):
    """Hash of the canonical text of an order of preservation."""
    return sha256(b"custodes.preservation/v1\n" + text.encode()).digest()


def preservation_tag(mac_key, words):
    """By what a row of a preservation is found."""
    said = write(["custodes/preservation-tag/v1", *words])
    return hmac.new(mac_key, said, "sha256").hexdigest()


def open_preservation(mac_key, house, subject, sealed):
    """What rests sealed of a preservation."""
    kek = hmac.new(mac_key, b"custodes/preservation-seal/v1", "sha256").digest()
    text = unwrap(kek, context(house, purpose="preservation", subject=subject), sealed)
    assert len(text) % 2_048 == 0
    return read(text)["plain"]


def open_preserved(root, house, customer, ids, wraps):
    """A data key out of its second wrap; `ids` are case and version, `wraps` the case's key and that one."""
    where = [context(house, customer, "", 1, purpose="preservation", subject=one) for one in ids]
    return unwrap(unwrap(root, where[0], wraps[0]), where[1], wraps[1])
