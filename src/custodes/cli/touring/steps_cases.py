"""Cheats with requests, approvals and grants: own, doubled, forged, replayed, used twice, used too late."""

import hashlib

from custodes.acts.asks.objects import OpenGet
from custodes.adapters.system import SystemClock
from custodes.desks.grant import Approval, FileSignature, approval_digest
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import Refusal

from . import cast as players
from .report import Proof, steps
from .stage import Stage

PART = "Cheating with requests and grants"
CASE = "cheated"
_MINUTE_S = 60


def second_use(stage: Stage) -> Proof:
    """The grant was for one use."""
    stored = stage.objects["first"]
    answer = stage.get(stage.engineer, stored.name)
    reason = _last_denial(stage, stored.version)
    return Proof(
        done="boto3 as the engineer: get_object of the same file once more",
        shown=f"HTTP {answer.status} {answer.code}; in the log: {reason}",
        held=answer.status == 403 and not answer.body and reason in {"no-uses-left", "no-bytes-left"},
        see=f"/cases/{stage.cases['read']}",
    )


def own_request(stage: Stage) -> Proof:
    """The asker signs an approval of his own request, by the book."""
    beneficiary = stage.token("erik").token.partition(".")[0]
    case = stage.open_case(CASE, beneficiary, stage.resource(stage.objects["second"]))
    form = _own_approval(stage, "erik", case.document_hash or b"")
    refusal = stage.refusal_of(stage.move("erik", CASE, "approve", form))
    return Proof(
        done="Erik asks again, for the other file, and approves it himself with a valid signature",
        shown=f"{_said(refusal)}; the case is {stage.case('anna', CASE).state}",
        held=refusal is not None and not stage.case("anna", CASE).approvals,
        see=f"/cases/{case.id}",
    )


def forged(stage: Stage) -> Proof:
    """An approval in Karl's name under a key that is not his."""
    form = {
        **stage.approval("karl", CASE),
        "signature": stage.approval("karl", CASE, signer="erik")["signature"],
    }
    refusal = stage.refusal_of(stage.move("karl", CASE, "approve", form))
    return Proof(
        done="an approval in Karl's name, signed with Erik's key",
        shown=f"{_said(refusal)}; approvals that stand: {len(stage.case('anna', CASE).approvals)}",
        held=_has_reason(refusal, "bad-signature") and not stage.case("anna", CASE).approvals,
        see=f"/cases/{stage.cases[CASE]}",
    )


def replayed(stage: Stage) -> Proof:
    """Karl's genuine approval of the first case, handed in for the second."""
    refusal = stage.refusal_of(stage.move("karl", CASE, "approve", stage.rows["read approval"]))
    return Proof(
        done="Karl's genuine approval of the first case is handed in for this one",
        shown=f"{_said(refusal)}; approvals that stand: {len(stage.case('anna', CASE).approvals)}",
        held=_has_reason(refusal, "other-document") and not stage.case("anna", CASE).approvals,
        see=f"/cases/{stage.cases[CASE]}",
    )


def one_organisation(stage: Stage) -> Proof:
    """Two people of the town approve; the trustee has not."""
    stage.approve("anna", CASE)
    case = stage.approve("olga", CASE)
    refusal = stage.refusal_of(_read(stage))
    return Proof(
        done="Anna and Olga, both of the town, approve",
        shown=f"{len(case.approvals)} approvals, {case.state}, waits for {len(case.waits_for)} organisation; "
        f"Erik's read: {_said(refusal)}",
        held=len(case.approvals) == 2
        and case.state == "asked"
        and case.waits_for == (stage.cast.organisations["trustee"],)
        and refusal is not None,
        see=f"/cases/{case.id}",
    )


def too_late(stage: Stage) -> Proof:
    """The grant is given and unspent; a keyroom on a copy of the installation has another time."""
    case = stage.approve("karl", CASE)
    if case.grant is None:
        return Proof(done="Karl approves", shown=f"no grant: {case.state}", held=False)
    left_s = (from_text(case.grant.lapses_at) - SystemClock().now()).total_seconds()
    with stage.copy(clock_ahead_s=int(left_s) - _MINUTE_S) as settings:
        opened = stage.asked_of_copy(settings, _read(stage))
    refusal: Refusal | None = None
    with stage.copy(clock_ahead_s=int(left_s) + _MINUTE_S) as settings:
        try:
            stage.asked_of_copy(settings, _read(stage))
        except Refusal as said:
            refusal = said
    returned = stage.ask(stage.move("erik", CASE, "return"))
    return Proof(
        done="Karl approves too; on a copy of the installation the clock goes ahead, the grant unspent",
        shown=f"minute 59: the key of {len(opened.data_key)} bytes comes out; minute 61: {_said(refusal)}; "
        f"afterwards Erik returns the grant ({returned.state})",
        held=len(opened.data_key) > 0 and refusal is not None and returned.state == "returned",
        see=f"/cases/{case.id}",
    )


STEPS = steps(
    PART,
    ("second-use", "A grant for one use is used a second time.", second_use),
    ("own-request", "The asker approves his own request.", own_request),
    ("forged", "A signature is forged.", forged),
    ("replayed", "An approval is replayed from another case.", replayed),
    ("one-organisation", "Two people of one organisation approve.", one_organisation),
    ("too-late", "The grant is used at minute 61.", too_late),
)


def _read(stage: Stage) -> OpenGet:
    return OpenGet(stage.token("erik"), stage.cast.bucket, stage.objects["second"].name)


def _own_approval(stage: Stage, key: str, grant_hash: bytes) -> dict[str, Plain]:
    """A complete approval by somebody whom the house offers none to sign."""
    player = stage.cast.people[key]
    mine = players.key_of(stage.people, player)
    unsigned = Approval(
        grant_hash=grant_hash,
        person=player.person,
        organisation=player.organisation,
        credential=player.file_key,
        key_hash=hashlib.sha256(mine.public).digest(),
        approved_at=SystemClock().now().replace(microsecond=0),
        signature=FileSignature(signature=b""),
    )
    return {
        "grant_hash": canonical.b64(grant_hash),
        "credential": player.file_key,
        "key_hash": canonical.b64(unsigned.key_hash),
        "approved_at": to_text(unsigned.approved_at),
        "signature": canonical.b64(mine.sign(approval_digest(unsigned))),
    }


def _last_denial(stage: Stage, subject: str) -> str:
    """The reason of the newest refusal about this subject."""
    found = [entry for entry in stage.entries(subject) if entry.fields.get("decision") == "deny"]
    return str(found[0].fields["reason"]) if found else "no entry"


def _has_reason(refusal: Refusal | None, reason: str) -> bool:
    return refusal is not None and reason in _reasons(refusal)


def _reasons(refusal: Refusal) -> tuple[str, ...]:
    reasons = refusal.facts.get("reasons", ())
    return reasons if isinstance(reasons, tuple) else (str(reasons),)


def _said(refusal: Refusal | None) -> str:
    if refusal is None:
        return "carried out"
    reasons = [reason for reason in _reasons(refusal) if reason != refusal.code]
    return f"refused, {refusal.code}" + (f" ({', '.join(reasons)})" if reasons else "")
