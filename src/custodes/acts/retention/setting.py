"""Terms and holds as people set them: terms by two organisations, a hold by one person, its end by two."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from custodes.acts import signed
from custodes.acts.answers.said import single
from custodes.acts.asks import Evidence
from custodes.acts.asks.documents import hash_of, hold_end_document, retention_document
from custodes.acts.asks.upkeep import (
    EndHold,
    HoldView,
    LookRetention,
    PlaceHold,
    Retention,
    SetRetention,
    TermView,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import SHOWN, Customer
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, may_read, permit
from custodes.acts.writing.ports import Reads
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, denied, malformed
from custodes.ledger.retention import terms
from custodes.ledger.retention.terms import (
    SOURCE_CHARACTERS_MAX,
    TERMS,
    EntryClass,
    Hold,
    Term,
    Terms,
    class_of,
)
from custodes.parties.distinct import Quorum, Seat
from custodes.parties.rows import Organisation
from custodes.policy.question import Resource

from .over import Over, holds_of, over

REVIEW_DAYS_MAX = 184
COUNTED_MAX = 100_000


class Setting:
    """Answers `SetRetention`, `PlaceHold`, `EndHold`, `LookRetention`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def set(self, ask: SetRetention) -> Retention:
        """`bad-term`, `source-missing` (malformed), `no-such-customer` (absent); `asker-did-not-sign`,
        `signatures-too-few`, `signature-refused` and what policy says (denied).
        """
        o = self._o
        terms.check_days(ask.days)
        source = _source(ask.source)

        def decide() -> Alteration:
            owner = self._customer(ask.evidence, ask.customer)
            generation = o.standing.expect("retention", owner.id).generation
            document = retention_document(o.house, owner.id, ask.days, ask.source, generation)
            seen, each = self._quorum(ask.evidence, owner, ask.approvals, document)
            row = Terms(days=dict(ask.days), source=source, set_at=to_text(o.clock.now()))
            return _alteration(owner, ("retention", owner.id, row), ("change.retention", seen, each))

        await alter(o, decide, ask, ask.evidence)
        return await self._stands(ask.customer)

    async def place(self, ask: PlaceHold) -> Retention:
        """`bad-hold`, `source-missing` (malformed), `no-such-customer` (absent), what policy says."""
        o = self._o
        source = _source(ask.source)

        def decide() -> Alteration:
            owner = self._customer(ask.evidence, ask.customer)
            decided = permit(o, o.identities.of(ask.evidence), "retention:hold", _resource(owner))
            now = o.clock.now()
            row = Hold(
                id=new_id("hld", o.dice),
                customer=owner.id,
                classes=tuple(sorted(ask.classes)),
                from_at=ask.from_at,
                until_at=ask.until_at,
                source=source,
                review_at=ask.review_at,
                placed_at=to_text(now),
            )
            _check_hold(row)
            if not now < from_text(row.review_at) <= now + timedelta(days=REVIEW_DAYS_MAX):
                raise malformed("bad-hold")
            who = o.identities.of(ask.evidence)
            return _alteration(owner, ("hold", row.id, row), ("hold.place", (who,), (decided,)))

        await alter(o, decide, ask, ask.evidence, is_urgent=True)
        return await self._stands(ask.customer)

    async def end(self, ask: EndHold) -> Retention:
        """`no-such-hold`, `no-such-customer` (absent); the rest as `set`."""
        o = self._o

        def decide() -> Alteration:
            owner = self._customer(ask.evidence, ask.customer)
            row = o.standing.get("hold", ask.hold, Hold)
            if row is None or row.customer != owner.id or row.ended_at is not None:
                permit(o, o.identities.of(ask.evidence), "log:read", _resource(owner), "audit")
                raise absent("no-such-hold")
            generation = o.standing.expect("hold", row.id).generation
            document = hold_end_document(o.house, owner.id, row.id, generation)
            seen, each = self._quorum(ask.evidence, owner, ask.approvals, document)
            ended = msgspec.structs.replace(row, ended_at=to_text(o.clock.now()))
            return _alteration(owner, ("hold", row.id, ended), ("hold.end", seen, each))

        await alter(o, decide, ask, ask.evidence)
        return await self._stands(ask.customer)

    async def look(self, ask: LookRetention) -> Retention:
        """To whoever may read the customer's log."""
        o = self._o
        owner = self._customer(ask.evidence, ask.customer)
        await may_read(o, o.identities.of(ask.evidence), "log:read", _resource(owner))
        return await self._stands(ask.customer)

    def _customer(self, evidence: Evidence, id_: str) -> Customer:
        row = self._o.standing.get("customer", id_, Customer)
        if row is None or self._o.decisions.is_stranger(self._o.identities.of(evidence), row.id):
            raise absent("no-such-customer")
        return row

    def _quorum(
        self, evidence: Evidence, owner: Customer, approvals: Sequence[bytes], document: bytes
    ) -> tuple[tuple[Identified, ...], tuple[Decided, ...]]:
        """Two persons of two controlling groups, the customer's own organisation among them."""
        o = self._o
        who = o.identities.of(evidence)
        seen = signed.signers(o, approvals, hash_of(document))
        own = [one for one in seen if one.actor.person is not None and one.actor.person == who.actor.person]
        if not own:
            permit(o, who, "log:read", _resource(owner), "audit")
            raise denied("asker-did-not-sign")
        home = o.standing.get("organisation", owner.organisation, Organisation)
        seats = () if home is None else (Seat(kind=home.kind, organisation=home.id),)
        short = signed.shortfall(o, seen, Quorum(persons=2, organisations=2, seats=seats))
        if short is not None:
            raise denied("signatures-too-few", reason=short.code, need=short.need, have=short.have)
        each = tuple(permit(o, one, "retention:change", _resource(owner)) for one in seen)
        return (own[0], *(one for one in seen if one is not own[0])), each

    async def _stands(self, id_: str) -> Retention:
        o = self._o
        owner = customer(o, id_)
        logs = {kind: owner.log(kind) for kind in SHOWN}

        def read(reads: Reads) -> tuple[Over | None, dict[EntryClass, int], set[EntryClass], int]:
            due = over(o.standing, reads, owner, o.clock.now())
            counted, cut = _counted(reads, due, logs)
            return due, counted, cut, reads.upkeep.marked(tuple(logs.values()))

        due, counted, cut, destroyed = await o.read(read)
        try:
            o.time.refuse_if_frozen()
            frozen: tuple[str, ...] = ()
        except Refusal:
            frozen = ("clock",)
        stands = due.terms if due is not None else None
        return Retention(
            customer=owner.id,
            terms=tuple(_term(row, due, (counted, cut), frozen) for row in TERMS.values()),
            source=stands.source if stands else "",
            set_at=stands.set_at if stands else "",
            generation=o.standing.expect("retention", owner.id).generation,
            holds=tuple(_hold(o, hold) for hold in holds_of(o.standing, owner.id)),
            destroyed=destroyed,
        )


