"""Every named write and check the sequencer may carry out: one table for all store files."""

from collections.abc import Mapping

from . import cases, epochs, outbox, pages, standing
from .books import Check, Verb

VERBS: Mapping[str, Verb] = {
    "standing.put": standing.put,
    "epoch.add": epochs.add,
    "epoch.publish": epochs.publish,
    "case.put": cases.put,
    "outbox.add": outbox.add,
    "outbox.done": outbox.done,
    "page.add": pages.add,
    "page.replace": pages.replace,
}
CHECKS: Mapping[str, Check] = {}
