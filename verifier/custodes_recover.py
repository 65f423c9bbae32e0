#!/usr/bin/env python3
"""Read a customer's exported objects without Custodes: with Python 3.11, `cryptography` and this file.

It shares no code with Custodes. What it needs, and where it comes from:

  the sheets   what `custodes export take` wrote, opened with the customer's own age identity:
               `age --decrypt --identity key.txt sheet-00001.age`
  the blobs    a copy of the store's objects, as they are: what lies in the customer's bucket in the cloud
               (`xy/blb-...`), fetched with any client

    age -d -i key.txt sheet-*.age | custodes_recover.py --blobs FOLDER --out FOLDER
    custodes_recover.py --blobs FOLDER --check sheet.jsonl ...     read everything, write nothing

Each object version is opened by its data key, its manifest is checked against it, and every segment of every
part has its own tag: a byte that was changed, is missing, or belongs elsewhere, is an error, and nothing of
that version is left behind. A line is printed for each version; the exit code is 0 when all could be read,
1 when some could not, 2 when a sheet or the command line cannot be understood.

Written are the current versions under their names; `--all-versions` writes older ones too, as NAME.VERSION.
A name that no file system takes is written as `%XX` for what is odd in it.
"""

import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import re
import sys
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEGMENT, TAG, HEADER, SALT = 65_536, 16, 40, 32
PLAIN = SEGMENT - TAG  # plain bytes of a segment; the first one has HEADER fewer
SHEET = "custodes/export-sheet/v1"
PART_NAME = 200  # longest name of a file or folder that is written, in bytes
ODD = '%\\:*?"<>|'


class Unreadable(Exception):  # noqa: N818 - it is a finding
    """This version cannot be had back; says why."""


