"""Each act of the vocabulary has a weight and an activity; a denied one is never shown as done."""

import msgspec
import pytest

from custodes.ledger.vocabulary import ACTS
from custodes.protocols.siem import events
from custodes.protocols.siem.events import Activity, Weight


class Entry(msgspec.Struct, frozen=True):
    log: str = "cus_1/machine"
    index: int = 7
    at: str = "2026-11-22T08:00:00Z"
    act: str = "key.unwrap"
    fields: dict[str, object] = {}


@pytest.mark.parametrize(
    ("act", "weight", "activity"),
    [
        ("key.unwrap", Weight.INFORMATIONAL, Activity.READ),
        ("object.put", Weight.INFORMATIONAL, Activity.CREATE),
        ("object.get", Weight.INFORMATIONAL, Activity.READ),
        ("object.delete", Weight.INFORMATIONAL, Activity.DELETE),
        ("grant.use", Weight.MEDIUM, Activity.READ),
        ("grant.lapse", Weight.LOW, Activity.OTHER),
        ("break-glass.use", Weight.HIGH, Activity.READ),
        ("kill", Weight.HIGH, Activity.OTHER),
        ("key.destroy", Weight.HIGH, Activity.DELETE),
        ("enrol.person", Weight.LOW, Activity.CREATE),
        ("revoke.session", Weight.LOW, Activity.DELETE),
        ("change.policy", Weight.LOW, Activity.UPDATE),
        ("lockbox.approve", Weight.LOW, Activity.OTHER),
        ("rewrap", Weight.INFORMATIONAL, Activity.UPDATE),
        ("what.nobody.knows", Weight.INFORMATIONAL, Activity.OTHER),
    ],
)
def test_weight_and_activity(act, weight, activity):
    assert (events.weight(Entry(act=act)), events.activity(Entry(act=act))) == (weight, activity)


def test_no_act_of_the_vocabulary_is_without_both():
    for act in ACTS:
        assert events.weight(Entry(act=act)) in Weight
        assert events.activity(Entry(act=act)) in Activity


def test_a_denied_act_is_not_done():
    denied = Entry(fields={"decision": "deny", "reason": "no-grant", "actor": "crd_1"})
    assert events.is_denied(denied)
    assert events.weight(denied) == Weight.LOW
    assert events.sentence(denied) == "key.unwrap denied: actor crd_1, reason no-grant"
    assert events.sentence(Entry()) == "key.unwrap done"


def test_where_it_stands_and_when():
    assert events.reference(Entry()) == "cus_1/machine:7"
    assert events.seconds(Entry()) == 1795334400
