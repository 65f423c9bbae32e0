"""From outcomes to the body tools expect, and from a key to what they read of it."""

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed

from .marks import encoded, marked
from .messages import Asked, Entered, Outcome
from .refusals import FAULTS

_RESULT = {"encrypt": "ciphertext", "rewrap": "ciphertext", "datakey": "ciphertext", "sign": "signature"}


def envelope(request_id: str, data: object, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """The members every answer has."""
    return {
        "request_id": request_id,
        "lease_id": "",
        "renewable": False,
        "lease_duration": 0,
        "data": data,
        "wrap_info": None,
        "warnings": list(warnings) or None,
        "auth": None,
    }


def told(asked: Asked, outcomes: Sequence[Outcome]) -> tuple[int, dict[str, Any]]:
    """Status and `data`; a single item that failed is refused with its fault (malformed)."""
    given = list(outcomes)
    whole = [given.pop(0) if one.item is not None else Outcome(fault=one.fault) for one in asked.entered]
    if not asked.is_batch:
        if whole[0].fault:
            raise malformed(whole[0].fault)
        return 200, _result(asked, whole[0])
    results = [_member(asked, *pair) for pair in zip(asked.entered, whole, strict=True)]
    return 400 if any(one.fault for one in whole) else 200, {"batch_results": results}


def key(
    name: str, kind: str, versions: Sequence[tuple[int, str, bytes]], minimum: int, facts: dict[str, bool]
) -> dict[str, Any]:
    """A key as it is read. `versions` are (number, born at, SubjectPublicKeyInfo or nothing)."""
    newest = versions[-1][0]
    shown = [one for one in versions if one[0] >= minimum]
    return {
        "allow_plaintext_backup": False,
        "auto_rotate_period": 0,
        "deletion_allowed": False,
        "exportable": False,
        "keys": {str(n): _version(kind, born, public) for n, born, public in shown},
        "latest_version": newest,
        "min_available_version": 0,
        "min_decryption_version": minimum,
        "min_encryption_version": 0,
        "name": name,
        "soft_deleted": False,
        "type": kind,
        **facts,
    }


def _member(asked: Asked, entered: Entered, outcome: Outcome) -> dict[str, Any]:
    if outcome.fault:
        empty = {"plaintext": ""} if asked.verb == "decrypt" else {}
        return {**empty, "error": FAULTS[outcome.fault], "reference": entered.reference}
    return {**_result(asked, outcome), "reference": entered.reference}


def _result(asked: Asked, outcome: Outcome) -> dict[str, Any]:
    verb = asked.verb
    if verb in {"verify", "check-mac"}:
        return {"valid": outcome.is_valid}
    if verb == "decrypt":
        return {"plaintext": encoded(outcome.body)}
    if verb == "mac":
        return {"hmac": marked(outcome.version, outcome.body)}
    is_jws = verb == "sign" and asked.how.form == "jws"
    made: dict[str, Any] = {_RESULT[verb]: marked(outcome.version, outcome.body, is_jws=is_jws)}
    made["key_version"] = outcome.version
    if verb == "datakey" and asked.how.wants_plain:
        made["plaintext"] = encoded(outcome.plain)
    return made


def _version(kind: str, born: str, public: bytes) -> object:
    if not public:
        return int(from_text(born).timestamp())
    half = load_der_public_key(public)
    if isinstance(half, Ed25519PublicKey):
        shown = encoded(half.public_bytes(Encoding.Raw, PublicFormat.Raw))
    else:
        shown = half.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    return {"certificate_chain": "", "creation_time": born, "name": kind, "public_key": shown}
