"""A use through a connection as its wire has worked it out, and what the other end says about it."""

from typing import NamedTuple

import msgspec

from custodes.acts.footing.identities import Identified
from custodes.custody.materials.kinds import Use as KeyUse
from custodes.law.reasons import Reason
from custodes.parties.connections import Connection, Lent


class Claim(NamedTuple):
    """One thing that somebody else says: who says it, what, and how well it is corroborated."""

    party: str
    name: str
    value: str
    grade: str = "asserted"


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """All that the other end says about a use. `people` are the claims that may name a human being.

    `grade` is that of the reason: the weakest that whoever relies on it must put up with.
    """

    reason: Reason
    operation: str
    grade: str = "asserted"
    principal: str | None = None
    resource: str | None = None
    via: str | None = None
    plain: tuple[Claim, ...] = ()
    people: tuple[Claim, ...] = ()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One use as the wire's file has worked it out: read again for each try, so nothing in it is stale.

    `version` None stands for the key's newest. `count` messages of `bytes` in all stand behind one entry.
    `digest` names the message that is to be opened. `act_ids`: the use must be the first to take one of
    these, where any are named.
    """

    who: Identified
    connection: Connection
    lent: Lent
    verb: str
    claims: Claims
    version: int | None = None
    use: KeyUse | None = None  # of custody, where it is another than the verb's
    digest: bytes = b""
    act_ids: tuple[str, ...] = ()
    bytes: int = 0
    count: int = 1
