"""Which file answers which ask about keys by name."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from custodes.acts.answers.keys import KeyAnswers
from custodes.acts.asks.transit import imports, keys, uses
from custodes.acts.opened import Opened

from .finding import Names
from .importing import Imports
from .keeping import TransitKeeping
from .using import TransitUses

Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]


def transit_answers(opened: Opened, of_keys: KeyAnswers) -> Answers:
    """One line for each ask."""
    names = Names(opened)
    keeping = TransitKeeping(opened, names, of_keys)
    importing = Imports(opened, names, of_keys)
    return {
        imports.LookImportKey: importing.look,
        imports.ImportKey: importing.take_in,
        uses.UseTransit: TransitUses(opened, names).use,
        keys.LookTransitKey: keeping.look,
        keys.LookTransitKeys: keeping.list,
        keys.SetKeyMinimum: keeping.set_minimum,
    }
