"""docs/formats/enrolment.md, signed-acts.md, grant.md: what people and organisations sign."""

import base64
import json
from datetime import timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .spelling import No, is_id, read, shaped, time, unb64, write

ORGANISATION = {
    "controlling_group",
    "country",
    "customers",
    "enrolled_at",
    "id",
    "is_demo",
    "kind",
    "name",
    "root_key",
}
CREDENTIAL = {
    "application",
    "created_at",
    "customer",
    "expires_at",
    "id",
    "is_demo",
    "kind",
    "label",
    "organisation",
    "passkey_id",
    "person",
    "public",
    "secret",
    "state",
}
ACTS = {
    "custodes/act/v1": {"act", "at", "fields", "generation", "house", "v"},
    "custodes/sign-in/v1": {"house", "nonce", "v"},
    "custodes/lift/v1": {"house", "kill", "killed_at", "scope", "subject", "v"},
    "custodes/destruction/v1": {"generation", "house", "key", "v", "verb", "waiting_days"},
    "custodes/erasure/v1": {"case", "customer", "entries", "house", "reason", "v"},
    "custodes/vetting/v1": {"generation", "house", "person", "v"},
    "custodes/witness-policy/v1": {"customer", "generation", "house", "policy", "v"},
}


def signed_by_file_key(public, digest, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, b"custodes/sign/v1" + digest)
    except InvalidSignature:
        return False
    return True


