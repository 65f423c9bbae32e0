"""Who acts: the result of checking evidence, never the evidence itself."""

from enum import StrEnum

import msgspec


class ActorKind(StrEnum):
    """What stands behind an actor."""

    PERSON = "person"
    APPLICATION = "application"
    CLOCK = "clock"  # deadlines are moves by this actor
    PROCESS = "process"  # a process of the house itself
    ANYONE = "anyone"  # nobody proved who he is: a request without any signature


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated actor.

    `person` is the vetted human (two accounts of one human have the same `person`); an application has
    none. `customer` is set when the actor belongs to one customer only. `how` names the evidence
    (`sigv4`, `token`, `passkey`, `file-key`, `local`, `unsigned`: none).
    """

    kind: ActorKind
    credential: str
    organisation: str | None = None
    person: str | None = None
    customer: str | None = None
    roles: tuple[str, ...] = ()
    how: str


CLOCK = Actor(kind=ActorKind.CLOCK, credential="clock", how="clock")
ANYONE = Actor(kind=ActorKind.ANYONE, credential="anyone", how="unsigned")