# ------------------------------------------------------------------------------------ 1. spelling
def canonical(value):
    """The one spelling of a JSON value: RFC 8785 without floating point."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def unb64(text):
    return base64.b64decode(text.encode("ascii"), validate=True)


# ------------------------------------------------------- 2. keys: docs/formats/wrap.md and object.md
def hkdf512(key, salt, info, length):
    return HKDF(hashes.SHA512(), length, salt, info).derive(key)


def open_manifest(data_key, head, version, stored):
    """The manifest, opened with the data key and checked against it."""
    key = hkdf512(data_key, version.encode(), b"custodes/object/manifest/v1", 32)
    where = {
        "label": "custodes/wrap/v1",
        "house": head["house"],
        "customer": head["customer"],
        "key": "",
        "version": 0,
        "purpose": "manifest",
        "subject": version,
    }
    if len(stored) < 81 or stored[0] != 1:
        raise Unreadable("the manifest has another form")
    okm = hkdf512(key, stored[1:33], canonical(where), 64)
    if not hmac.compare_digest(okm[32:], stored[33:65]):
        raise Unreadable("the manifest is not this version's")
    try:
        manifest = json.loads(AESGCM(okm[:32]).decrypt(bytes(12), stored[65:], None))
    except InvalidTag:
        raise Unreadable("the manifest was changed") from None
    own = (manifest["house"], manifest["customer"], manifest["object_version"])
    if manifest["format"] != "custodes/manifest/v1" or own != (head["house"], head["customer"], version):
        raise Unreadable("the manifest is of something else")
    commitment = hkdf512(data_key, version.encode(), b"custodes/object/commit/v1", 32)
    if not hmac.compare_digest(commitment, unb64(manifest["commitment"])):
        raise Unreadable("the manifest is committed to another key")
    return manifest


# --------------------------------------------------------------- 3. the stream of a part (Tink's own)
def cipher_bytes(plain):
    return plain + HEADER + TAG * max(1, -(-(plain + HEADER) // PLAIN))


def plain_pieces(data_key, manifest, part, blob):
    """The plain bytes of one part, piece by piece, each checked; without its padding."""
    left = part["plain_bytes"]
    whole = left + part["padding_bytes"]
    if os.fstat(blob.fileno()).st_size != part["cipher_bytes"] or part["cipher_bytes"] != cipher_bytes(whole):
        raise Unreadable(f"part {part['number']}: another length")
    header = blob.read(HEADER)
    if header != unb64(part["header"]) or header[0] != HEADER:
        raise Unreadable(f"part {part['number']}: another stream")
    origin = manifest["origin"]
    bound = {
        "attempt": part["blob"],
        "bucket": origin["bucket"],
        "customer": manifest["customer"],
        "format": "custodes/object/v1",
        "house": manifest["house"],
        "object_version": origin["object_version"],
        "part": part["number"],
    }
    key = HKDF(hashes.SHA256(), 32, header[1 : 1 + SALT], canonical(bound)).derive(data_key)
    box, prefix = AESGCM(key), header[1 + SALT :]
    last = max(1, -(-(whole + HEADER) // PLAIN)) - 1
    for number in range(last + 1):
        sealed = blob.read(SEGMENT - (HEADER if number == 0 else 0))
        nonce = prefix + number.to_bytes(4, "big") + bytes([number == last])
        try:
            plain = box.decrypt(nonce, sealed, None)
        except InvalidTag:
            raise Unreadable(f"part {part['number']}: segment {number} was changed") from None
        yield plain[:left]
        left = max(0, left - len(plain))


# ------------------------------------------------------------------------------------ 4. one version
SUMS = {
    "CRC32": lambda: _Crc(),  # noqa: PLW0108 - it is defined below
    "SHA1": hashlib.sha1,
    "SHA256": hashlib.sha256,
}


class _Crc:
    """CRC-32 in the form of hashlib."""

    def __init__(self):
        self.value = 0

    def update(self, data):
        self.value = zlib.crc32(data, self.value)

    def digest(self):
        return self.value.to_bytes(4, "big")


def find_blob(folders, name):
    """A blob where a store has it (`xy/blb-...`), or beside one another."""
    if not re.fullmatch(r"blb-[0-9a-z]{26}", name):
        raise Unreadable("a blob's id has another form")
    for folder in folders:
        for path in (folder / name[-2:] / name, folder / name):
            if path.is_file():
                return path
    raise Unreadable(f"blob {name} is not there")


def recover(head, line, folders, write):
    """Read one version whole and hand its pieces to `write`; the manifest."""
    data_key = unb64(line["data_key"])
    manifest = open_manifest(data_key, head, line["version"], unb64(line["manifest"]))
    numbers = [part["number"] for part in manifest["parts"]]
    if numbers != sorted(set(numbers)) or not numbers:
        raise Unreadable("its parts are out of order")
    if sum(part["plain_bytes"] for part in manifest["parts"]) != line["size"]:
        raise Unreadable("another size than the sheet says")
    whole = manifest["checksum_type"] == "FULL_OBJECT" or len(numbers) == 1
    sums = {name: SUMS[name]() for name in manifest["checksums"] if name in SUMS and whole}
    if manifest["checksum_type"] == "COMPOSITE":
        sums = {}
    for part in manifest["parts"]:
        with find_blob(folders, part["blob"]).open("rb") as blob:
            for piece in plain_pieces(data_key, manifest, part, blob):
                for each in sums.values():
                    each.update(piece)
                write(piece)
    for name, each in sums.items():
        if base64.b64encode(each.digest()).decode() != manifest["checksums"][name]:
            raise Unreadable(f"another {name}")
    return manifest


# ------------------------------------------------------------------------------------ 5. files
def safe(name):
    """The folders and the file for an object's name: no way out, nothing that a file system refuses."""
    parts = []
    for part in name.split("/"):
        text = "".join(c if c.isprintable() and c not in ODD else quoted(c) for c in part)
        if text.strip(". ") == "":
            text = quoted(part) or "%"
        while len(text.encode()) > PART_NAME:
            parts.append(text[: PART_NAME // 4] + "%")
            text = text[PART_NAME // 4 :]
        parts.append(text)
    return parts


def quoted(text):
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def place(out, parts):
    """The path itself. Where `a` and `a/b` are both names, the folder or the file becomes `a%`."""
    folder = out
    for part in parts[:-1]:
        folder = folder / part
        if folder.is_file():
            folder = folder.with_name(f"{part}%")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / parts[-1]
    return target.with_name(f"{parts[-1]}%") if target.is_dir() else target


def write_out(head, line, folders, target):
    """Into a file beside the target first: a version that breaks off leaves nothing."""
    new = target.with_name(target.name[: PART_NAME // 4] + "%new")
    try:
        with new.open("xb") as file:
            recover(head, line, folders, file.write)
        new.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()


def sheets(files):
    """(head, line) of every version of every sheet."""
    for file in files:
        head = None
        for number, raw in enumerate(file, 1):
            try:
                line = json.loads(raw)
                if "v" in line:
                    if line["v"] != SHEET:
                        raise ValueError(line["v"])
                    head = {name: str(line[name]) for name in ("house", "customer", "bucket", "name")}
                    continue
                if head is None or not isinstance(line["name"], str) or not isinstance(line["version"], str):
                    raise ValueError("no head")
            except (ValueError, KeyError, TypeError) as error:
                sys.stderr.write(f"line {number} is not a sheet's: {error}\n")
                raise SystemExit(2) from None
            yield head, line


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Read exported objects without Custodes.")
    parser.add_argument("sheets", nargs="*", type=pathlib.Path, help="opened sheets; standard input if none")
    parser.add_argument(
        "--blobs", action="append", type=pathlib.Path, required=True, help="a copy of a store"
    )
    parser.add_argument("--out", type=pathlib.Path, help="where the files go: OUT/BUCKET/NAME")
    parser.add_argument("--check", action="store_true", help="read everything, write nothing")
    parser.add_argument("--all-versions", action="store_true", help="older versions too, as NAME.VERSION")
    asked = parser.parse_args(arguments)
    if (asked.out is None) is not asked.check:
        parser.error("give either --out FOLDER or --check")
    files = [path.open("rb") for path in asked.sheets] or [sys.stdin.buffer]
    read = failed = skipped = 0
    seen = set()
    for head, line in sheets(files):
        name = (head["bucket"], line["name"])
        is_latest = name not in seen  # the newest of a name comes first
        seen.add(name)
        if line.get("marker"):
            continue
        if not is_latest and not asked.all_versions and not asked.check:
            skipped += 1
            continue
        shown = f"{head['name']}/{line['name']}"
        try:
            if asked.check:
                recover(head, line, asked.blobs, lambda _piece: None)
            else:
                parts = [*safe(head["name"]), *safe(line["name"])]
                if not is_latest:
                    parts[-1] += f".{line['version']}"
                target = place(asked.out, parts)
                write_out(head, line, asked.blobs, target)
        except (Unreadable, OSError, ValueError, KeyError, TypeError) as error:
            failed += 1
            print(f"FAILED  {shown!a}  {line['version']}: {error}")
        else:
            read += 1
            print(f"read    {shown!a}  {line['version']}  {line['size']} bytes")
    print(f"{read} read, {failed} failed, {skipped} older versions left out")
    return 1 if failed or not read else 0


if __name__ == "__main__":
    sys.exit(main())
