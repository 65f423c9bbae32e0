"""What is signed: the canonical documents of acts, sign-ins, lifts, destructions and identities seen, and
the asks of the logkeeper.

Whoever signs builds the same bytes from what he was shown; the keyroom builds them again from the ask and
from what stands. A key signs `SHA-256(document)` as `parties.signature` says.
Format: docs/formats/signed-acts.md.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from custodes.kernel import canonical
from custodes.kernel.papers import SealAuditor

LOG_ASK_V1 = "custodes/log-ask/v1"
ACT_V1 = "custodes/act/v1"
SIGN_IN_V1 = "custodes/sign-in/v1"
LIFT_V1 = "custodes/lift/v1"
DESTRUCTION_V1 = "custodes/destruction/v1"
VETTING_V1 = "custodes/vetting/v1"
SEAL_AUDITORS_V1 = "custodes/seal-auditors/v1"
WITNESS_POLICY_V1 = "custodes/witness-policy/v1"
CLOCK_V1 = "custodes/clock/v1"
RETENTION_V1 = "custodes/retention/v1"
PRUNE_V1 = "custodes/prune/v1"
STRAYS_V1 = "custodes/strays/v1"
HOLD_END_V1 = "custodes/hold-end/v1"
ROOT_V1 = "custodes/root/v1"
ERASURE_V1 = "custodes/erasure/v1"
EXPORT_V1 = "custodes/export/v1"
SIGNED_FRESH_S = 300
_NOT_SIGNED = frozenset({"evidence", "approvals"})


def act_document(ask: msgspec.Struct, house: str, generation: int, at: str) -> bytes:
    """The act a person signs: every member of the ask but its evidence, and the state he saw.

    `generation` is that of the row the act changes (0 where there is none yet), as the views show it: so a
    signature serves one act on one state, and nobody can hand it in again. `at` as in `kernel.clock`.
    """
    fields = {
        name: msgspec.to_builtins(getattr(ask, name))
        for name in ask.__struct_fields__
        if name not in _NOT_SIGNED
    }
    return _encode(
        {
            "v": ACT_V1,
            "house": house,
            "act": str(ask.__struct_config__.tag),
            "fields": fields,
            "generation": generation,
            "at": at,
        }
    )


def log_message(house: str, ask: msgspec.Struct, at: str) -> bytes:
    """Canonical bytes to sign: label, house, time, the ask's name and the SHA-256 of its fields."""
    fields = [getattr(ask, name) for name in ask.__struct_fields__ if name != "evidence"]
    digest = hashlib.sha256(msgspec.msgpack.encode(fields)).hexdigest()
    return canonical.encode([LOG_ASK_V1, house, at, type(ask).__name__, digest])


def sign_in_document(house: str, nonce: str) -> bytes:
    """What a file key signs to sign in, and whose SHA-256 is a passkey's challenge. `nonce`: base64."""
    return _encode({"v": SIGN_IN_V1, "house": house, "nonce": nonce})


def lift_document(house: str, kill: str, target: tuple[str, str], killed_at: str) -> bytes:
    """What a quorum signs to lift exactly this kill; `target` is (scope, subject)."""
    return _encode(
        {
            "v": LIFT_V1,
            "house": house,
            "kill": kill,
            "scope": target[0],
            "subject": target[1],
            "killed_at": killed_at,
        }
    )


def destruction_document(house: str, key: tuple[str, int], verb: str, waiting_days: int | None) -> bytes:
    """What a quorum signs to schedule a key's destruction or to destroy it; `key` is (id, generation)."""
    return _encode(
        {
            "v": DESTRUCTION_V1,
            "house": house,
            "key": key[0],
            "generation": key[1],
            "verb": verb,
            "waiting_days": waiting_days,
        }
    )


def clock_document(house: str, jump: tuple[str, str], generation: int) -> bytes:
    """What a quorum signs to say that the time is right after a jump (from, to) of the clock."""
    return _encode(
        {"v": CLOCK_V1, "house": house, "from_at": jump[0], "to_at": jump[1], "generation": generation}
    )