def signed_by_passkey(cose, digest, signature, party):
    """ES256 (COSE -7) only: what the vectors hold."""
    said = json.loads(unb64(signature["client_data"]))
    device = unb64(signature["authenticator_data"])
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    fits = (said["type"], said["challenge"]) == ("webauthn.get", challenge)
    fits &= said["origin"] in party["origins"] and not said.get("crossOrigin") and "topOrigin" not in said
    fits &= device[:32] == sha256(party["id"].encode()).digest() and device[32] & 5 == 5
    if not fits or cose[:7] != bytes.fromhex("a5010203262001"):
        return False
    x, y = (int.from_bytes(cose[at : at + 32], "big") for at in (10, 45))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    message = device + sha256(unb64(signature["client_data"])).digest()
    try:
        key.verify(unb64(signature["signature"]), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def enrolment(raw, house):
    """The document, of one of the two kinds; who must have signed is said by it."""
    code = "bad-document"
    body = read(raw, code, 16_384)
    kind = body.get("v") if isinstance(body, dict) else None
    if kind == "custodes/enrol-organisation/v1":
        shaped(body, {"house", "organisation", "v"}, code)
        shaped(body["organisation"], ORGANISATION, code)
    elif kind == "custodes/enrol-credential/v1":
        shaped(body, {"at", "credential", "house", "roles", "signer", "v"}, code)
        new = shaped(body["credential"], CREDENTIAL, code)
        time(body["at"], code)
        if (new["person"] is None) == (new["application"] is None) or new["secret"] is not None:
            raise No(code)
        if new["state"] != "active":
            raise No(code)
    else:
        raise No(code)
    if body["house"] != house:
        raise No("wrong-house")
    return body


def act(raw):
    body = read(raw, "bad-document")
    kind = body.get("v") if isinstance(body, dict) else None
    if kind not in ACTS:
        raise No("bad-document")
    return shaped(body, ACTS[kind], "bad-document")


# ------------------------------------------------------------------------------------------------- grants
GRANT = {
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
UNSEEN = (
    "0-9 B-1F 7F-9F AD-AD 61C-61C 180E-180E 200B-200F 2028-202E 2060-206F FEFF-FEFF FFF9-FFFB D800-DFFF "
    "E0000-E007F"
)
SPANS = [tuple(int(end, 16) for end in span.split("-")) for span in UNSEEN.split()]


def is_word(text):
    return type(text) is str and 1 <= len(text) <= 31 and not text.strip("abcdefghijklmnopqrstuvwxyz-")


def is_whole(value, least, most):
    return type(value) is int and least <= value <= most


def is_plain(text, most):
    shown = type(text) is str and text.strip() and len(text) <= most
    return bool(shown) and not any(low <= ord(char) <= high for char in text for low, high in SPANS)


def is_resource(one):
    if one.get("kind") == "key":
        return set(one) == {"key", "kind"} and is_id("key", one["key"])
    ids = one.get("kind") == "object-version" and set(one) == {"bucket", "kind", "version"}
    return ids and is_id("bkt", one["bucket"]) and is_id("ver", one["version"])


def is_who(one, *, is_beneficiary):
    if not isinstance(one, dict) or set(one) != {"credential", "organisation", "person"}:
        return False
    person = is_id("per", one["person"]) or (is_beneficiary and one["person"] is None)
    return person and is_id("crd", one["credential"]) and is_id("org", one["organisation"])


def grant(raw):
    body = shaped(read(raw), GRANT, "bad-grant")
    code = "bad-grant"
    asked, begin, lapse = (time(body[name], code) for name in ("asked_at", "not_before", "lapses_at"))
    spelled = [write(one) for one in body["resources"]]
    fits = (
        len(raw) <= 65_536 and body["v"] == "custodes.grant/v1" and body["desk"] in {"lockbox", "break-glass"}
    )
    nouns = {"house": "hse", "grant": "grt", "case": "cas", "customer": "cus"}
    fits &= all(is_id(noun, body[name]) for name, noun in nouns.items())
    fits &= is_who(body["asker"], is_beneficiary=False) and is_who(body["beneficiary"], is_beneficiary=True)
    fits &= 1 <= len(spelled) <= 100 and spelled == sorted(set(spelled))
    fits &= all(map(is_resource, body["resources"]))
    fits &= 1 <= len(body["actions"]) <= 16 and body["actions"] == sorted(set(body["actions"]))
    pairs = [one.split(":") for one in body["actions"]]
    fits &= all(len(pair) == 2 and all(map(is_word, pair)) for pair in pairs) and is_word(body["purpose"])
    fits &= is_plain(body["reason"], 1_000) and is_plain(body["ticket"], 100)
    fits &= is_whole(body["window_s"], 1, 28_800) and is_whole(body["uses_max"], 1, 100)
    fits &= is_whole(body["bytes_max"], 1, 2**40)
    if not fits:
        raise No(code)
    by = lapse - timedelta(seconds=body["window_s"])
    fits = asked <= begin <= by <= asked + timedelta(days=4)
    origins = body["origins"]
    fits &= 1 <= len(origins) <= 4 and all(0 < len(one) <= 200 for one in origins)
    fits &= all("!" <= char <= "~" for one in origins for char in one)
    unb64(body["policy_hash"], 32, code)
    unb64(body["nonce"], 16, code)
    if not fits:
        raise No(code)
    return body


def grant_hash(raw):
    return sha256(b"custodes.grant/v1\n" + raw).digest()


def approval_digest(approval):
    names = ("approved_at", "credential", "grant_hash", "key_hash", "organisation", "person")
    statement = {name: approval[name] for name in names} | {"v": "custodes.approval/v1"}
    return sha256(b"custodes.approval/v1\n" + write(statement)).digest()


def is_approved(approval, key, party):
    public, signature = unb64(key["public"]), approval["signature"]
    fits = sha256(public).digest() == unb64(approval["key_hash"]) and signature["kind"] == key["kind"]
    if not fits:
        return False
    digest = approval_digest(approval)
    if key["kind"] == "file-key":
        return signed_by_file_key(public, digest, unb64(signature["signature"]))
    return signed_by_passkey(public, digest, signature, party)


def admits(document, begins, ends, use):
    """None when it is admitted, else the reason."""
    moment = time(use["at"])
    for code, holds in (
        ("grant-not-begun", moment >= begins),
        ("grant-lapsed", moment < ends),
        ("other-credential", use["credential"] == document["beneficiary"]["credential"]),
        ("other-action", use["action"] in document["actions"]),
        ("other-resource", use["resource"] in document["resources"]),
        ("no-uses-left", use["uses_spent"] < document["uses_max"]),
        ("no-bytes-left", use["bytes_spent"] + use["bytes_asked"] <= document["bytes_max"]),
    ):
        if not holds:
            return code
    return None
