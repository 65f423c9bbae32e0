"""The outbox handed to whoever delivers: at least once, each thing under its id, nobody named in a subject.

Whom to tell is looked up when it is delivered: people of that organisation who may take the move, with a
mail address that was verified. What is told carries no authority and holds no data of the case but its id.
"""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from custodes.acts.asks import Ask, Evidence
from custodes.acts.asks.cases import (
    LookNotices,
    LookOutbox,
    Notices,
    NoticeView,
    Outbox,
    OutboxDone,
    OutboxItem,
    OutboxMarked,
)
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.issuers import Provisioned
from custodes.acts.gate import Receipted
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.readers import OutboxRow
from custodes.desks.words import DESKS, VERBS, Words
from custodes.kernel import canonical
from custodes.kernel.actor import ActorKind
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import absent, denied, malformed
from custodes.parties.cover import Cover
from custodes.parties.cover import told as cover_told
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Organisation, Person, roles_of
from custodes.policy.actions import ACTIONS

from .office import instant, microseconds

_log = logging.getLogger("custodes.office")

LIMIT_MAX = 500
CONFLICT = "log-conflict"  # of no case: a witness, or the last signed head, knows another tree
UNTOLD = "untold"  # of a case somebody should have been told and was not
IDS_MAX = 500

# What a message says in a subject line. Nothing of the case stands there but its id.
SUBJECTS: Mapping[str, Words] = MappingProxyType(
    {
        "access-asked": Words("Zugriff beantragt", "Access asked for"),
        "access-approved-by-one": Words("Zugriff von einer Seite genehmigt", "Access approved by one"),
        "approval-struck": Words("Genehmigung gestrichen", "An approval was struck"),
        "access-granted": Words("Zugriff freigegeben", "Access granted"),
        "access-denied": Words("Zugriff abgelehnt", "Access denied"),
        "access-withdrawn": Words("Antrag zurückgezogen", "Request withdrawn"),
        "request-unanswered": Words("Antrag unbeantwortet verfallen", "Request lapsed without an answer"),
        "grant-ended": Words("Freigabe beendet, Nachprüfung steht an", "Grant ended, review is due"),
        "reviewed": Words("Zugriff nachgeprüft", "Access reviewed"),
        "glass-called": Words("Notfallzugriff ausgerufen", "Break-glass was called"),
        "review-missed": Words("Nachprüfung ausgeblieben", "Review was never done"),
        CONFLICT: Words(
            "Alle Nutzung gestoppt: Konflikt im Protokoll", "All uses stopped: conflict in the log"
        ),
        "review-overdue": Words("Nachprüfung überfällig", "Review overdue"),
        "preservation-asked": Words(
            "Sicherung auf Anordnung beantragt", "Preservation under an order asked for"
        ),
        "preservation-approved": Words(
            "Sicherung auf Anordnung genehmigt", "Preservation under an order approved"
        ),
        "preservation-secured": Words("Auf Anordnung gesichert", "Preserved under an order"),
        "preservation-verified": Words("Gesichertes geprüft", "What is preserved was verified"),
        "preservation-damaged": Words(
            "Gesichertes lässt sich nicht mehr öffnen", "What is preserved does not open any more"
        ),
        "preservation-over": Words("Sicherung auf Anordnung beendet", "Preservation under an order is over"),
        "preservation-destroyed": Words("Gesichertes vernichtet", "What was preserved is destroyed"),
        "preservation-revealed": Words(
            "Eine Pflicht zu schweigen ist beendet: Es gab eine Sicherung auf Anordnung",
            "A duty of silence has ended: there was a preservation under an order",
        ),
    }
)


class _Told(msgspec.Struct, kw_only=True):
    """The body of an outbox row: an intent and the case it is of."""

    case: str
    desk: str
    customer: str
    organisation: str = ""
    party: str = ""
    message: str = ""
    verb: str = ""
    until: str | None = None


