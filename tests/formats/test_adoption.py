"""The manifest of an adoption as docs/formats/adoption.md says, read with nothing but the page."""

import base64
import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from formats.vectors import maker, read_vectors

VECTOR = read_vectors("adoption", "manifest")


def checked(lines, note, vkey):
    """How many objects the manifest names, after every check of the page."""
    text, _, signatures = note.partition("\n\n")
    first, _, _, count, digest = text.split("\n")
    assert first in ("custodes/adoption/v1", "custodes/restoration/v1")
    name, key_id, key = vkey.split("+", 2)
    (line,) = [one for one in signatures.splitlines() if one.startswith(f"\u2014 {name} ")]
    raw = base64.b64decode(line.split(" ")[2])
    assert raw[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(raw[4:], f"{text}\n".encode())
    assert base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode() == digest
    assert len(lines) == int(count)
    said = [json.loads(one) for one in lines]
    names = [(one["name"].encode(), one.get("sequence")) for one in said]
    assert names == sorted(set(names))
    return len(names)


def test_the_vector_is_what_is_written_today():
    assert maker("adoption").made() == VECTOR


def test_the_page_is_enough_to_check_it():
    assert checked(VECTOR["lines"], VECTOR["note"], VECTOR["vkey"]) == 2


def test_a_restoration_says_which_version_became_which():
    vector = read_vectors("adoption", "restoration")
    assert maker("adoption").restored() == vector
    assert checked(vector["lines"], vector["note"], vector["vkey"]) == 3
    said = [json.loads(one) for one in vector["lines"]]
    assert {tuple(sorted(one)) for one in said} == {
        ("from_version", "name", "object_version", "sequence", "sha256", "size", "written")
    }


def test_a_changed_line_or_note_is_refused():
    lines = [VECTOR["lines"][0].replace("first", "other").replace("a.txt", "b.txt"), VECTOR["lines"][1]]
    with pytest.raises(AssertionError):
        checked(lines, VECTOR["note"], VECTOR["vkey"])
    with pytest.raises(InvalidSignature):
        checked(VECTOR["lines"][:1], VECTOR["note"].replace("\n2\n", "\n1\n"), VECTOR["vkey"])
