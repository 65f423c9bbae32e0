"""Seal auditors: who can open every veil together, and each veil sealed to them.

Any k of them, of two organisations at least, open a day's veil and see whether it hides what no duty covers;
fewer see nothing, and the customer, who may fetch and keep the sealed veils for them, sees nothing either.
"""

import hashlib
import hmac

from custodes.acts.answers.kills import quorum as two_groups
from custodes.acts.answers.said import single
from custodes.acts.asks.documents import hash_of, seal_auditors_document
from custodes.acts.asks.log import LookVeilSeal, VeilSealFile
from custodes.acts.asks.rules import LookSealAuditors, SealAuditorsSet, SetSealAuditors
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import EXCEPTIONAL, Customer
from custodes.acts.footing.nouns import SealAuditors
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, house, may_read, permit
from custodes.acts.records import VEIL
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.custody import veil_seal
from custodes.custody.hierarchy import Page
from custodes.kernel.clock import to_text
from custodes.kernel.papers import SealAuditor
from custodes.kernel.refusal import absent
from custodes.ledger import veil
from custodes.policy.question import Resource

NOUN = "seal-auditors"
SECRET = b"custodes.veil-seal-secret/v1\n"


class Auditors:
    """Answers `SetSealAuditors`, `LookSealAuditors`, `LookVeilSeal`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def set(self, ask: SetSealAuditors) -> SealAuditorsSet:
        """Two people of two controlling groups; `bad-seal-auditors` (malformed), what `quorum` refuses."""
        o = self._o
        veil_seal.check_auditors(ask.auditors, ask.k)

        def decide() -> Alteration:
            old = o.standing.get(NOUN, o.house, SealAuditors)
            before = () if old is None else ((old.auditors, old.k), *old.before)
            at = to_text(o.clock.now())
            row = SealAuditors(auditors=ask.auditors, k=ask.k, set_at=at, before=before)
            generation = o.standing.expect(NOUN, o.house).generation
            document = seal_auditors_document(o.house, ask.auditors, ask.k, generation)
            seen = two_groups(o, o.identities.of(ask.evidence), ask.approvals, hash_of(document))
            resource = Resource(kind="house", id=o.house)
            each = [permit(o, one, "witnesses:change", resource) for one in seen]
            record = single(
                "change.policy",
                seen[0],
                o.house,
                subject=f"{NOUN}/{o.house}",
                subject_hash=digest_text(row),
                reason=NOUN,
            )
            return Alteration(
                changes=(Change(noun=NOUN, id=o.house, customer=o.house, value=row),),
                records=((house(o), record),),
                expects=tuple(expect for one in each for expect in one.expects),
            )

        await alter(o, decide, ask, ask.evidence)
        return self._stands()

    async def look(self, ask: LookSealAuditors) -> SealAuditorsSet:
        """Who they are: to anybody this house knows."""
        self._o.identities.of(ask.evidence)
        return self._stands()

    async def sealed(self, ask: LookVeilSeal) -> VeilSealFile:
        """A day's veil sealed to them. `no-seal-auditors`, `no-such-veil` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = customer(o, ask.customer)
        await may_read(o, who, "log:prove", Resource(kind="log", id=owner.id, customer=owner.id))
        found, leaf, page = await o.read(lambda reads: _veil(reads, o.house, owner, ask.day))
        opening = o.records.veil_opening(owner, page, found)
        wanted = veil.lift(leaf, opening).seal
        for auditors, k in sets_of(o):
            document = document_of(o, (owner.id, ask.day), veil.inside(opening), (auditors, k))
            if hashlib.sha256(document).digest() == wanted:
                return VeilSealFile(document, leaf, veil.disclose(opening, ()))
        raise absent("no-seal-auditors")

    def _stands(self) -> SealAuditorsSet:
        o = self._o
        row = o.standing.get(NOUN, o.house, SealAuditors)
        generation = o.standing.expect(NOUN, o.house).generation
        if row is None:
            return SealAuditorsSet((), 0, generation)
        return SealAuditorsSet(row.auditors, row.k, generation)


def sets_of(o: Opened) -> tuple[tuple[tuple[SealAuditor, ...], int], ...]:
    """Every set of auditors veils were sealed to, the present one first."""
    row = o.standing.get(NOUN, o.house, SealAuditors)
    return () if row is None else ((row.auditors, row.k), *row.before)


def document_of(
    o: Opened, about: tuple[str, str], inside: bytes, whom: tuple[tuple[SealAuditor, ...], int]
) -> bytes:
    """The document of one veil, `about` = (customer, day); the same bytes each time."""
    secret = hmac.digest(o.keyring.house_keys.mac, SECRET, "sha256")
    return veil_seal.seal(secret, (o.house, *about), inside, *whom).encode()


def _veil(reads: Reads, house_id: str, owner: Customer, day: str) -> tuple[OpeningRow, bytes, Page]:
    log = owner.log(EXCEPTIONAL)
    rows = reads.openings(log, subject=f"{VEIL}/{owner.id}/{day}", limit=2)
    page = reads.page(house_id, rows[0].page) if rows else None
    if page is None:
        raise absent("no-such-veil")
    return rows[0], reads.leaves(log, rows[0].index, rows[0].index + 1)[0], page
