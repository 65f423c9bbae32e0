"""Whether a customer has a veil for every day, and one only: a check anybody can make over opened veils.

A missing veil would leave a day on which nothing is fixed; a second one would let two stories be told of it.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from custodes.kernel.refusal import malformed

from .veil import Unveiled


class DayFault(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """`code`: `veil-missing`, `veil-doubled`, `veil-out-of-order`, `veil-of-another`, `veil-too-early`."""

    code: str
    day: str
    index: int | None = None


def faults(
    customer: str, days: tuple[str, str], veils: Sequence[tuple[int, Unveiled]]
) -> tuple[DayFault, ...]:
    """What is wrong with the veils of one customer from `days[0]` to `days[1]`, both included (`bad-day`).

    `veils` are all of his exceptional sub-log, as (index, what `veil.lift` proved), in order of index.
    """
    first, last = _day(days[0]), _day(days[1])
    found: list[DayFault] = []
    seen: dict[str, int] = {}
    newest = ""
    for index, one in sorted(veils, key=lambda pair: pair[0]):
        if one.customer != customer:
            found.append(DayFault(code="veil-of-another", day=one.day, index=index))
            continue
        day = _day(one.day)
        if one.day in seen:
            found.append(DayFault(code="veil-doubled", day=one.day, index=index))
        elif one.day < newest:
            found.append(DayFault(code="veil-out-of-order", day=one.day, index=index))
        if day > last:
            found.append(DayFault(code="veil-too-early", day=one.day, index=index))
        seen.setdefault(one.day, index)
        newest = max(newest, one.day)
    day = first
    while day <= last:
        if day.isoformat() not in seen:
            found.append(DayFault(code="veil-missing", day=day.isoformat()))
        day += timedelta(days=1)
    return tuple(found)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise malformed("bad-day") from error
    if day.isoformat() != text:
        raise malformed("bad-day")
    return day
