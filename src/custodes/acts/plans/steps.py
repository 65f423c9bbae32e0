"""What a plan is made of: steps, each with what differs, who must act, and how."""

import hashlib
from enum import StrEnum
from typing import Any

import msgspec

from custodes.acts.asks import Ask
from custodes.kernel import canonical


class State(StrEnum):
    """What a step is. A thing that stands as the file says has no step."""

    CREATE = "create"
    CHANGE = "change"
    DRIFT = "drift"  # stands otherwise, or is not in the file, and no ask of ours changes that
    OPEN = "open"  # somebody else must act, by his own signature or role
    UNMANAGED = "unmanaged"  # stands, and the file says nothing of its kind


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a thing: as it stands and as the file wants it; empty where there is none."""

    member: str
    found: str
    wanted: str


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who must act: a code of `WHO`, for which organisation, and which person where it is one."""

    code: str
    organisation: str = ""
    person: str = ""


WHO = {  # code -> English; the console has its own words for the same codes
    "you": "you",
    "root-key": "whoever keeps the root key",
    "person-and-officer": "the person, then an officer or the root key",
    "two-officers": "two vetted officers",
    "administrator": "an administrator of the trustee",
    "owner": "an owner, by signature",
    "owner-or-application": "an owner",
    "key-officer": "an owner or key officer",
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plan.

    `key` names the thing for good (`customer/Musterstadt/bucket/register`). `weaker` says how it loosens
    what protects data: codes of `WEAKER`, each with its subject behind a colon. `after` are keys of steps
    that must be done first. `ask` carries it out: it is there when the asker may do it and it can be done
    now; `generation` is of the row it was planned on, over which a signed ask is signed.
    """

    key: str
    state: State
    noun: str
    name: str
    line: int = 0
    customer: str = ""
    differences: tuple[Difference, ...] = ()
    weaker: tuple[str, ...] = ()
    who: Who = Who(code="you")
    commands: tuple[str, ...] = ()
    link: str = ""
    after: tuple[str, ...] = ()
    ask: Ask[Any] | None = None
    is_signed: bool = False
    generation: int = 0

    @property
    def digest(self) -> bytes:
        """What of a step must not have changed between its being shown and its being carried out."""
        pairs = [[one.member, one.found, one.wanted] for one in self.differences]
        plain = [self.key, self.state.value, pairs, list(self.weaker)]
        return hashlib.sha256(canonical.encode(plain)).digest()


WEAKER = {  # code -> English
    "areas-added": "machines may stand in more places",
    "jurisdictions-added": "operators may be controlled from more places",
    "denial-dropped": "a jurisdiction is no longer denied",
    "classes-added": "more classes of data may be stored",
    "rule-added": "a rule allows more",
    "rule-dropped": "a rule that forbids is dropped",
    "rule-looser": "a rule that forbids is loosened",
    "versioning-off": "what is overwritten from now on is gone",
    "witnesses-others": "other witnesses are asked for, perhaps fewer",
    "place-moved": "the place, or who controls it, becomes another",
}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Every step, in the order in which they can be done."""

    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all steps' digests: the same file on the same state gives the same digest."""
        inner = b"".join(step.digest for step in self.steps)
        return hashlib.sha256(inner).hexdigest()

    @property
    def differs(self) -> bool:
        """Whether anything that the file manages stands otherwise than the file says."""
        return any(step.state is not State.UNMANAGED for step in self.steps)

    @property
    def doable(self) -> tuple[Step, ...]:
        """What the asker can have carried out now."""
        return tuple(step for step in self.steps if step.ask is not None and not step.after)

    @property
    def own(self) -> tuple[Step, ...]:
        """What the asker will carry out, now or when what comes first is done."""
        return tuple(
            step
            for step in self.steps
            if step.state in {State.CREATE, State.CHANGE} and step.who.code == "you"
        )


def plain(plan: Plan) -> dict[str, Any]:
    """A plan as JSON: everything but the asks themselves."""
    return {
        "digest": plan.digest,
        "differs": plan.differs,
        "steps": [
            {
                name: msgspec.to_builtins(getattr(step, name))
                for name in Step.__struct_fields__
                if name not in {"ask", "is_signed"}
            }
            for step in plan.steps
        ],
    }
