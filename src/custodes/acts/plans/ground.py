"""What a plan is made on: the file, what stands, and what the asker may do about it."""

import shlex
from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET

from custodes.acts.asks import Ask, Evidence
from custodes.acts.asks.parties import OrganisationView
from custodes.law.book import Book
from custodes.parties.roles import PartyKind
from custodes.policy.actions import ACTIONS

from . import wanted as w
from .found import Found
from .reading import Text, fault
from .steps import Difference, State, Step, Who
from .wanted import Wanted

NOT_SHOWN = "not shown to you"


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """`signs`: the asker has a signing key at hand; `file` is what the file is called in commands."""

    wanted: Wanted
    text: Text
    found: Found
    evidence: Evidence
    book: Book
    on: date
    signs: bool
    file: str

    def may(self, action: str) -> bool:
        """Whether the asker's roles let him do this at all; the keyroom decides when he does it."""
        me = self.found.me
        return bool(set(ACTIONS[action].roles.get(me.party_kind, ())) & set(me.roles))

    @property
    def sees_all(self) -> bool:
        """Whether what the asker does not see does not stand: the trustee's administrators are shown all."""
        return self.found.organisations is not None and self.found.me.party_kind == PartyKind.TRUSTEE

    def line(self, path: str) -> int:
        """The line of a path of the file."""
        return self.text.line(path)

    def organisation(self, name: str, path: str) -> OrganisationView | None:
        """What a name of an organisation means; None for one of the file that is not enrolled yet, or that
        the asker does not see. `file-refused` with `unknown-name` or `ambiguous-name`.
        """
        mine = next((one for one in self.wanted.organisations if one.name == name), None)
        rows = self.found.organisations.organisations if self.found.organisations else ()
        if mine is not None and mine.root_key is not UNSET:
            by_key = next((one for one in rows if one.root_key == mine.root_key), None)
            if by_key is not None:
                return by_key
        named = [one for one in rows if one.name == name]
        if len(named) > 1:
            raise fault("ambiguous-name", self.line(path), path, name)
        if not named and mine is None and self.sees_all:
            raise fault("unknown-name", self.line(path), path, name)
        return named[0] if named else None

    def step(self, key: str, noun: str, name: str, path: str, **more: Any) -> Step:  # noqa: ANN401
        """A step about a thing that stands in the file at `path`, or nowhere in it."""
        return Step(key=key, noun=noun, name=name, line=self.line(path) if path else 0, **more)

    def done_by(
        self,
        is_mine: bool,
        other: Who,
        commands: tuple[str, ...],
        **more: Any,  # noqa: ANN401 - as above
    ) -> dict[str, Any]:
        """The members of a step the asker carries out himself, or of one that is open for another."""
        ask: Ask[Any] | None = more.pop("ask", None)
        state: State = more.pop("state", State.CREATE)
        if is_mine:
            return {"state": state, "ask": None if more.get("after") else ask, **more}
        return {"state": State.OPEN, "who": other, "commands": commands, **more}


def key(*parts: str) -> str:
    """The key of a step: names and nouns with slashes between, and none in them."""
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def organisation_key(name: str) -> str:
    """The key of an organisation's step."""
    return key("organisation", name)


def customer_key(customer: w.Customer, *parts: str) -> str:
    """The key of a customer's step, or of something of his."""
    return key("customer", customer.organisation, customer.name, *parts)


def command(*words: str) -> str:
    """A command of ours as a shell takes it, whatever the names in it are."""
    return " ".join(["custodes", *(shlex.quote(word) for word in words)])


def differing(*pairs: tuple[str, str, str]) -> tuple[Difference, ...]:
    """Those of (member, found, wanted) that differ."""
    return tuple(
        Difference(member=member, found=found, wanted=wanted)
        for member, found, wanted in pairs
        if found != wanted
    )


def entering(**members: str) -> tuple[Difference, ...]:
    """What a new thing is to be, member by member: so that a plan that is approved says all of it."""
    return differing(*((member, "", wanted) for member, wanted in members.items()))


def listed(values: Any) -> str:  # noqa: ANN401 - texts in any order
    """Texts as a difference shows them: sorted, with commas."""
    return ", ".join(sorted(values))
