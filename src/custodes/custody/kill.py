"""Kill: one person stops the keys of the house, of a customer or against a cloud provider.

Pure rules. To kill takes one person, to lift takes people of more than one controlling group (promise 3).
A killed use is refused whatever else allows it; several kills may stand and each is lifted by itself.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

LIFT_PERSONS_MIN = 2
LIFT_GROUPS_MIN = 2


class KillScope(StrEnum):
    """Whose keys stand still."""

    HOUSE = "house"
    CUSTOMER = "customer"
    PROVIDER = "provider"


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checked approval: the vetted human and the controlling group he approves for."""

    person: str
    group: str


class Kill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kill. `subject` is the customer's id or the provider's organisation; "" for the house."""

    id: str
    scope: KillScope
    subject: str
    killed_at: datetime
    by: str
    reason: str
    lifted_at: datetime | None = None
    lifted_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.scope is KillScope.HOUSE) != (self.subject == ""):
            raise ValueError("the house has no subject, everything else has one")


class Lifted(msgspec.Struct, frozen=True, kw_only=True):
    """The lifted kill, or why it still stands."""

    kill: Kill | None = None
    reason: str | None = None


def lift(kill: Kill, approvals: Iterable[Approval], now: datetime) -> Lifted:
    """Lift by a quorum; reasons `kill-lifted` (already), `persons-too-few`, `groups-too-few`."""
    if kill.lifted_at is not None:
        return Lifted(reason="kill-lifted")
    given = tuple(approvals)
    persons = sorted({approval.person for approval in given if approval.person})
    if len(persons) < LIFT_PERSONS_MIN:
        return Lifted(reason="persons-too-few")
    if len({approval.group for approval in given if approval.group}) < LIFT_GROUPS_MIN:
        return Lifted(reason="groups-too-few")
    return Lifted(kill=msgspec.structs.replace(kill, lifted_at=now, lifted_by=tuple(persons)))


def stands(kills: Iterable[Kill], customer: str, provider: str | None) -> str | None:
    """None, or `house-killed`, `customer-killed`, `provider-killed`, the widest that stands.

    `provider` is the operator of the place the data lies in or the caller runs at; None where the use
    touches no provider; "" where the operator is unknown, which every provider kill covers.
    """
    reasons = {
        kill.scope
        for kill in kills
        if kill.lifted_at is None and _covers(kill.scope, kill.subject, customer, provider)
    }
    for scope in KillScope:  # in the order of the enum: widest first
        if scope in reasons:
            return f"{scope.value}-killed"
    return None


def stand_still(
    scope: KillScope, subject: str, placements: Iterable[tuple[str, str | None]]
) -> tuple[str, ...]:
    """Preview: which customers a kill would stop, of all (customer, provider) placements; sorted."""
    return tuple(
        sorted({customer for customer, provider in placements if _covers(scope, subject, customer, provider)})
    )


def _covers(scope: KillScope, subject: str, customer: str, provider: str | None) -> bool:
    if scope is KillScope.HOUSE:
        return True
    if scope is KillScope.CUSTOMER:
        return subject == customer
    return provider in (subject, "")
