"""Which file answers which ask about connections, and what arrives through them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from custodes.acts.asks.clouds import connections, xks
from custodes.acts.opened import Opened

from .connections import ConnectionAnswers
from .health import Healths
from .using import CloudUses
from .xks import XksAnswers

Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]


def cloud_answers(opened: Opened) -> Answers:
    """One line for each ask."""
    uses = CloudUses(opened)
    healths = Healths(opened)
    noun = ConnectionAnswers(opened, healths)
    return {
        connections.SetConnection: noun.set,
        connections.MoveConnection: noun.move,
        connections.MakeConnectionKey: noun.make_key,
        connections.DropConnectionKey: noun.drop_key,
        connections.LookConnections: noun.look,
        connections.TryConnection: noun.try_out,
        xks.CallXks: XksAnswers(opened, uses, healths).call,
    }
