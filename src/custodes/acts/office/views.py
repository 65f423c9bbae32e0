"""A case as somebody may see it: scope in plain fields, what he would sign, what is open, what happened.

The timeline is a fold over the customer's opened entries (promise 8); state, scope and approvals come from
the case whose head stands.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from custodes.acts.asks import cases as asks
from custodes.acts.asks.cases import (
    ApprovalView,
    CaseView,
    GrantView,
    LookCase,
    LookCases,
    LookGrants,
    MoveCase,
    MoveView,
    OpenCase,
    ResourceView,
    ScopeView,
    StepView,
    ToSign,
    WhoView,
    WhyView,
)
from custodes.acts.footing.case_head import CaseHead
from custodes.acts.footing.customer import EXCEPTIONAL, Customer
from custodes.acts.footing.decisions import Asked, refusal_of
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import CaseRow, OpeningRow
from custodes.boundary.places import Location
from custodes.custody.hierarchy import Page
from custodes.custody.keys import Key
from custodes.desks import catalogue, grant
from custodes.desks.access import ENDED, AccessCase
from custodes.desks.engine import OpenMove, Step
from custodes.desks.forms import Approve, Form
from custodes.desks.grant import Approval, Document, FileSignature, KeyFor, ObjectVersion, Resource, Who
from custodes.desks.rules import DirectoryRules
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal, absent, malformed
from custodes.objects.bucket import Bucket
from custodes.parties.connections import Connection, connection_named
from custodes.parties.rows import Credential, Organisation, Person, roles_of
from custodes.policy.explain import explain
from custodes.policy.question import Resource as CaseResource
from custodes.policy.rules import RuleSet

from .explaining import reason_why, rule_why
from .facts import by_key, facts_of, granted_of, is_outsider, is_own, resource_of, signing_keys
from .office import Office, checked, customer_of

TIMELINE_MAX = 200
SUBJECTS_MAX = 20  # uses of so many things are looked up for one page
LIST_MAX = 200
_Entry = tuple[OpeningRow, bytes, Page]
_Names = Mapping[str, str]  # object version -> name


class CaseAnswers:
    """Answers `OpenCase`, `MoveCase`, `LookCase`, `LookCases`, `LookGrants`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._office = Office(opened)

    async def open(self, ask: OpenCase) -> CaseView:
        """Open a case; see `Office.open` for what is refused."""
        case = await self._office.open(ask)
        return await self.look(LookCase(ask.evidence, case))

    async def move(self, ask: MoveCase) -> CaseView:
        """Move a case; see `Office.move` for what is refused."""
        await self._office.move(ask)
        return await self.look(LookCase(ask.evidence, ask.case))

    async def look(self, ask: LookCase) -> CaseView:
        """One case; `no-such-case` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        async with o.gate.standing_lock:
            case = await self._office.seen(ask.case, who)
        customer = customer_of(o, case)
        resources = case.body.document.resources if case.body.document else ()
        versions = [one.version for one in resources if isinstance(one, ObjectVersion)]
        entries, names = await o.read(
            lambda reads: (_entries(reads, o.house, customer, case), reads.object_names(versions))
        )
        return self._view(who, case, customer, (entries, {at: name for at, (_, name) in names.items()}))

    async def list(self, ask: LookCases) -> asks.Cases:
        """Cases the asker may read; `bad-limit` (malformed), `no-such-customer` (absent)."""
        o = self._o
        if not 1 <= ask.limit <= LIST_MAX:
            raise malformed("bad-limit")
        who = o.identities.of(ask.evidence)
        customers = self._readable(who, ask.customer)
        mine = None if not is_outsider(o, who) else [who.actor.person or "", who.actor.credential]
        final = {state for desk in catalogue.CURRENT.values() for state in desk.final}

        def work(reads: Reads) -> Sequence[CaseRow]:
            return reads.cases(
                customers=customers,
                of=mine,
                without=sorted(final) if ask.open_only else (),
                before=ask.before,
                limit=ask.limit,
            )

        async with o.gate.standing_lock:
            rows = await o.read(work)
        views = [view for row in rows if (view := self._line(who, row)) is not None]
        return asks.Cases(tuple(views), rows[-1].opened_at if len(rows) == ask.limit else None)

    async def grants(self, ask: LookGrants) -> asks.Grants:
        """Grants of a customer, or those the asker holds; `no-such-customer` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        customers = self._readable(who, ask.customer)
        found = [one for id_ in customers for one in o.standing.all_of("grant", Granted, id_)]
        if ask.customer is None or is_outsider(o, who):
            found = [one for one in found if _holds(who, o.grants.document(one).beneficiary)]
        return asks.Grants(tuple(self._grant(one) for one in found))

    def _readable(self, who: Identified, customer: str | None) -> Sequence[str]:
        """Customers whose cases this actor may read; for a named one he may not, the refusal of policy."""
        o = self._o
        if customer is None:
            named = [row.id for row in o.standing.all_of("customer", Customer) if row.id != o.house]
            return [id_ for id_ in named if self._may_read(who, id_) is None]
        if o.standing.get("customer", customer, Customer) is None:
            raise absent("no-such-customer")
        refused = self._may_read(who, customer)
        if refused is not None:
            raise refused
        return [customer]

    def _may_read(self, who: Identified, customer: str) -> Exception | None:
        resource = CaseResource(kind="case", id=customer, customer=customer, facts={"desk": "lockbox"})
        decided = self._o.decisions.decide(
            who, Asked(action="lockbox:read", resource=resource, purpose="audit")
        )
        return None if decided.decision.allowed else refusal_of(decided.decision)

    def _view(
        self, who: Identified, case: AccessCase, customer: Customer, found: tuple[Sequence[_Entry], _Names]
    ) -> CaseView:
        o, now, body = self._o, self._o.grants.now(), case.body
        entries, names = found
        moves = self._moves(who, case, customer, now)
        row = granted_of(o, case)
        due = catalogue.desk_of(case).due(case)
        can_sign = any(move.signs and move.open for move in moves)
        document = body.document
        rules = o.grants.rules(customer)
        return CaseView(
            id=case.id,
            desk=case.desk,
            customer=case.customer,
            state=case.state,
            version=case.version,
            opened_at=to_text(case.opened_at),
            changed_at=to_text(case.changed_at),
            moves=moves,
            timeline=tuple(step for one in entries if (step := self._step(customer, case, one))),
            approvals=tuple(self._approval(document, one, rules, now) for one in body.approvals),
            waits_for=self._waits_for(case, customer),
            until=to_text(due.at) if due else None,
            review_by=to_text(body.review_by) if body.review_by else None,
            finding=body.finding,
            remark=body.reason,
            scope=self._scope(who, document, names) if document else None,
            document=grant.encode(document) if document else None,
            document_hash=grant.grant_hash(document) if document else None,
            to_sign=self._to_sign(who, document, now) if document and can_sign else (),
            grant=self._grant(row) if row else None,
        )

    def _approval(
        self, document: Document | None, one: Approval, rules: DirectoryRules, now: datetime
    ) -> ApprovalView:
        """One approval, and whether it still counts by the directory of now."""
        lost_by = ""
        if not roles_of(self._o.directories.now(), one.person, one.organisation, now):
            lost_by = "left"
        elif document is None or grant.approval_reason(document, one, rules) is not None:
            lost_by = "key-revoked"
        who = Who(credential=one.credential, organisation=one.organisation, person=one.person)
        return ApprovalView(self._who(who), to_text(one.approved_at), not lost_by, lost_by)

    def _moves(
        self, who: Identified, case: AccessCase, customer: Customer, now: datetime
    ) -> tuple[MoveView, ...]:
        """Every verb as it stands for this actor; a move that signs is judged as if he had signed."""
        o, desk = self._o, catalogue.desk_of(case)
        keys = signing_keys(o, who, now)
        signer = by_key(o, who, keys[0]) if keys else who
        resource = resource_of(o, case)
        purpose = case.body.document.purpose if case.body.document else "audit"
        closed: dict[str, tuple[WhyView, ...]] = {}
        allowed = set()
        for action in sorted({move.action for move in desk.moves if move.action is not None}):
            acting = signer if any(m.action == action and m.form is Approve for m in desk.moves) else who
            asked = Asked(action=action, resource=resource, purpose=purpose)
            decided = o.decisions.decide(acting, asked)
            if decided.decision.allowed:
                allowed.add(action)
            elif decided.question is not None:
                rules = o.standing.get("rules", case.customer, RuleSet)
                reasons = explain(decided.decision, decided.question, rules)
                closed[action] = tuple(rule_why(one) for one in reasons)
        step = Step(
            case=case,
            actor=who.actor,
            form=Form(),
            now=now,
            facts=facts_of(o, case, customer, Form(), now),
            allowed=frozenset(allowed),
        )
        actions = {move.verb: str(move.action) for move in desk.moves if case.state in move.sources}
        return tuple(
            _move_view(one, closed.get(actions.get(one.verb, ""), ())) for one in desk.open_moves(step)
        )

    def _waits_for(self, case: AccessCase, customer: Customer) -> tuple[str, ...]:
        """Who must act for the case to go on: whoever has not consented yet, or who is to review."""
        parties = (customer.organisation, self._o.grants.trustee())
        if case.state in ENDED:
            return parties
        if case.state in {"asked", "called"}:
            given = {one.organisation for one in case.body.approvals}
            return tuple(one for one in parties if one not in given) or parties
        return ()

    def _to_sign(self, who: Identified, document: Document, now: datetime) -> tuple[ToSign, ...]:
        return tuple(
            _signing(document, who, key, now.replace(microsecond=0))
            for key in signing_keys(self._o, who, now)
        )

    def _scope(self, who: Identified, document: Document, names: _Names) -> ScopeView:
        is_told = not is_outsider(self._o, who)
        return ScopeView(
            grant=document.grant,
            asker=self._who(document.asker),
            beneficiary=self._who(document.beneficiary),
            resources=tuple(self._resource(one, names, is_told=is_told) for one in document.resources),
            actions=document.actions,
            purpose=document.purpose,
            reason=document.reason,
            ticket=document.ticket,
            asked_at=to_text(document.asked_at),
            not_before=to_text(document.not_before),
            begins_by=to_text(document.begins_by),
            window_s=document.window_s,
            lapses_at=to_text(document.lapses_at),
            uses_max=document.uses_max,
            bytes_max=document.bytes_max,
        )

    def _resource(self, resource: Resource, names: _Names, *, is_told: bool) -> ResourceView:
        o = self._o
        if isinstance(resource, ObjectVersion):
            bucket = o.standing.get("bucket", resource.bucket, Bucket)
            told = bucket if is_told else None
            places = (o.standing.get("location", id_, Location) for id_ in (told.locations if told else ()))
            return ResourceView(
                kind="object-version",
                id=resource.version,
                name=names.get(resource.version, ""),
                bucket=resource.bucket,
                bucket_name=bucket.name if bucket else "",
                data_class=told.data_class if told else "",
                places=tuple((one.name, one.country or "") for one in places if one is not None),
            )
        key = o.standing.get("key", resource.key, Key)
        claim = f"{resource.claim}:{resource.value}" if isinstance(resource, KeyFor) else ""
        return ResourceView(
            kind="key-for" if claim else "key", id=resource.key, name=key.name if key else "", claim=claim
        )

    def _who(self, who: Who) -> WhoView:
        o = self._o
        home = o.standing.get("organisation", who.organisation, Organisation)
        person = o.standing.get("person", who.person, Person) if who.person else None
        named = person or o.standing.get("connection", connection_named(who.credential), Connection)
        return WhoView(
            credential=who.credential,
            organisation=who.organisation,
            organisation_name=home.name if home else "",
            person=who.person,
            name=named.name if named else "",
        )

    def _step(self, customer: Customer, case: AccessCase, found: _Entry) -> StepView | None:
        """One entry; None for a use of the same thing under another grant."""
        row, leaf, page = found
        fields = self._o.records.unseal(customer, page, row, leaf).fields
        if fields.get("case") != case.id:
            return None
        person = fields.get("person")
        named = self._o.standing.get("person", str(person), Person) if person else None
        organisation = fields.get("organisation")
        return StepView(
            at=to_text(row.at),
            move=str(fields.get("move", row.code)),
            actor=str(fields["actor"]),
            organisation=str(organisation) if organisation else None,
            person=str(person) if person else None,
            name=named.name if named else "",
            log=row.log,
            index=row.index,
        )

    def _grant(self, row: Granted) -> GrantView:
        document = self._o.grants.document(row)
        return GrantView(
            id=row.id,
            case=row.case,
            customer=row.customer,
            document=row.document.encode(),
            document_hash=grant.grant_hash(document),
            approvals=row.approvals.encode(),
            state=row.state,
            not_before=row.not_before,
            lapses_at=row.lapses_at,
            uses_max=row.uses_max,
            uses_spent=row.uses_spent,
            bytes_max=row.bytes_max,
            bytes_spent=row.bytes_spent,
            reasons=self._o.grants.verified(row).reasons,
        )

    def _line(self, who: Identified, row: CaseRow) -> asks.CaseRow | None:
        """One line of a list; None for a row whose case does not stand as it says."""
        head = self._o.standing.get("case", row.id, CaseHead)
        if head is None or self._o.standing.customer_of("case", row.id) != row.customer:
            return None
        known = asks.CaseRow(
            id=head.id,
            desk=head.desk,
            customer=row.customer,
            state=head.state,
            opened_at=head.opened_at,
            purpose="",
            asker=None,
            until=head.due_at,
            is_mine=False,
            is_forged=True,
        )
        try:
            case = checked(row, head)
        except Refusal:
            return None if is_outsider(self._o, who) else known
        if is_outsider(self._o, who) and not is_own(who, case):
            return None
        document = case.body.document
        customer = customer_of(self._o, case)
        moves = self._moves(who, case, customer, self._o.grants.now())
        is_waited_for = who.actor.organisation in self._waits_for(case, customer)
        return msgspec.structs.replace(
            known,
            purpose=document.purpose if document else "",
            reason=document.reason if document else "",
            ticket=document.ticket if document else "",
            asker=self._who(document.asker) if document else None,
            is_mine=is_waited_for and any(move.open for move in moves),
            is_forged=False,
        )


