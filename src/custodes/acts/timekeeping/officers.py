"""A jump of the clock is written down; two officers of two groups, or the witnesses, end it."""

import logging

from custodes.acts.answers.kills import quorum as two_groups
from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.documents import clock_document, hash_of
from custodes.acts.asks.house import ClockShown, ConfirmClock, LookClock
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.nouns import CLOCK_OF_HOUSE, ClockJump
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, may_read, permit
from custodes.acts.records import Record
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import conflict
from custodes.policy.question import Resource

BY_WITNESSES = "witnesses"

_log = logging.getLogger("custodes.clock")


class Officers:
    """Answers `LookClock`, `ConfirmClock`; notes jumps when the clock's round comes by."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def notice(self) -> None:
        """Write down a jump that is not in the books yet; let witnesses who vouch for the time end one."""
        o = self._o
        o.time.jump()
        if o.standing.get("customer", o.house, Customer) is None:
            return  # a house that is only being founded has nobody to tell
        row, jump = o.time.noted(), o.time.jump()
        if row is not None and o.time.is_vouched_for:
            done = ClockJump(**{**_plain(row), "confirmed_at": to_text(o.clock.now())})
            await o.authority.alter(lambda: self._alteration(done, {**_CLOCK, "reason": BY_WITNESSES}))
            o.time.forget_jump()
        elif row is None and jump is not None:
            at = to_text(o.clock.now())
            found = ClockJump(from_at=to_text(jump[0]), to_at=to_text(jump[1]), noticed_at=at)
            await o.authority.alter(lambda: self._alteration(found, dict(_CLOCK)))
            _log.critical("alarm: the clock went from %s to %s at once", found.from_at, found.to_at)

    async def look(self, ask: LookClock) -> ClockShown:
        """Whether the clock is believed, to whoever runs or watches the house."""
        o = self._o
        who = o.identities.of(ask.evidence)
        await may_read(o, who, "clock:read", Resource(kind="house", id=o.house))
        row = o.time.noted()
        return ClockShown(
            at=to_text(o.clock.now()),
            behind_s=round(o.clock.behind_s()),
            apart_s=round(o.time.apart_s()),
            is_vouched_for=o.time.is_vouched_for,
            jumped_from=row.from_at if row else "",
            jumped_to=row.to_at if row else "",
            document=self._document(row) if row else b"",
        )

    async def confirm(self, ask: ConfirmClock) -> ClockShown:
        """By signatures of two people of two controlling groups, each of whom policy lets do it.

        `no-clock-jump` (conflict), `asker-did-not-sign`, `signatures-too-few`, `signature-refused` (denied).
        """
        o = self._o

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            row = o.time.noted()
            resource = Resource(kind="house", id=o.house)
            if row is None:
                permit(o, who, "clock:read", resource)
                raise conflict("no-clock-jump")
            seen = two_groups(o, who, ask.approvals, hash_of(self._document(row)))
            each = [permit(o, one, "clock:confirm", resource) for one in seen]
            done = ClockJump(**{**_plain(row), "confirmed_at": to_text(o.clock.now())})
            made = self._alteration(done, {**said(seen[0])}, said_person(seen[0]))
            return Alteration(
                changes=made.changes,
                records=made.records,
                expects=tuple(expect for one in each for expect in one.expects),
            )

        await alter(o, decide, ask, ask.evidence)
        o.time.forget_jump()
        return await self.look(LookClock(ask.evidence))

    def _document(self, row: ClockJump) -> bytes:
        generation = self._o.standing.expect("clock", CLOCK_OF_HOUSE).generation
        return clock_document(self._o.house, (row.from_at, row.to_at), generation)

    def _alteration(
        self, row: ClockJump, by: dict[str, Plain], person: dict[str, Plain] | None = None
    ) -> Alteration:
        o = self._o
        record = Record(
            act="clock.jump" if row.confirmed_at is None else "clock.confirm",
            subject=CLOCK_OF_HOUSE,
            fields={
                **by,
                "phase": "single",
                "subject": row.from_at,
                "until": row.to_at,
                "subject_hash": digest_text(row),
            },
            person=person or {},
        )
        change = Change(noun="clock", id=CLOCK_OF_HOUSE, customer="", value=row)
        return Alteration(changes=(change,), records=((customer(o, o.house), record),))


_CLOCK: dict[str, Plain] = {"actor": "clock", "actor_kind": "clock"}


def _plain(row: ClockJump) -> dict[str, str]:
    return {"from_at": row.from_at, "to_at": row.to_at, "noticed_at": row.noticed_at}
