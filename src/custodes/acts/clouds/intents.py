"""What the customer has said beforehand, and signed: that this operation by this caller is his, until a day.

A line of a connection's setting `intents` is part of the act an officer signed. A use that fits one is no
longer only the other end's word: its grade is `signed`, the line stands in its entry as the customer's claim,
and the use must commit before the day is over (UTC). It is no identity: whoever holds the credential can
still name that caller.
"""

from datetime import UTC, datetime, time, timedelta

import msgspec

from custodes.acts.writing.act import Before
from custodes.parties.connections import Connection
from custodes.policy.question import GRADES

from .claiming import Claim, Claims, Wanted

PARTY = "customer"
NAME = "intent"
SIGNED = "signed"
Line = tuple[str, str, str]


def corroborated(wanted: Wanted, now: datetime) -> Wanted:
    """The same use, with what the customer signed about it; unchanged where no line fits it now."""
    found = fitting(wanted.connection, wanted.claims, now)
    if found is None:
        return wanted
    (operation, caller, day), ends_at = found
    claims = wanted.claims
    said = msgspec.structs.replace(
        claims,
        grade=SIGNED,
        plain=(*claims.plain, Claim(PARTY, NAME, f"{operation} {day}", SIGNED)),
        people=(*claims.people, Claim(PARTY, f"{NAME}-caller", caller, SIGNED)),
    )
    who = msgspec.structs.replace(wanted.who, expects=(*wanted.who.expects, Before(ends_at)))
    return msgspec.structs.replace(wanted, claims=said, who=who)


def fitting(
    connection: Connection, claims: Claims, now: datetime
) -> tuple[tuple[str, str, str], datetime] | None:
    """The first line that fits (operation, caller, day), and when it ends: the midnight after its day."""
    for line in connection.settings.get("intents", ()):
        operation, caller, day = line.split(" ")
        ends_at = datetime.combine(datetime.fromisoformat(day).date(), time(), UTC) + timedelta(days=1)
        if operation == claims.operation and now < ends_at and _names(caller, claims.principal):
            return (operation, caller, day), ends_at
    return None


def is_enough(connection: Connection, claims: Claims) -> bool:
    """Whether the grade is at least what the connection demands."""
    wanted = connection.settings.get("minimum-grade", (GRADES[0],))[0]
    return GRADES.index(claims.grade) >= GRADES.index(wanted)


def _names(pattern: str, principal: str | None) -> bool:
    """Exactly, or by its beginning where the pattern ends in `*`; a use that names nobody fits nothing."""
    if principal is None:
        return False
    if pattern.endswith("*"):
        return principal.startswith(pattern[:-1])
    return principal == pattern
