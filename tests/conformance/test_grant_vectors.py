"""The committed grant vectors, read by a second implementation written from docs/formats/grant.md alone.

It shares no code with the package: `json`, `hashlib` and the library's Ed25519 and P-256.
"""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vectors import make_grant

FILE = Path(__file__).parents[1] / "vectors" / "grant" / "grant.json"
VECTORS = json.loads(FILE.read_text("ascii"))
ID = "[0-9a-hjkmnp-tv-z]{26}"
WHO = {"credential": "crd", "organisation": "org", "person": "per"}
MEMBERS = {
    "actions",
    "asked_at",
    "asker",
    "beneficiary",
    "bytes_max",
    "case",
    "customer",
    "desk",
    "grant",
    "house",
    "lapses_at",
    "nonce",
    "not_before",
    "origins",
    "policy_hash",
    "purpose",
    "reason",
    "resources",
    "ticket",
    "uses_max",
    "v",
    "window_s",
}


def unb64(text):
    return base64.b64decode(text, validate=True)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def at(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def is_id(noun, text):
    return isinstance(text, str) and re.fullmatch(f"{noun}-{ID}", text) is not None


def whole(value, least, most):
    return type(value) is int and least <= value <= most


def is_resource(one):
    if one.get("kind") == "object-version":
        return set(one) == {"kind", "bucket", "version"} and (
            is_id("bkt", one["bucket"]) and is_id("ver", one["version"])
        )
    return set(one) == {"kind", "key"} and one["kind"] == "key" and is_id("key", one["key"])


UNSEEN = "0-9 B-1F 7F-9F AD-AD 61C-61C 180E-180E 200B-200F 2028-202E 2060-206F FEFF-FEFF FFF9-FFFB D800-DFFF"


def is_unseen(point):
    spans = [span.split("-") for span in f"{UNSEEN} E0000-E007F".split()]
    return any(int(first, 16) <= point <= int(last, 16) for first, last in spans)


def is_document(text):
    """Sections "Spelling" and "Members" of the page."""
    try:
        doc = json.loads(text)
        assert canonical(doc).decode() == text
        assert set(doc) == MEMBERS
        assert doc["v"] == "custodes.grant/v1"
        assert doc["desk"] in {"lockbox", "break-glass"}
        for member, noun in (("house", "hse"), ("grant", "grt"), ("case", "cas"), ("customer", "cus")):
            assert is_id(noun, doc[member])
        for member in ("asker", "beneficiary"):
            assert set(doc[member]) == set(WHO)
            for part, noun in WHO.items():
                assert is_id(noun, doc[member][part]) or (
                    part == "person" and member == "beneficiary" and doc[member][part] is None
                )
        spelled = [canonical(one) for one in doc["resources"]]
        assert 1 <= len(spelled) <= 100
        assert spelled == sorted(set(spelled))
        assert all(map(is_resource, doc["resources"]))
        assert doc["actions"] == sorted(set(doc["actions"]))
        assert 1 <= len(doc["actions"]) <= 16
        asked, begin, lapse = (at(doc[name]) for name in ("asked_at", "not_before", "lapses_at"))
        assert whole(doc["window_s"], 1, 28_800)
        begins_by = lapse - timedelta(seconds=doc["window_s"])
        assert asked <= begin <= begins_by <= asked + timedelta(days=4)
        assert whole(doc["uses_max"], 1, 100)
        assert whole(doc["bytes_max"], 1, 2**40)
        assert 1 <= len(doc["reason"]) <= 1_000
        assert not any(is_unseen(ord(letter)) for letter in doc["reason"] + doc["ticket"])
        assert len(unb64(doc["policy_hash"])) == 32
        assert len(unb64(doc["nonce"])) == 16
    except (AssertionError, ValueError):
        return False
    return True


def digest_of(approval):
    """Section "Approval"."""
    statement = {
        name: approval[name]
        for name in ("approved_at", "credential", "grant_hash", "key_hash", "organisation", "person")
    }
    statement["v"] = "custodes.approval/v1"
    return hashlib.sha256(b"custodes.approval/v1\n" + canonical(statement)).digest()


def is_signed(approval, key, party):
    """Section "Signature"."""
    digest, signature = digest_of(approval), approval["signature"]
    public = unb64(key["public"])
    if hashlib.sha256(public).digest() != unb64(approval["key_hash"]) or key["kind"] != signature["kind"]:
        return False
    try:
        if key["kind"] == "file-key":
            message = b"custodes/sign/v1" + digest
            Ed25519PublicKey.from_public_bytes(public).verify(unb64(signature["signature"]), message)
            return True
        said = json.loads(unb64(signature["client_data"]))
        device = unb64(signature["authenticator_data"])
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (said["type"], said["challenge"]) != ("webauthn.get", challenge):
            return False
        if (
            said["origin"] not in party["origins"]
            or device[:32] != hashlib.sha256(party["id"].encode()).digest()
        ):
            return False
        if device[32] & 0x05 != 0x05:
            return False
        x, y = (int.from_bytes(public[start : start + 32], "big") for start in (10, 45))
        numbers = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
        message = device + hashlib.sha256(unb64(signature["client_data"])).digest()
        numbers.public_key().verify(unb64(signature["signature"]), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def admits(doc, begins, ends, use):
    """Section "Use"."""
    moment = at(use["at"])
    for code, holds in (
        ("grant-not-begun", moment >= begins),
        ("grant-lapsed", moment < ends),
        ("other-credential", use["credential"] == doc["beneficiary"]["credential"]),
        ("other-action", use["action"] in doc["actions"]),
        ("other-resource", use["resource"] in doc["resources"]),
        ("no-uses-left", use["uses_spent"] < doc["uses_max"]),
        ("no-bytes-left", use["bytes_spent"] + use["bytes_asked"] <= doc["bytes_max"]),
    ):
        if not holds:
            return code
    return None


def test_the_file_is_what_the_code_writes():
    assert FILE.read_text("ascii") == make_grant.text()


def test_the_document_and_its_hash():
    text = VECTORS["canonical"]
    assert is_document(text)
    assert hashlib.sha256(b"custodes.grant/v1\n" + text.encode()).digest() == unb64(VECTORS["grant_hash"])


@pytest.mark.parametrize("row", VECTORS["refused"], ids=lambda row: row["fault"])
def test_what_is_no_document(row):
    assert row["code"] in {"bad-grant", "not-canonical"}
    assert not is_document(row["text"])


@pytest.mark.parametrize("row", VECTORS["approvals"], ids=lambda row: row["approval"]["signature"]["kind"])
def test_an_approval(row):
    approval = row["approval"]
    key = VECTORS["keys"][approval["credential"]]
    assert approval["grant_hash"] == VECTORS["grant_hash"]
    assert digest_of(approval) == unb64(row["digest"])
    assert is_signed(approval, key, VECTORS["relying_party"])
    for member in ("approved_at", "organisation", "person", "credential", "grant_hash"):
        assert not is_signed({**approval, member: approval[member][:-1]}, key, VECTORS["relying_party"])


def test_the_window_and_the_uses():
    doc = json.loads(VECTORS["canonical"])
    last = max(at(row["approval"]["approved_at"]) for row in VECTORS["approvals"])
    begins, ends = last, last + timedelta(seconds=doc["window_s"])
    told = VECTORS["verdict"]
    assert (at(told["begins_at"]), at(told["ends_at"]), told["reasons"]) == (begins, ends, [])
    assert VECTORS["first_alone"]["reasons"] == ["quorum-not-met"]
    answers = {use["answer"] for use in VECTORS["uses"]}
    assert {None, "grant-not-begun", "grant-lapsed", "no-uses-left", "no-bytes-left"} <= answers
    for use in VECTORS["uses"]:
        assert admits(doc, begins, ends, use) == use["answer"]