def _move_view(one: OpenMove, rules: tuple[WhyView, ...]) -> MoveView:
    why: list[WhyView] = []
    for code in one.reasons:
        why += rules if code == "not-allowed" and rules else (reason_why(code),)
    return MoveView(
        verb=one.verb,
        open=one.is_open,
        form=one.form.__name__,
        signs=one.form is Approve,
        why=tuple(why),
    )


def _signing(document: Document, who: Identified, key: Credential, at: datetime) -> ToSign:
    key_hash = hashlib.sha256(canonical.unb64(key.public or "")).digest()
    blank = Approval(
        grant_hash=grant.grant_hash(document),
        person=who.actor.person or "",
        organisation=who.actor.organisation or "",
        credential=key.id,
        key_hash=key_hash,
        approved_at=at,
        signature=FileSignature(signature=b""),
    )
    return ToSign(
        credential=key.id,
        kind=key.kind.value,
        organisation=blank.organisation,
        grant_hash=canonical.b64(blank.grant_hash),
        key_hash=canonical.b64(key_hash),
        approved_at=to_text(at),
        digest=grant.approval_digest(blank),
        passkey_id=key.passkey_id,
    )


def _holds(who: Identified, beneficiary: Who) -> bool:
    return who.actor.credential == beneficiary.credential or (
        who.actor.person is not None and who.actor.person == beneficiary.person
    )


def _entries(reads: Reads, house: str, customer: Customer, case: AccessCase) -> list[_Entry]:
    """The case's entries, oldest first, and those of everything it gives access to (uses among them)."""
    log = customer.log(EXCEPTIONAL)
    resources = case.body.document.resources if case.body.document else ()
    subjects = [case.id]
    if case.body.begins_at is not None:
        things = [one.version if isinstance(one, ObjectVersion) else one.key for one in resources]
        subjects += things[:SUBJECTS_MAX]
    rows = {
        row.index: row
        for subject in subjects
        for row in reads.openings(log, subject=subject, limit=TIMELINE_MAX)
    }
    found = []
    for index in sorted(rows)[-TIMELINE_MAX:]:
        page = reads.page(house, rows[index].page)
        leaves = reads.leaves(log, index, index + 1)
        if page is None or len(leaves) != 1:
            raise absent("no-such-entry")
        found.append((rows[index], leaves[0], page))
    return found
