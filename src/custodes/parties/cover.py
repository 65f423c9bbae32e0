"""Who stands in for whom: absences with a deputy, the rota of those on call, and who is told when it is late.

Being told gives nobody a right. A deputy who is to approve has a role of his own: by his membership, or by a
delegation, which is a membership with an end.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from custodes.kernel.clock import from_text, to_text

CHAIN_MAX = 4
ROWS_MAX = 500


class Absence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person is away from an instant until another (exclusive); `deputy` is told in his place."""

    person: str
    deputy: str
    since: str
    until: str


class Duty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person is on call from an instant until another (exclusive)."""

    person: str
    since: str
    until: str


class Delegation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person gave a role of his to another for a time; `membership` is the row that gives it."""

    membership: str
    giver: str
    taker: str
    role: str
    since: str
    until: str


class Cover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `cover`; its id is the organisation's. `leads` are told of what is late."""

    id: str
    absences: tuple[Absence, ...] = ()
    duties: tuple[Duty, ...] = ()
    leads: tuple[str, ...] = ()
    delegations: tuple[Delegation, ...] = ()


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which somebody is missing: `nobody-on-call`, or `no-deputy` (`person` is away, and so is
    everybody who would be told in his place).
    """

    kind: str
    person: str
    since: str
    until: str


def reason_against(cover: Cover, members: frozenset[str]) -> str | None:
    """None, or why it cannot stand: `too-many-rows`, `not-a-member`, `bad-period`, `own-deputy`."""
    if len(cover.absences) + len(cover.duties) + len(cover.leads) > ROWS_MAX:
        return "too-many-rows"
    named = {one.person for one in cover.absences} | {one.deputy for one in cover.absences}
    named |= {one.person for one in cover.duties} | set(cover.leads)
    if not named <= members:
        return "not-a-member"
    if any(one.person == one.deputy for one in cover.absences):
        return "own-deputy"
    periods = [(one.since, one.until) for one in cover.absences]
    periods += [(one.since, one.until) for one in cover.duties]
    return "bad-period" if any(from_text(since) >= from_text(until) for since, until in periods) else None


def told(cover: Cover | None, people: Iterable[str], at: datetime, *, is_late: bool) -> frozenset[str]:
    """Who is told at this instant of what these people could do.

    Who is away is told of nothing; his deputy is, and the deputy's where that one is away too. What is late
    goes to those on call and to the leads as well. Nobody left to tell: everybody who could act, away or not.
    """
    asked = frozenset(people)
    if cover is None:
        return asked
    found = {one for person in asked if (one := _present(cover, person, at)) is not None}
    if is_late:
        found |= set(_on_call(cover, at))
        found |= {lead for one in cover.leads if (lead := _present(cover, one, at)) is not None}
    return frozenset(found) or asked


def gaps(cover: Cover, since: datetime, until: datetime) -> tuple[Gap, ...]:
    """Where somebody is missing between two instants, in order; judged as `told` judges."""
    rows: list[Absence | Duty] = [*cover.absences, *cover.duties]
    turns = {from_text(text) for one in rows for text in (one.since, one.until)}
    ends = sorted({at for at in turns if since < at < until} | {until})
    found: list[Gap] = []
    for begins, end in zip([since, *ends[:-1]], ends, strict=True):
        missing = [("nobody-on-call", "")] if not any(_on_call(cover, begins)) else []
        away = {one.person for one in cover.absences if _runs(one.since, one.until, begins)}
        missing += [("no-deputy", one) for one in sorted(away) if _present(cover, one, begins) is None]
        for kind, person in missing:
            goes_on = (kind, person, to_text(begins))
            before = [one for one in found if (one.kind, one.person, one.until) == goes_on]
            found = [one for one in found if one not in before]
            start = before[0].since if before else to_text(begins)
            found.append(Gap(kind=kind, person=person, since=start, until=to_text(end)))
    return tuple(sorted(found, key=lambda one: (one.since, one.kind, one.person)))


def without(cover: Cover, person: str) -> Cover:
    """The same without somebody who left: his absences, duties and delegations, in both roles."""
    return msgspec.structs.replace(
        cover,
        absences=tuple(one for one in cover.absences if person not in {one.person, one.deputy}),
        duties=tuple(one for one in cover.duties if one.person != person),
        leads=tuple(one for one in cover.leads if one != person),
        delegations=tuple(one for one in cover.delegations if person not in {one.giver, one.taker}),
    )


def _on_call(cover: Cover, at: datetime) -> Iterator[str]:
    return (one.person for one in cover.duties if _runs(one.since, one.until, at))


def _present(cover: Cover, person: str, at: datetime) -> str | None:
    """The person, or who stands in for him now; None when the chain ends with somebody who is away."""
    seen = {person}
    for _ in range(CHAIN_MAX):
        away = [one for one in cover.absences if one.person == person and _runs(one.since, one.until, at)]
        if not away:
            return person
        person = away[0].deputy
        if person in seen:
            return None
        seen.add(person)
    return None


def _runs(since: str, until: str, at: datetime) -> bool:
    return from_text(since) <= at < from_text(until)
