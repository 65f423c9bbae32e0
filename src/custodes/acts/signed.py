"""A person's signature over the very act: what raises a token or a session to `passkey` or `file-key`.

A token proves that somebody has a token. What cannot be taken back wants the person himself: his
signature, by a credential whose enrolment is an entry, over the document of exactly this act.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from custodes.acts.asks import Ask, Evidence, Signed
from custodes.acts.asks.documents import SIGNED_FRESH_S, act_document, hash_of
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.kernel import canonical
from custodes.kernel.clock import from_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, denied, malformed
from custodes.parties import distinct
from custodes.parties.rows import Credential, CredentialKind
from custodes.parties.signature import FileKeySignature, PasskeySignature, RelyingParty, verify

SIGNATURE_BYTES_MAX = 20_000
SIGNERS_MAX = 16
AHEAD_S_MAX = 60  # a signer's clock may be this much ahead of ours
SIGNING_KINDS = frozenset({CredentialKind.PASSKEY, CredentialKind.FILE_KEY})

AnySignature = FileKeySignature | PasskeySignature


def relying_party(body: HouseBody) -> RelyingParty:
    """Where passkeys of this house are used: the console's origin, its host name as relying party."""
    origin = body.console.rstrip("/")
    return RelyingParty(id=urlsplit(origin).hostname or "", origins=(origin,))


def read(raw: bytes) -> AnySignature:
    """A signature as it travels (docs/formats/signed-acts.md); `bad-signature-form` (malformed)."""
    if len(raw) > SIGNATURE_BYTES_MAX:
        raise malformed("bad-signature-form")
    try:
        plain = canonical.decode(raw)
        if isinstance(plain, dict) and plain.get("kind") == CredentialKind.FILE_KEY:
            return msgspec.convert(plain, FileKeySignature)
        return msgspec.convert(plain, PasskeySignature)
    except (Refusal, msgspec.ValidationError) as error:
        raise malformed("bad-signature-form") from error


def vouched(o: Opened, who: Identified, raw: bytes, document_hash: bytes) -> Identified:
    """The same actor, `how` raised to the kind of key with which he signed these 32 bytes.

    The key must be live and of the same person for the same organisation and customer. Which credential
    acted stays as it was, and the signing one joins what the act rests on. His roles are those of his
    memberships: what a group gave a session is no role to sign in. Refusal `signature-refused`
    (denied) for every fault alike.
    """
    signer = _signer(o, read(raw), document_hash)
    same = (
        who.actor.person is not None
        and signer.actor.person == who.actor.person
        and signer.actor.organisation == who.actor.organisation
        and signer.actor.customer == who.actor.customer
    )
    if not same:
        raise denied("signature-refused")
    return msgspec.structs.replace(
        who,
        actor=msgspec.structs.replace(who.actor, how=signer.actor.how, roles=signer.actor.roles),
        expects=(*who.expects, *signer.expects),
    )


def of(o: Opened, ask: Ask[Any], evidence: Evidence, row: tuple[str, str]) -> Identified:
    """Who asks, and whether he signed this ask over the present generation of `row` (noun, id).

    Without `Signed` evidence it is who the evidence says, and policy will say whether that is enough.
    Refusals besides those of the evidence: `signature-stale`, `signature-refused` (denied).
    """
    who = o.identities.of(evidence)
    if not isinstance(evidence, Signed):
        return who
    age = o.clock.now() - from_text(evidence.at)
    if not timedelta(seconds=-AHEAD_S_MAX) <= age <= timedelta(seconds=SIGNED_FRESH_S):
        raise denied("signature-stale")
    footing = o.standing.expect(*row)
    document = act_document(ask, o.house, footing.generation, evidence.at)
    raised = vouched(o, who, evidence.signature, hash_of(document))
    return msgspec.structs.replace(raised, expects=(*raised.expects, footing))


def act_id(ask: Ask[Any], evidence: Evidence, who: Identified) -> str | None:
    """An id that the same signed act has again: who hands it in twice gets `signed-before`, not a second act.

    None without `Signed` evidence: such an act has an id of its own.
    """
    if not isinstance(evidence, Signed):
        return None
    document = act_document(ask, who.actor.person or "", 0, evidence.at)
    return new_id("act", Fixed(hash_of(document)))


def signers(o: Opened, approvals: Sequence[bytes], document_hash: bytes) -> tuple[Identified, ...]:
    """Everyone who signed these 32 bytes, each as an actor of his own; one bad signature refuses them all.

    Refusals: `too-many-signatures`, `bad-signature-form` (malformed), `signature-refused` (denied).
    """
    if len(approvals) > SIGNERS_MAX:
        raise malformed("too-many-signatures")
    return tuple(_signer(o, read(raw), document_hash) for raw in approvals)


def shortfall(o: Opened, signed: Sequence[Identified], quorum: distinct.Quorum) -> distinct.Shortfall | None:
    """None when these signers meet the quorum now: distinct human beings, distinct controlling groups."""
    approvals = tuple(
        distinct.Approval(credential=each.actor.credential, organisation=each.actor.organisation or "")
        for each in signed
    )
    return distinct.meets(quorum, approvals, o.directories.now(), distinct.Asker(), o.clock.now())


def credential_named(o: Opened, name: str) -> Credential | None:
    """A credential by its id, or a passkey by the browser's id for it."""
    row = o.standing.get("credential", name, Credential)
    if row is not None:
        return row
    found = (one for one in o.directories.now().credentials.values() if one.passkey_id == name)
    return next(found, None)


class Fixed:
    """Dice that give back what they were made of."""

    def __init__(self, drawn: bytes) -> None:
        self._drawn = drawn

    def draw(self, length_bytes: int) -> bytes:
        """The first bytes, every time."""
        return self._drawn[:length_bytes]


def _signer(o: Opened, signature: AnySignature, document_hash: bytes) -> Identified:
    credential = credential_named(o, signature.credential)
    if credential is None or credential.kind not in SIGNING_KINDS or credential.person is None:
        raise denied("signature-refused")
    own = msgspec.structs.replace(signature, credential=credential.id)
    if verify(own, credential, document_hash, relying_party(o.body)) is not None:
        raise denied("signature-refused")
    try:
        return o.identities.actor_of(credential, credential.kind.value)
    except Refusal as refusal:
        raise denied("signature-refused") from refusal