def _counted(
    reads: Reads, due: Over | None, logs: dict[str, str]
) -> tuple[dict[EntryClass, int], set[EntryClass]]:
    """How many openings of each class there are that are older than its cutoff, up to a limit."""
    found: dict[EntryClass, int] = {}
    cut: set[EntryClass] = set()
    for entry_class, at in (due.cutoffs if due is not None else {}).items():
        kind = "machine" if entry_class is EntryClass.MACHINE else "exceptional"
        log = logs[kind]
        end = reads.index_at(log, int(at.timestamp() * 1_000_000), reads.head(log).size)
        codes = reads.upkeep.codes_before(log, end, COUNTED_MAX)
        found[entry_class] = sum(n for code, n in codes.items() if class_of(kind, code) is entry_class)
        if sum(codes.values()) == COUNTED_MAX:
            cut.add(entry_class)
    return found, cut


def _term(
    row: Term, due: Over | None, counted: tuple[dict[EntryClass, int], set[EntryClass]], held: tuple[str, ...]
) -> TermView:
    at = due.cutoffs.get(row.entry_class) if due is not None else None
    if due is not None and at is not None:
        if due.cases_from is not None and due.cases_from < at:
            held = (*held, "case")
        held = (*held, *(one.id for one in due.holds if row.entry_class in one.classes))
    return TermView(
        entry_class=row.entry_class.value,
        german=row.german,
        english=row.english,
        days=due.terms.days.get(row.entry_class) if due is not None else None,
        proposed=row.days_proposed,
        may_end=row.may_end,
        cutoff=to_text(at) if at is not None else "",
        over=counted[0].get(row.entry_class, 0),
        is_more=row.entry_class in counted[1],
        held_by=held if at is not None else (),
    )


def _hold(o: Opened, hold: Hold) -> HoldView:
    return HoldView(
        id=hold.id,
        classes=hold.classes,
        from_at=hold.from_at,
        until_at=hold.until_at,
        source=hold.source,
        review_at=hold.review_at,
        placed_at=hold.placed_at,
        generation=o.standing.expect("hold", hold.id).generation,
        is_review_due=from_text(hold.review_at) <= o.clock.now(),
    )


def _alteration(
    owner: Customer,
    what: tuple[str, str, Terms | Hold],
    how: tuple[str, Sequence[Identified], Sequence[Decided]],
) -> Alteration:
    (noun, id_, row), (act, seen, each) = what, how
    record = single(act, seen[0], id_, subject=f"{noun}/{id_}", subject_hash=digest_text(row))
    return Alteration(
        changes=(Change(noun=noun, id=id_, customer=owner.id, value=row),),
        records=((owner, record),),
        expects=tuple(expect for one in each for expect in one.expects),
    )


def _resource(owner: Customer) -> Resource:
    return Resource(kind="log", id=owner.id, customer=owner.id)


def _source(text: str) -> str:
    """Why: a law, a contract, a decision, in the setter's own words; `source-missing` (malformed)."""
    if not text.strip() or len(text) > SOURCE_CHARACTERS_MAX:
        raise malformed("source-missing")
    return text


def _check_hold(row: Hold) -> None:
    try:
        begin = from_text(row.from_at)
        ends = from_text(row.until_at) if row.until_at else None
        from_text(row.review_at)
    except (ValueError, Refusal):
        raise malformed("bad-hold") from None
    known = {term.entry_class.value for term in TERMS.values() if term.may_end}
    if not row.classes or not set(row.classes) <= known or (ends is not None and ends <= begin):
        raise malformed("bad-hold")
