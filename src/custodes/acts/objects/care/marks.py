"""Which disk of each local store is the one: what marks have to lie there, and what is known of them.

The keyroom alone can make a mark, so the word of a plane about a folder is worth nothing, and a plane on a
fresh machine knows as much as any other.
"""

from collections.abc import Iterable
from contextlib import suppress

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.buckets.marks import (
    FOUND_MAX,
    NAME_CHARACTERS_MAX,
    MarkWanted,
    RenewMark,
    ShowMarks,
)
from custodes.acts.authority import Alteration, one
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.nouns import StoreAt, StoreMark
from custodes.acts.objects.ground import Ground, kept_at
from custodes.acts.permitted import alter, permit
from custodes.acts.records import Record
from custodes.custody.store_mark import mark_name, number_of
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import absent, malformed
from custodes.objects.bucket import Bucket
from custodes.policy.question import Resource

ACT = "house.store-mark"
FOUND, RENEWED = "found", "renewed"


class _KnownError(Exception):
    """Somebody else noted it meanwhile."""


class StoreMarks:
    """Answers `ShowMarks`, `RenewMark`."""

    def __init__(self, ground: Ground) -> None:
        self._o = ground.o

    async def show(self, ask: ShowMarks) -> MarkWanted:
        """See `ShowMarks`."""
        if len(ask.found) > FOUND_MAX or any(len(name) > NAME_CHARACTERS_MAX for name in ask.found):
            raise malformed("bad-marks")
        same = (row.location for row in self._stores() if row.uri == ask.uri)
        # Of places that share a folder the one that has a mark: a place added later must not ask for another.
        location = min(same, key=lambda one: (not self._number(one), one), default="")
        if not location:
            raise absent("no-such-location")
        newest = self._newest(location, ask.found)
        if newest > self._number(location):
            await self._note(location, newest)
        number = self._number(location)
        if number:
            return MarkWanted(name=self._name(location, number))
        if not any(location in row.locations for row in self._o.standing.all_of("bucket", Bucket)):
            return MarkWanted()
        return MarkWanted(name=self._name(location, 1), is_first=True)

    async def renew(self, ask: RenewMark) -> MarkWanted:
        """See `RenewMark`."""
        o = self._o

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            decided = permit(o, who, "location:change", Resource(kind="house", id=o.house))
            if o.standing.get("store", ask.location, StoreAt) is None:
                raise absent("no-such-location")
            made = self._made(ask.location, self._number(ask.location) + 1)
            return Alteration(
                changes=tuple(one("store-mark", ask.location, "", made)),
                records=tuple((each, _record(made, RENEWED, who)) for each in kept_at(o, ask.location)),
                expects=decided.expects,
            )

        await alter(o, decide, ask, ask.evidence)
        return MarkWanted(name=self._name(ask.location, self._number(ask.location)))

    async def _note(self, location: str, number: int) -> None:
        """A mark that the house has made lies there: from now on it has to."""

        def decide() -> Alteration:
            if number <= self._number(location):
                raise _KnownError
            made = self._made(location, number)
            return Alteration(
                changes=tuple(one("store-mark", location, "", made)),
                records=tuple((each, _record(made, FOUND)) for each in kept_at(self._o, location)),
            )

        with suppress(_KnownError):
            await self._o.authority.alter(decide)

    def _newest(self, location: str, found: Iterable[str]) -> int:
        o = self._o
        key = o.keyring.house_keys.mac
        return max((number_of(name, key, o.house, location) for name in found), default=0)

    def _name(self, location: str, number: int) -> str:
        return mark_name(self._o.keyring.house_keys.mac, self._o.house, location, number)

    def _number(self, location: str) -> int:
        row = self._o.standing.get("store-mark", location, StoreMark)
        return row.number if row is not None else 0

    def _made(self, location: str, number: int) -> StoreMark:
        return StoreMark(location=location, number=number, set_at=to_text(self._o.clock.now()))

    def _stores(self) -> Iterable[StoreAt]:
        return self._o.standing.all_of("store", StoreAt)


def _record(made: StoreMark, reason: str, who: Identified | None = None) -> Record:
    by: dict[str, Plain] = {"actor": "keyroom", "actor_kind": "process"} if who is None else said(who)
    fields = {**by, "phase": "single", "location": made.location, "count": made.number, "reason": reason}
    return Record(
        act=ACT,
        subject=made.location,
        fields=fields,
        person=said_person(who) if who is not None else {},
    )
