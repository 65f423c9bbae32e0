"""Remembering decisions, safely.

A decision is remembered under everything it can depend on: the generations of all rows behind it, actor,
party, action, resource, purpose, place, grant and state. Never under time or count, so a decision that
read the time is not remembered at all; ends and counts are expects of the act, checked after the lock.
"""

from collections import OrderedDict

import msgspec

from .question import Decision, Question

KEPT_MAX = 65_536


class Memo:
    """A bounded memory of decisions; the oldest unused go first. One per process, used by one thread."""

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept: OrderedDict[bytes, Decision] = OrderedDict()
        self._kept_max = kept_max

    def find(self, question: Question, generations: tuple[int, ...]) -> Decision | None:
        """The decision made for the same question at the same generations, if it is still here."""
        key = memo_key(question, generations)
        decision = self._kept.get(key)
        if decision is not None:
            self._kept.move_to_end(key)
        return decision

    def keep(self, question: Question, generations: tuple[int, ...], decision: Decision) -> None:
        """Remember a decision, unless it read the time or rests on something broken."""
        if decision.is_timed or decision.is_alarm:
            return
        self._kept[memo_key(question, generations)] = decision
        while len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Forget everything (kill, restore)."""
        self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


def memo_key(question: Question, generations: tuple[int, ...]) -> bytes:
    """Everything but the moment, in one unambiguous spelling."""
    context = question.context
    return _encoder.encode(
        (
            generations,
            question.actor,
            question.party,
            question.action,
            question.resource,
            context.purpose,
            context.grant,
            context.place,
            context.cloud,
            context.is_killed,
            context.is_sealed,
            context.is_demo,
        )
    )


_encoder = msgspec.msgpack.Encoder(order="deterministic")