def retention_document(
    house: str, customer: str, days: Mapping[str, int], source: str, generation: int
) -> bytes:
    """What a quorum signs to set how long a customer's entries are kept, in days by class, and why."""
    return _encode(
        {
            "v": RETENTION_V1,
            "house": house,
            "customer": customer,
            "days": dict(days),
            "source": source,
            "generation": generation,
        }
    )


def prune_document(house: str, number: int, origin: str, last: str) -> bytes:
    """What a quorum signs to prune a closed shard of the log; `last` is its last checkpoint, verbatim."""
    return _encode({"v": PRUNE_V1, "house": house, "number": number, "origin": origin, "last": last})


def strays_document(house: str, location: str, found: tuple[str, int, int, str]) -> bytes:
    """What a quorum signs to have removed what belongs to nothing in a location.

    `found` is (until when it must have been found, how many, bytes, SHA-256 of the list in base64).
    """
    before, count, size, digest = found
    return _encode(
        {
            "v": STRAYS_V1,
            "house": house,
            "location": location,
            "found_before": before,
            "count": count,
            "bytes": size,
            "digest": digest,
        }
    )


def root_document(house: str, customer: str, holders: tuple[str, str], generation: int) -> bytes:
    """What a quorum signs to move a customer's root (the house's id: all in its holder) from, to a holder.

    `generation` is that of the customer's row, which rises when it has moved.
    """
    return _encode(
        {
            "v": ROOT_V1,
            "house": house,
            "customer": customer,
            "from": holders[0],
            "to": holders[1],
            "generation": generation,
        }
    )


def hold_end_document(house: str, customer: str, hold: str, generation: int) -> bytes:
    """What a quorum signs to end exactly this hold on a customer's entries."""
    return _encode(
        {"v": HOLD_END_V1, "house": house, "customer": customer, "hold": hold, "generation": generation}
    )


def vetting_document(house: str, person: str, generation: int) -> bytes:
    """What two people sign who have seen a person's identity document."""
    return _encode({"v": VETTING_V1, "house": house, "person": person, "generation": generation})


def erasure_document(
    house: str, customer: str, case: str, entries: Sequence[tuple[str, int]], reason: str
) -> bytes:
    """What a quorum signs to erase the person fields of exactly these entries, (log, index) each."""
    return _encode(
        {
            "v": ERASURE_V1,
            "house": house,
            "customer": customer,
            "case": case,
            "entries": [[log, index] for log, index in entries],
            "reason": reason,
        }
    )


def export_document(house: str, ask: msgspec.Struct) -> bytes:
    """What two people of a customer sign who have his objects' keys handed to him: the ask, whole."""
    fields = {
        name: msgspec.to_builtins(getattr(ask, name))
        for name in ask.__struct_fields__
        if name not in _NOT_SIGNED
    }
    return _encode({"v": EXPORT_V1, "house": house, **fields})


def witness_policy_document(house: str, customer: str, policy: str, generation: int) -> bytes:
    """What two people sign who change whose cosignatures the house asks for."""
    return _encode(
        {
            "v": WITNESS_POLICY_V1,
            "house": house,
            "customer": customer,
            "policy": policy,
            "generation": generation,
        }
    )


def seal_auditors_document(house: str, auditors: Sequence[SealAuditor], k: int, generation: int) -> bytes:
    """What two people sign who set the seal auditors."""
    return _encode(
        {
            "v": SEAL_AUDITORS_V1,
            "house": house,
            "auditors": [msgspec.to_builtins(one) for one in auditors],
            "k": k,
            "generation": generation,
        }
    )


def hash_of(document: bytes) -> bytes:
    """The 32 bytes that a file key signs (behind its label) and that are a passkey's challenge."""
    return hashlib.sha256(document).digest()


def _encode(document: dict[str, Any]) -> bytes:
    return canonical.encode(document)
