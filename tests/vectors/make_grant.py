"""Write the grant vectors: `python tests/vectors/make_grant.py` (from the repository's root).

Everything is derived from the text "custodes grant vectors/<name>", so the file comes out the same each time.
"""

# ruff: noqa: E402

import hashlib
import json
import sys
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parent)]

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.desks.grant import (
    Approval,
    Document,
    FileSignature,
    KeyFor,
    ObjectVersion,
    PasskeyAssertion,
    Use,
    Who,
    WholeKey,
    admits,
    approval_digest,
    decode,
    encode,
    grant_hash,
    verify,
)
from custodes.desks.rules import rules_at
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.parties.roles import PartyKind
from custodes.parties.rows import (
    Credential,
    CredentialKind,
    Membership,
    Organisation,
    Person,
    directory,
)
from custodes.parties.signature import RelyingParty, to_sign
from fakes import SeededDice

FOLDER = HERE / "grant"
ASKED = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
SITE = RelyingParty(id="trustee.example", origins=("https://trustee.example",))


def seed(name):
    return hashlib.sha256(f"custodes grant vectors/{name}".encode()).digest()


def an_id(noun, name):
    return new_id(noun, SeededDice(int.from_bytes(seed(f"{noun}/{name}")[:8], "big")))


def b64(raw):
    return b64encode(raw).decode()


FILE_KEY = Ed25519PrivateKey.from_private_bytes(seed("berta"))
PASSKEY = ec.derive_private_key(int.from_bytes(seed("anna"), "big") >> 8, ec.SECP256R1())


def cose_key():
    """COSE_Key {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053), in CBOR."""
    numbers = PASSKEY.public_key().public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
    return bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y


def document():
    return Document(
        desk="lockbox",
        house=an_id("hse", "house"),
        grant=an_id("grt", "grant"),
        case=an_id("cas", "case"),
        customer=an_id("cus", "town"),
        asker=who("emil", "supplier"),
        beneficiary=who("eva", "supplier"),
        resources=tuple(
            sorted(
                (
                    WholeKey(key=an_id("key", "records")),
                    ObjectVersion(bucket=an_id("bkt", "files"), version=an_id("ver", "letter")),
                ),
                key=msgspec.json.Encoder(order="sorted").encode,
            )
        ),
        actions=("key:use-unwrap", "object:read"),
        purpose="support",
        reason="Der Brief läßt sich nicht öffnen: „Größe unbekannt“\nBitte bis 12\u202fUhr. \U0001f512",
        ticket="T-4711",
        asked_at=ASKED,
        not_before=ASKED,
        window_s=3600,
        lapses_at=ASKED + timedelta(days=4, hours=1),
        uses_max=2,
        bytes_max=1_048_576,
        policy_hash=seed("policy"),
        origins=("log.trustee.example/root",),
        nonce=seed("nonce")[:16],
    )


def who(name, organisation):
    return Who(
        credential=an_id("crd", name), organisation=an_id("org", organisation), person=an_id("per", name)
    )


def approval(name, organisation, public, at):
    return Approval(
        grant_hash=grant_hash(document()),
        person=an_id("per", name),
        organisation=an_id("org", organisation),
        credential=an_id("crd", name),
        key_hash=hashlib.sha256(public).digest(),
        approved_at=at,
        signature=FileSignature(signature=b""),
    )


def by_file_key(at):
    blank = approval("berta", "trustee", FILE_KEY.public_key().public_bytes_raw(), at)
    signature = FILE_KEY.sign(to_sign(approval_digest(blank)))
    return msgspec.structs.replace(blank, signature=FileSignature(signature=signature))


