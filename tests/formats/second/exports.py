"""docs/formats/export.md: a sheet's plain text, and what each of its lines opens."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime

from .custody import open_manifest, plain_of
from .spelling import No, is_id, read, shaped, unb64, write

HEAD = {"bucket", "customer", "entry", "export", "house", "name", "stores", "v"}
MARKER = {"at", "is_null", "marker", "name", "sequence", "version"}
VERSION = {"at", "blobs", "data_key", "is_null", "manifest", "name", "sequence", "size", "version"}
STATE = {"forged", "held", "retention", "sse", "tags"}
BEGIN = {"buckets", "customer", "days", "house", "location", "reason", "recipient", "v"}
NO = "not-a-sheet"
SUMS = {
    "CRC32": lambda raw: zlib.crc32(raw).to_bytes(4, "big"),
    "SHA1": lambda raw: hashlib.sha1(raw, usedforsecurity=False).digest(),
    "SHA256": lambda raw: hashlib.sha256(raw).digest(),
}


def begun(document):
    """What two people signed, and its hash."""
    body = shaped(read(document, NO), BEGIN, NO)
    sound = body["v"] == "custodes/export/v1" and is_id("hse", body["house"])
    sound &= is_id("cus", body["customer"]) and is_id("loc", body["location"]) and 1 <= body["days"] <= 90
    if not sound or not isinstance(body["buckets"], list):
        raise No(NO)
    return body, hashlib.sha256(document).hexdigest()


def sheet(plain):
    """Head and lines of one sheet."""
    if not plain.endswith(b"\n"):
        raise No(NO)
    head, *lines = [read(line, NO) for line in plain[:-1].split(b"\n")]
    shaped(head, HEAD, NO)
    nouns = {"house": "hse", "customer": "cus", "export": "exp", "bucket": "bkt"}
    sound = head["v"] == "custodes/export-sheet/v1" and len(lines) <= 500
    sound &= all(is_id(noun, head[name]) for name, noun in nouns.items())
    stores = {shaped(one, {"location", "uri"}, NO)["location"] for one in head["stores"]}
    places = [line_of(line, stores) for line in lines]
    if not sound or places != sorted(set(places)):
        raise No(NO)
    return head, lines


def line_of(line, stores):
    """Its place in the order of lines."""
    if not isinstance(line, dict):
        raise No(NO)
    if "marker" in line:
        shaped(line, MARKER, NO)
        sound = line["marker"] is True
    else:
        shaped(line, VERSION | ({"state"} & set(line)), NO)
        sound = not {at for _, at in line["blobs"]} - stores and line["size"] >= 0
        sound &= all(is_id("blb", blob) for blob, _ in line["blobs"])
        state = line.get("state", {"forged": True})
        sound &= isinstance(state, dict) and bool(state) and not set(state) - STATE
        sound &= state.get("held", True) is True and state.get("forged", True) is True
    sound &= is_id("ver", line["version"]) and type(line["is_null"]) is bool and line["name"] != ""
    if not sound or type(line["sequence"]) is not int or instant(line["at"]).tzinfo is None:
        raise No(NO)
    return line["name"].encode(), -line["sequence"]


def instant(text):
    """RFC 3339 in UTC, with or without a fraction."""
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except (AttributeError, ValueError) as error:
        raise No(NO) from error


def content(head, line, kept):
    """The bytes of one version; `kept`: the stores' files by their path."""
    data_key = unb64(line["data_key"], 32, NO)
    ids = (head["house"], head["customer"], line["version"])
    manifest = open_manifest(data_key, *ids, unb64(line["manifest"], code=NO))
    if sum(part["plain_bytes"] for part in manifest["parts"]) != line["size"]:
        raise No("manifest-mismatch")
    there = {blob for blob, _ in line["blobs"]}
    pieces = []
    for part in manifest["parts"]:
        blob = part["blob"]
        if blob not in there or f"{blob[-2:]}/{blob}" not in kept:
            raise No("blob-absent")
        pieces.append(plain_of(data_key, manifest, part, kept[f"{blob[-2:]}/{blob}"]))
    whole = b"".join(pieces)
    if manifest["checksum_type"] == "FULL_OBJECT":
        for name, value in manifest["checksums"].items():
            if name in SUMS and base64.b64encode(SUMS[name](whole)).decode() != value:
                raise No("checksum-differs")
    return whole


def respelt(head, lines):
    """The same sheet, written again."""
    return b"".join(write(one) + b"\n" for one in (head, *lines))
