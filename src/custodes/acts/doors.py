"""Which file answers which ask: one table, joined when the house is opened."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from custodes.acts.answers.keys import KeyAnswers
from custodes.acts.answers.uses import Uses
from custodes.acts.asks import keys
from custodes.acts.opened import Opened

Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]


def answers_of(opened: Opened) -> Answers:
    """Every ask an unsealed house answers."""
    uses = Uses(opened)
    key_answers = KeyAnswers(opened)
    return {
        keys.UseKey: uses.use_key,
        keys.CreateKey: key_answers.create,
        keys.MoveKey: key_answers.move,
        keys.LookKeys: key_answers.look,
    }
