import msgspec

from custodes.desks.intents import Alarm, Escalate, Intent, Remind, TellParty


def test_an_intent_is_plain_data_that_comes_back():
    for intent in (
        TellParty(party="customer", message="access-granted", organisation="org"),
        Remind(organisation="org", verb="approve", until="2026-11-22T08:00:00Z"),
        Escalate(organisation="org", verb="review", until="2026-11-22T08:00:00Z"),
        Alarm(message="review-overdue"),
    ):
        plain = msgspec.to_builtins(intent)
        assert msgspec.convert(plain, Intent) == intent
