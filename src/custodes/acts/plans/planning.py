"""The plan: a file held against what stands, step by step in the order in which they can be done."""

from custodes.law.book import Book

from . import customers, parties
from .checking import check
from .found import Found
from .ground import Ground
from .steps import Plan, State, Step
from .wanted import Wanted


def wants(wanted: Wanted, id_: str, name: str) -> bool:
    """Whether a customer is one the file is about, as `found.gather` asks."""
    return any(id_ == one.id or name == one.name for one in wanted.customers)


def plan(ground: Ground) -> Plan:
    """Every step; `file-refused` (malformed) for a file that makes no sense in itself or here."""
    check(ground.wanted, ground.text, ground.book, ground.on)
    steps: dict[str, Step] = {}
    for step in (
        *parties.organisations(ground),
        *parties.people(ground),
        *parties.locations(ground),
        *customers.steps(ground),
        *_elsewhere(ground, ground.found),
    ):
        steps.setdefault(step.key, step)  # a person of two organisations is entered and seen once
    return Plan(steps=tuple(steps.values()))


def _elsewhere(ground: Ground, found: Found) -> list[Step]:
    """How much stands that the file does not speak of, for those who see it."""
    wanted = ground.wanted
    counts: dict[str, int] = {}
    if found.organisations is not None:
        named = {one.name for one in wanted.organisations} | {one.root_key for one in wanted.organisations}
        rows = found.organisations.organisations
        counts["organisations"] = sum(one.name not in named and one.root_key not in named for one in rows)
    names = {one.name for one in wanted.locations}
    counts["locations"] = sum(one.name not in names for one in found.locations)
    pairs = (pair for pair in found.me.customers if pair[0] != found.house.id)
    counts["customers"] = sum(not wants(wanted, *pair) for pair in pairs)
    return [
        ground.step(f"{noun}/-", noun, str(count), "", state=State.UNMANAGED)
        for noun, count in counts.items()
        if count
    ]


__all__ = ["Book", "check", "plan", "wants"]
