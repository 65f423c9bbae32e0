"""Which file answers which ask about connections, and what arrives through them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from custodes.acts.asks.clouds import connections, dke, xks
from custodes.acts.federation.reading import Readings
from custodes.acts.opened import Opened

from .connections import ConnectionAnswers
from .dke import DkeAnswers
from .health import Healths
from .using import CloudUses
from .xks import XksAnswers

Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]


def cloud_answers(opened: Opened, readings: Readings) -> Answers:
    """One line for each ask; `readings` are the issuers' keys that were confirmed lately."""
    uses = CloudUses(opened)
    healths = Healths(opened)
    of_dke = DkeAnswers(opened, uses, readings)
    noun = ConnectionAnswers(opened, healths)
    return {
        connections.SetConnection: noun.set,
        connections.MoveConnection: noun.move,
        connections.MakeConnectionKey: noun.make_key,
        connections.DropConnectionKey: noun.drop_key,
        connections.LookConnections: noun.look,
        connections.TryConnection: noun.try_out,
        dke.LookDkeKey: of_dke.look,
        dke.CallDke: of_dke.call,
        xks.CallXks: XksAnswers(opened, uses, healths).call,
    }
