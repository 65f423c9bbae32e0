"""`custodes cover`: deputies with dates, those on call, who leads, and roles given for a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
import msgspec

from custodes.acts.asks.identity import CoverView, DelegateRole, EndDelegation, LookCover, SetCover
from custodes.cli.speech import Asker, reaching, signing
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import absent
from custodes.parties.cover import Absence, Cover, Duty, gaps

from .colleagues import colleague

_PERSON = click.argument("person")
_SINCE = click.option("--since", help="From when: a day or a time with zone; else now.")
_UNTIL = click.option("--until", required=True, help="Until when: a day (its end) or a time with zone.")
_PLAN = click.option("--plan", "is_plan", is_flag=True, help="Show what would stand, and do nothing.")


@click.group("cover")
def cover() -> None:
    """Who stands in for whom. It decides who is told, and gives nobody a right; a delegation does."""


@cover.command("show")
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="Gaps so far ahead.")
@reaching
def show(asker: Asker, *, days: int) -> None:
    """Your organisation's cover, and where somebody is missing."""
    _show(asker, asker.ask(LookCover(asker.evidence)), days)


@cover.command("away")
@_PERSON
@click.option("--deputy", required=True, help="Who is told in his place.")
@_SINCE
@_UNTIL
@_PLAN
@reaching
def away(asker: Asker, *, person: str, deputy: str, since: str | None, until: str, is_plan: bool) -> None:
    """PERSON is away; DEPUTY is told in his place."""
    begins, ends = _period(asker, since, until)
    row = Absence(person=person, deputy=deputy, since=begins, until=ends)
    _set(asker, lambda old: {"absences": (*old.absences, row)}, is_plan=is_plan)


@cover.command("back")
@_PERSON
@_PLAN
@reaching
def back(asker: Asker, *, person: str, is_plan: bool) -> None:
    """PERSON is not away: every absence of his is taken out."""

    def made(old: CoverView) -> dict[str, object]:
        left = tuple(one for one in old.absences if one.person != person)
        return {"absences": _less(old.absences, left)}

    _set(asker, made, is_plan=is_plan)


@cover.command("on-call")
@_PERSON
@_SINCE
@_UNTIL
@_PLAN
@reaching
def on_call(asker: Asker, *, person: str, since: str | None, until: str, is_plan: bool) -> None:
    """PERSON is on call: told of what is late."""
    begins, ends = _period(asker, since, until)
    row = Duty(person=person, since=begins, until=ends)
    _set(asker, lambda old: {"duties": (*old.duties, row)}, is_plan=is_plan)


@cover.command("off-call")
@_PERSON
@_PLAN
@reaching
def off_call(asker: Asker, *, person: str, is_plan: bool) -> None:
    """PERSON is on call no more: every duty of his is taken out."""

    def made(old: CoverView) -> dict[str, object]:
        left = tuple(one for one in old.duties if one.person != person)
        return {"duties": _less(old.duties, left)}

    _set(asker, made, is_plan=is_plan)


@cover.command("lead")
@_PERSON
@click.option("--remove", is_flag=True, help="He leads no more.")
@_PLAN
@reaching
def lead(asker: Asker, *, person: str, remove: bool, is_plan: bool) -> None:
    """PERSON leads: told of what is late, as the last ones."""

    def made(old: CoverView) -> dict[str, object]:
        left = tuple(one for one in old.leads if one != person)
        return {"leads": _less(old.leads, left) if remove else (*left, person)}

    _set(asker, made, is_plan=is_plan)


@cover.command("delegate")
@_PERSON
@_SINCE
@_UNTIL
@signing
def delegate(asker: Asker, *, person: str, since: str | None, until: str) -> None:
    """Give PERSON your own role of approver for a while, at most 90 days, by your signature.

    He is vetted and has a key of his own; what he approves counts as his. It ends with its date, by
    `custodes cover end`, and when you leave.
    """
    begins, ends = _period(asker, since, until)
    generation = colleague(asker, person)[1].generation
    made = asker.ask(asker.signed(DelegateRole(asker.evidence, person, begins, ends), generation))
    _show(asker, made, 30)


@cover.command("end")
@click.argument("membership")
@reaching
def end(asker: Asker, *, membership: str) -> None:
    """End a delegation now; `custodes cover show` names it."""
    _show(asker, asker.ask(EndDelegation(asker.evidence, membership)), 30)


def moment(text: str, *, is_end: bool = False) -> str:
    """A day (`2026-12-24`, UTC; as an end the midnight after it) or a time with its zone, as it is stored."""
    try:
        if len(text) == len("2026-12-24"):
            at = datetime.fromisoformat(text).replace(tzinfo=UTC)
            return to_text(at + timedelta(days=1) if is_end else at)
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError("a time is written 2026-12-24 or 2026-12-24T08:00+01:00") from error
    if at.tzinfo is None:
        raise click.UsageError("a time needs its zone, such as 2026-12-24T08:00+01:00")
    return to_text(at.astimezone(UTC))


def _period(asker: Asker, since: str | None, until: str) -> tuple[str, str]:
    begins = moment(since) if since else to_text(asker.clock.now())
    ends = moment(until, is_end=True)
    if ends <= begins:
        raise click.UsageError("the end lies before the beginning")
    return begins, ends


def _less(old: tuple[object, ...], left: tuple[object, ...]) -> tuple[object, ...]:
    if len(old) == len(left):
        raise absent("not-in-the-cover")
    return left


def _set(asker: Asker, made: Callable[[CoverView], dict[str, object]], *, is_plan: bool) -> None:
    old = asker.ask(LookCover(asker.evidence))
    fields = {"absences": old.absences, "duties": old.duties, "leads": old.leads, **made(old)}
    if is_plan:
        _show(asker, msgspec.structs.replace(old, **fields), 30)
        return
    bare = SetCover(asker.evidence, old.organisation, expects=old.generation)
    _show(asker, asker.ask(msgspec.structs.replace(bare, **fields)), 30)


def _show(asker: Asker, found: CoverView, days: int) -> None:
    now = asker.clock.now()
    row = Cover(id=found.organisation, absences=found.absences, duties=found.duties, leads=found.leads)
    missing = gaps(row, now, now + timedelta(days=days))
    value = {**msgspec.to_builtins(found), "gaps": [msgspec.to_builtins(one) for one in missing]}
    rows = [("away", one.person, one.since, one.until, f"deputy {one.deputy}") for one in found.absences]
    rows += [("on call", one.person, one.since, one.until, "") for one in found.duties]
    rows += [("leads", one, "", "", "") for one in found.leads]
    rows += [
        ("delegation", one.taker, one.since, one.until, f"{one.role} of {one.giver} ({one.membership})")
        for one in found.delegations
    ]
    rows += [(f"MISSING: {one.kind}", one.person, one.since, one.until, "") for one in missing]
    asker.rows(value, ("what", "who", "from", "until", "more"), rows)
