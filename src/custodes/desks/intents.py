"""Intents: what the outside is to be told after a move is committed. Data, never calls, never authority.

The office writes them to the outbox in the move's own transaction and they are carried out afterwards, at
least once, each under its own id. Losing or repeating one changes nobody's rights.
"""

from typing import TypeAlias

import msgspec


class TellParty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="tell"):
    """Tell a party that something happened. `party` and `message` are words of `words.WORDS`."""

    party: str
    message: str
    organisation: str


class Remind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="remind"):
    """Remind those who can take `verb` that it waits, and until when."""

    organisation: str
    verb: str
    until: str


class Escalate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="escalate"):
    """Nobody took `verb` in time: tell deputies, those on call and the leads of the organisation."""

    organisation: str
    verb: str
    until: str


class Alarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="alarm"):
    """Due work that is not done: the house itself must show it until it is."""

    message: str


Intent: TypeAlias = TellParty | Remind | Escalate | Alarm
