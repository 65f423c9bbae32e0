"""Moves roots from one holder to another: a customer's alone, or all that the house's own holder keeps.

A root stays what it is: only its wrap is made anew, read back, compared, and put in the place of the old
one in one act with its entry. So nobody's keys stand still meanwhile, and a keyroom killed between two acts
goes on where it was. The house's own keys come last: until then the old holder opens the house, afterwards
the new one does, and nothing in the books is under the old root any more.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from custodes.acts.answers.kills import quorum
from custodes.acts.answers.said import single
from custodes.acts.asks.documents import hash_of, root_document
from custodes.acts.asks.running.roots import (
    LogHolderNoted,
    LookRoot,
    MoveRoot,
    NoteLogHolder,
    RootMoved,
    RootShown,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.gate import Receipted
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.opened import Opened
from custodes.acts.permitted import customer, house, may_read, permit
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed, Write
from custodes.custody import hierarchy
from custodes.custody.hierarchy import Scope
from custodes.custody.holder import Holder
from custodes.kernel.canonical import Plain
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, absent, conflict, malformed, unauthenticated
from custodes.policy.question import Resource

MOVE, ROTATE = "root:move", "root:rotate"
URI_CHARACTERS_MAX = 500

_log = logging.getLogger("custodes.keyroom.roots")


class Roots:
    """Answers `LookRoot`, `MoveRoot`, `NoteLogHolder`; `adopt` is told of the house's new row then."""

    def __init__(self, opened: Opened, body: HouseBody, adopt: Callable[[HouseBody], None]) -> None:
        self._o = opened
        self._body = body
        self._adopt = adopt
        self._one = asyncio.Lock()

    def answers(self) -> Mapping[type, Callable[[Any], Awaitable[Any]]]:
        """The asks this answers."""
        return {LookRoot: self.look, MoveRoot: self.move, NoteLogHolder: self.note_log_holder}

    async def look(self, ask: LookRoot) -> RootShown:
        """`no-such-customer`, `no-such-holder` (absent), `root-moved-already` (conflict)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        row = customer(o, ask.customer)
        await may_read(o, who, self._action(row), self._resource(row))
        self._holder(ask.to)
        if row.holder == ask.to:
            raise conflict("root-moved-already")
        with_it = len(self._others(row.holder)) if row.id == o.house else 0
        return RootShown(row.holder, ask.to, with_it, self._document(row, ask.to))

    async def move(self, ask: MoveRoot) -> RootMoved:
        """Move it. Besides those of `look`: `asker-did-not-sign`, `signatures-too-few`, `signature-refused`
        (denied), `holder-not-same` (broken) when the new holder does not give back what it was given, and the
        refusals of both holders. Nothing is half done; what was moved before a refusal stays moved.
        """
        o = self._o
        async with self._one:
            who = o.identities.of(ask.evidence)
            row = customer(o, ask.customer)
            await may_read(o, who, self._action(row), self._resource(row))
            to = self._holder(ask.to)
            if row.holder == ask.to:
                raise conflict("root-moved-already")
            seen = quorum(o, who, ask.approvals, hash_of(self._document(row, ask.to)))
            for one in seen:
                await may_read(o, one, self._action(row), self._resource(row))
            moved = 0
            for other in self._others(row.holder) if row.id == o.house else ():
                await self._one_root(other, to, (row, seen))
                moved += 1
            last = await self._one_root(row, to, (row, seen))
        at = last.committed.positions[0]
        _log.warning("%d roots now lie in %s", moved + 1, ask.to.partition(":")[0])
        return RootMoved(moved + 1, at.log, at.index)

    async def note_log_holder(self, ask: NoteLogHolder) -> LogHolderNoted:
        """The logkeeper keeps its keys itself: that it moves them is said here before it is done.
        `not-the-logkeeper` (unauthenticated), `bad-holder` (malformed).
        """
        o = self._o
        if not is_logkeeper(o, ask, ask.evidence):
            raise unauthenticated("not-the-logkeeper")
        for uri in (ask.before, ask.after):
            if not 0 < len(uri) <= URI_CHARACTERS_MAX or not uri.isprintable():
                raise malformed("bad-holder")
        own = house(o)
        fields: dict[str, Plain] = {
            "actor": "logkeeper",
            "actor_kind": "process",
            "phase": "single",
            "subject": ask.after,
            "reason": ask.before,
        }
        await o.records.ready(own)
        act_id = new_id("act", o.dice)
        entry = o.records.seal(own, act_id, 0, Record(act="log.holder", subject=ask.after, fields=fields))
        done = await o.gate.commit(Act(id=act_id, entries=(entry,)))
        if isinstance(done, Failed):
            raise conflict("changed-meanwhile", why=done.code)
        at = done.committed.positions[0]
        return LogHolderNoted(at.log, at.index)

    async def _one_root(
        self, row: Customer, to: Holder, signed: tuple[Customer, tuple[Identified, ...]]
    ) -> Receipted:
        """One customer's root; the house's own takes the house's keys along, in the same act.

        `signed`: for whose row the signers signed (the house's, where all go), and who.
        """
        o = self._o
        of, seen = signed
        old = self._holder(row.holder)
        scope = Scope(house=o.house, customer=row.id)
        wrapped = await asyncio.to_thread(_rewrapped, (old, to), scope, row.root, o.dice)
        body = await asyncio.to_thread(self._moved_body, (old, to)) if row.id == o.house else None

        def decide() -> Alteration:
            now = customer(o, row.id)
            if (now.root, now.holder) != (row.root, row.holder):
                raise conflict("changed-meanwhile")
            each = [permit(o, one, self._action(of), self._resource(of)) for one in seen]
            there = msgspec.structs.replace(now, root=wrapped, holder=to.uri)
            change = Change(noun="customer", id=row.id, customer=row.id, value=there)
            record = _record(seen[0], row, there)
            told = (house(o), there) if row.id != o.house else (there,)
            return Alteration(
                changes=(change,),
                records=tuple((one, record) for one in reversed(told)),
                expects=tuple(expect for one in each for expect in one.expects),
                writes=() if body is None else (_house_write(old.uri, body),),
            )

        done = await o.authority.alter(decide)
        if body is not None:
            self._body = body
            self._adopt(body)
        return done

    def _moved_body(self, holders: tuple[Holder, Holder]) -> HouseBody:
        wrapped = hierarchy.move_house_keys(*holders, self._o.house, self._body.house_keys, self._o.dice)
        hierarchy.open_house_keys(holders[1], self._o.house, wrapped)
        return msgspec.structs.replace(self._body, holder=holders[1].uri, house_keys=wrapped)

    def _others(self, uri: str) -> list[Customer]:
        rows = self._o.standing.all_of("customer", Customer)
        return sorted((one for one in rows if one.holder == uri and one.id != self._o.house), key=_id)

    def _holder(self, uri: str) -> Holder:
        found = self._o.holders.get(uri)
        if found is None:
            raise absent("no-such-holder")
        return found

    def _document(self, row: Customer, to: str) -> bytes:
        generation = self._o.standing.expect("customer", row.id).generation
        return root_document(self._o.house, row.id, (row.holder, to), generation)

    def _action(self, row: Customer) -> str:
        return ROTATE if row.id == self._o.house else MOVE

    def _resource(self, row: Customer) -> Resource:
        if row.id == self._o.house:
            return Resource(kind="house", id=row.id)
        return Resource(kind="customer", id=row.id, customer=row.id)


def _rewrapped(holders: tuple[Holder, Holder], scope: Scope, wrapped: bytes, dice: Dice) -> bytes:
    """The same root under the other holder, read back before anybody relies on it."""
    old, new = holders
    made = hierarchy.move_customer_root(old, new, scope, wrapped, dice)
    before = hierarchy.open_customer_root(old, scope, wrapped)
    if not hmac.compare_digest(before, hierarchy.open_customer_root(new, scope, made)):
        raise Refusal("holder-not-same", Kind.BROKEN)
    return made


def _house_write(old: str, body: HouseBody) -> Write:
    return Write("house.move", (body.id, old, body.holder, msgspec.msgpack.encode(body.house_keys)))


def _record(who: Identified, before: Customer, after: Customer) -> Record:
    return single(
        "holder.move",
        who,
        before.id,
        subject=after.holder,
        reason=before.holder,
        subject_hash=digest_text(after),
    )


def _id(row: Customer) -> str:
    return row.id
