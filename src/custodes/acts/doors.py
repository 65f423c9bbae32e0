"""Which file answers which ask: one table, joined when the house is opened."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from custodes.acts.answers.epochs import EpochAnswers
from custodes.acts.answers.keys import KeyAnswers
from custodes.acts.answers.log import LogAnswers
from custodes.acts.answers.uses import Uses
from custodes.acts.asks import cases, keys, log
from custodes.acts.objects.doors import object_answers
from custodes.acts.office.clock import Clockwork
from custodes.acts.office.telling import Telling
from custodes.acts.office.views import CaseAnswers
from custodes.acts.opened import Opened

Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]


def answers_of(opened: Opened) -> Answers:
    """Every ask an unsealed house answers."""
    uses = Uses(opened)
    key_answers = KeyAnswers(opened)
    epochs = EpochAnswers(opened)
    logs = LogAnswers(opened)
    case_answers = CaseAnswers(opened)
    clockwork = Clockwork(opened)
    telling = Telling(opened)
    return {
        **object_answers(opened),
        cases.OpenCase: case_answers.open,
        cases.MoveCase: case_answers.move,
        cases.LookCase: case_answers.look,
        cases.LookCases: case_answers.list,
        cases.LookGrants: case_answers.grants,
        cases.RunClock: clockwork.run,
        cases.LookOutbox: telling.look,
        cases.OutboxDone: telling.done,
        log.Heads: epochs.heads,
        log.AppendEpoch: epochs.append,
        log.Conflict: epochs.conflict,
        log.Published: epochs.published,
        log.RootTile: epochs.root_tile,
        log.LookEntries: logs.entries,
        log.MakeReceipt: logs.receipt,
        log.SubLogTile: logs.tile,
        keys.UseKey: uses.use_key,
        keys.CreateKey: key_answers.create,
        keys.MoveKey: key_answers.move,
        keys.LookKeys: key_answers.look,
    }