class Telling:
    """Answers `LookOutbox`, `OutboxDone`, `LookNotices`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def look(self, ask: LookOutbox) -> Outbox:
        """What was not told yet; `bad-limit` (malformed), `local-only` (denied)."""
        if not 1 <= ask.limit <= LIMIT_MAX:
            raise malformed("bad-limit")
        self._refuse_others(ask, ask.evidence)
        rows, backlog = await self._o.read(lambda reads: (reads.outbox(ask.limit), reads.outbox_backlog()))
        oldest = None if backlog[1] is None else to_text(instant(backlog[1]))
        return Outbox(tuple(self._item(row) for row in rows), backlog[0], oldest)

    async def done(self, ask: OutboxDone) -> OutboxMarked:
        """These were told; ids nobody knows or told before change nothing. `bad-ids` (malformed)."""
        ids = (*ask.ids, *ask.dead)
        if len(ids) > IDS_MAX or not all(is_id("out", id_) for id_ in ids):
            raise malformed("bad-ids")
        self._refuse_others(ask, ask.evidence)
        o = self._o
        at = microseconds(o.clock.now())
        writes = tuple(Write("outbox.done", (id_, at)) for id_ in ask.ids)
        if writes:
            await o.gate.commit(Act(id=new_id("act", o.dice), writes=writes))
        for row in await o.read(lambda reads: reads.outbox(LIMIT_MAX)) if ask.dead else ():
            if row.id in ask.dead:
                await self._given_up(row, at)
        return OutboxMarked(len(ids))

    async def own(self, ask: LookNotices) -> Notices:
        """Of his organisation, to somebody who may watch its cases; others get numbers alone."""
        o = self._o
        who = o.identities.of(ask.evidence)
        home = o.standing.get("organisation", who.actor.organisation or "", Organisation)
        if who.actor.person is None or home is None:
            raise absent("no-such-organisation")
        rows, backlog = await o.read(lambda reads: (reads.outbox(LIMIT_MAX), reads.outbox_backlog()))
        mine = {home.id, ""} if home.kind is PartyKind.TRUSTEE else {home.id}
        watches = set(ACTIONS["lockbox:read"].roles.get(home.kind.value, ())) & set(who.actor.roles)
        found = tuple(
            NoticeView(
                id=row.id,
                at=to_text(instant(row.at)),
                kind=row.kind,
                case=told.case,
                customer=told.customer,
                message=told.message or told.verb,
                until=told.until,
                reached=len(self._to(told, row.kind)),
            )
            for row in rows
            if (told := msgspec.convert(canonical.decode(row.body), _Told)).organisation in mine and watches
        )
        return Notices(found, backlog[0], None if backlog[1] is None else to_text(instant(backlog[1])))

    async def _given_up(self, row: OutboxRow, at: int) -> None:
        """The entry and the end of waiting, in one act."""
        o = self._o
        told = msgspec.convert(canonical.decode(row.body), _Told)
        customer = o.standing.get("customer", told.customer, Customer)
        if customer is None:
            return
        _log.error("alarm: due work not done: notice %s, case %s", row.id, told.case)
        record = Record(
            act=f"lockbox.{UNTOLD}",
            subject=row.id,
            fields={
                "actor": "logkeeper",
                "actor_kind": "process",
                "phase": "single",
                "case": told.case,
                "move": UNTOLD,
                "reason": told.message or told.verb,
                **({"organisation": told.organisation} if told.organisation else {}),
            },
        )

        async def once() -> Receipted | Failed:
            await o.records.ready(customer)
            act_id = new_id("act", o.dice)
            entry = o.records.seal(customer, act_id, 0, record)
            write = Write("outbox.done", (row.id, at))
            return await o.gate.commit(Act(id=act_id, entries=(entry,), writes=(write,), is_urgent=True))

        await o.gate.until_committed(once)

    def _refuse_others(self, ask: Ask[Any], evidence: Evidence) -> None:
        if is_logkeeper(self._o, ask, evidence):
            return
        if self._o.identities.of(evidence).actor.kind is not ActorKind.PROCESS:
            raise denied("local-only")

    def _item(self, row: OutboxRow) -> OutboxItem:
        told = msgspec.convert(canonical.decode(row.body), _Told)
        words = SUBJECTS.get(told.message) or VERBS.get(told.verb) or DESKS[told.desk]
        late = {"remind": Words("Erinnerung", "Reminder"), "escalate": Words("Dringend", "Urgent")}
        before = late.get(row.kind)
        german = f"{before.de}: {words.de}" if before else words.de
        english = f"{before.en}: {words.en}" if before else words.en
        return OutboxItem(
            id=row.id,
            at=to_text(instant(row.at)),
            kind=row.kind,
            case=told.case,
            desk=told.desk,
            customer=told.customer,
            organisation=told.organisation,
            message=told.message or told.verb,
            subject_de=f"Custodes: {german} ({told.case or told.customer})",
            subject_en=f"Custodes: {english} ({told.case or told.customer})",
            until=told.until,
            to=self._to(told, row.kind),
        )

    def _to(self, told: _Told, kind: str) -> tuple[str, ...]:
        """Who of the organisation is told: with a verb those who may take it, or who stands in for them; of
        what is late also those on call and the leads; without a verb all who watch cases.
        """
        o = self._o
        home = o.standing.get("organisation", told.organisation, Organisation)
        wanted = "kill:lift-house" if told.message == CONFLICT else f"lockbox:{told.verb or 'read'}"
        action = ACTIONS.get(wanted)
        if home is None or action is None:
            return ()
        roles = set(action.roles.get(home.kind.value, ()))
        found, now = o.directories.now(), o.clock.now()
        persons = {row.person for row in found.memberships.values() if row.organisation == home.id}
        able = {one for one in persons if roles & set(roles_of(found, one, home.id, now))}
        cover = o.standing.get("cover", home.id, Cover)
        asked = cover_told(cover, able, now, is_late=kind == "escalate") if told.verb else frozenset(able)
        return tuple(sorted({mail for one in asked if (mail := self._mail(one))}))

    def _mail(self, person: str) -> str:
        """Where a person is reached: an address that was verified, or the one his directory keeps."""
        o = self._o
        row = o.standing.get("person", person, Person)
        if row is not None and row.mail and row.is_mail_verified:
            return row.mail
        listed = o.standing.get("provisioned", person, Provisioned)
        return listed.mail if listed is not None and listed.is_active else ""