def by_passkey(at):
    blank = approval("anna", "town", cose_key(), at)
    challenge = urlsafe_b64encode(approval_digest(blank)).decode().rstrip("=")
    client_data = json.dumps(
        {"type": "webauthn.get", "challenge": challenge, "origin": SITE.origins[0], "crossOrigin": False},
        separators=(",", ":"),
    ).encode()
    present_and_verified = b"\x05"
    authenticator_data = hashlib.sha256(SITE.id.encode()).digest() + present_and_verified + bytes(4)
    signed = authenticator_data + hashlib.sha256(client_data).digest()
    signature = PASSKEY.sign(signed, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return msgspec.structs.replace(
        blank,
        signature=PasskeyAssertion(
            client_data=client_data, authenticator_data=authenticator_data, signature=signature
        ),
    )


def the_directory():
    since = "2026-01-01T00:00:00Z"
    people = {
        "anna": ("town", PartyKind.CUSTOMER, CredentialKind.PASSKEY, cose_key()),
        "berta": (
            "trustee",
            PartyKind.TRUSTEE,
            CredentialKind.FILE_KEY,
            FILE_KEY.public_key().public_bytes_raw(),
        ),
    }
    rows = []
    for name, (organisation, kind, credential_kind, public) in people.items():
        rows += [
            Organisation(
                id=an_id("org", organisation),
                name=organisation,
                kind=kind,
                controlling_group=organisation,
                country="DE",
                root_key=b64(seed(organisation)),
                enrolled_at=since,
            ),
            Person(id=an_id("per", name), name=name),
            Membership(
                id=an_id("mem", name),
                person=an_id("per", name),
                organisation=an_id("org", organisation),
                roles=("approver",),
                since=since,
            ),
            Credential(
                id=an_id("crd", name),
                kind=credential_kind,
                organisation=an_id("org", organisation),
                person=an_id("per", name),
                public=b64(public),
                created_at=since,
            ),
        ]
    return directory(1, rows)


def the_rules(at):
    return rules_at(
        the_directory(),
        SITE,
        at,
        customer_organisation=an_id("org", "town"),
        trustee_organisation=an_id("org", "trustee"),
    )


def told(answer):
    return {
        "reasons": list(answer.reasons),
        "begins_at": answer.begins_at and msgspec.to_builtins(answer.begins_at),
        "ends_at": answer.ends_at and msgspec.to_builtins(answer.ends_at),
    }


def uses(doc, verdict):
    letter = next(one for one in doc.resources if isinstance(one, ObjectVersion))
    values = {
        "credential": doc.beneficiary.credential,
        "action": "object:read",
        "resource": letter,
        "uses_spent": 0,
        "bytes_spent": 0,
        "bytes_asked": 1_000,
    }
    found = []
    for changes in (
        {"at": verdict.begins_at},
        {"at": verdict.begins_at - timedelta(seconds=1)},
        {"at": verdict.ends_at - timedelta(seconds=1)},
        {"at": verdict.ends_at},
        {"at": verdict.begins_at, "uses_spent": 1},
        {"at": verdict.begins_at, "uses_spent": 2},
        {"at": verdict.begins_at, "bytes_spent": 1_047_576},
        {"at": verdict.begins_at, "bytes_spent": 1_047_577},
        {"at": verdict.begins_at, "credential": doc.asker.credential},
        {"at": verdict.begins_at, "action": "object:list"},
        {"at": verdict.begins_at, "resource": ObjectVersion(bucket=letter.bucket, version=an_id("ver", "x"))},
    ):
        use = Use(**{**values, **changes})
        plain = {name: msgspec.to_builtins(getattr(use, name)) for name in ("at", *values)}
        found.append({**plain, "answer": admits(doc, verdict, use)})
    return found


def refused(doc):
    """Texts that are not a grant document, each with the fault a reader must see."""
    raw, eight, version = encode(doc).decode(), "2026-11-22T08:00:00Z", ',"v":"custodes.grant/v1"'
    faults = {
        "a space after the end": raw + " ",
        "a space inside": raw.replace('":', '": ', 1),
        "members in another order": "{" + version[1:] + "," + raw[1:].replace(version, ""),
        "a member twice": raw.replace('"uses_max":2', '"uses_max":2,"uses_max":2'),
        "a member too many": raw.replace('"uses_max":2', '"uses_max":2,"uses_min":1'),
        "a member missing": raw.replace('"uses_max":2,', ""),
        "another version": raw.replace("grant/v1", "grant/v2"),
        "another desk": raw.replace('"lockbox"', '"order"'),
        "an object by its name": raw.replace('"kind":"object-version"', '"kind":"object"'),
        "actions not sorted": raw.replace('"key:use-unwrap","object:read"', '"object:read","key:use-unwrap"'),
        "an action twice": raw.replace('"key:use-unwrap","object:read"', '"object:read","object:read"'),
        "a number as text": raw.replace('"uses_max":2', '"uses_max":"2"'),
        "a fraction": raw.replace('"uses_max":2', '"uses_max":2.0'),
        "too many uses": raw.replace('"uses_max":2', '"uses_max":101'),
        "no use": raw.replace('"uses_max":2', '"uses_max":0'),
        "nine hours": raw.replace('"window_s":3600', '"window_s":32400'),
        "a time with an offset": raw.replace(eight, "2026-11-22T08:00:00+00:00", 1),
        "a fraction of a second": raw.replace(eight, "2026-11-22T08:00:00.5Z", 1),
        "begins before it is asked": raw.replace(eight, "2026-11-22T08:00:01Z", 1),
        "lapses later than any grant": raw.replace("2026-11-26T09:00:00Z", "2026-11-26T09:00:01Z"),
        "no window left": raw.replace("2026-11-26T09:00:00Z", "2026-11-22T08:59:59Z"),
        "a nonce cut short": raw.replace(b64(doc.nonce), b64(doc.nonce[:15])),
        "an asker without a person": raw.replace(f',"person":"{doc.asker.person}"', ',"person":null', 1),
        "a reason that reads backwards": raw.replace("Der Brief", "\u202eDer Brief"),
        "a reason with a zero-width space": raw.replace("Der Brief", "Der\u200bBrief"),
        "an id of another noun": raw.replace(doc.customer, "org" + doc.customer[3:]),
    }
    found = []
    for fault, text_ in faults.items():
        if text_ == raw:
            raise ValueError(f"no fault: {fault}")
        try:
            decode(text_.encode())
        except Refusal as refusal:
            found.append({"fault": fault, "text": text_, "code": refusal.code})
        else:
            raise ValueError(f"not refused: {fault}")
    return found


def vectors():
    doc = document()
    late = ASKED + timedelta(hours=3)
    approvals = [by_passkey(ASKED + timedelta(minutes=20)), by_file_key(ASKED + timedelta(hours=1))]
    verdict = verify(doc, approvals, the_rules(late), late)
    return {
        "about": "custodes.grant/v1, see docs/formats/grant.md; bytes are standard base64",
        "relying_party": msgspec.to_builtins(SITE),
        "canonical": encode(doc).decode(),
        "grant_hash": b64(grant_hash(doc)),
        "keys": {
            an_id("crd", "anna"): {"kind": "passkey", "public": b64(cose_key())},
            an_id("crd", "berta"): {
                "kind": "file-key",
                "public": b64(FILE_KEY.public_key().public_bytes_raw()),
            },
        },
        "approvals": [
            {"approval": msgspec.to_builtins(one), "digest": b64(approval_digest(one))} for one in approvals
        ],
        "verdict": told(verdict),
        "first_alone": told(verify(doc, approvals[:1], the_rules(late), late)),
        "uses": uses(doc, verdict),
        "refused": refused(doc),
    }


def key_for():
    """A document that is for one person as the other end names him, and texts that are none."""
    key = an_id("key", "records")
    named = [
        KeyFor(key=key, claim="mail", value="ada@town.example"),
        KeyFor(key=key, claim="oid", value="o-99"),
    ]
    named.append(KeyFor(key=key, claim="principal", value="arn:aws:iam::123456789012:user/Alice"))
    doc = msgspec.structs.replace(document(), resources=tuple(named), actions=("key:use-unwrap",))
    raw = encode(doc).decode()
    faults = {
        "an address in capitals": raw.replace("ada@", "Ada@"),
        "an address without a place": raw.replace("ada@town.example", "ada"),
        "an address with two": raw.replace("ada@town.example", "ada@town.example@hall"),
        "a claim nobody makes": raw.replace('"mail"', '"name"'),
        "a blank in a value": raw.replace("o-99", "o 99"),
        "no value": raw.replace("o-99", ""),
        "257 characters": raw.replace("o-99", "o" * 257),
        "not ASCII": raw.replace("o-99", "\u00e4"),
        "a member missing": raw.replace(',"value":"o-99"', ""),
        "in another order": raw.replace("o-99", "o-98").replace('"claim":"mail"', '"claim":"principal"'),
    }
    found = [{"fault": fault, "text": text_, "code": refusal_of(text_)} for fault, text_ in faults.items()]
    if any(text_ == raw for text_ in faults.values()) or {one["code"] for one in found} != {"bad-grant"}:
        raise ValueError(found)
    return {
        "about": "custodes.grant/v1 with resources of the kind key-for, see docs/formats/grant.md",
        "canonical": raw,
        "grant_hash": b64(grant_hash(doc)),
        "refused": found,
    }


def refusal_of(text_):
    try:
        decode(text_.encode())
    except Refusal as refusal:
        return refusal.code
    return ""


VECTORS = {"grant": vectors, "key-for": key_for}


def text(name="grant"):
    return json.dumps(VECTORS[name](), indent=1, ensure_ascii=True, sort_keys=True) + "\n"


if __name__ == "__main__":
    for which in VECTORS:
        (FOLDER / f"{which}.json").write_text(text(which), encoding="ascii")
