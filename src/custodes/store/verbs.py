"""Every named write and check the sequencer may carry out: one table for all store files."""

from collections.abc import Mapping

from . import epochs, pages, standing
from .books import Check, Verb

VERBS: Mapping[str, Verb] = {
    "standing.put": standing.put,
    "epoch.add": epochs.add,
    "epoch.publish": epochs.publish,
    "page.add": pages.add,
    "page.replace": pages.replace,
}
CHECKS: Mapping[str, Check] = {}
