import asyncio
import json
from datetime import timedelta

from custodes.acts.logkeeper.gathering import Seen
from custodes.wiring.meters.logkeeper import (
    IDLE,
    PUBLISHED,
    ROUND_AGE_S_MAX,
    WITNESSES_EVERY_S,
    LogkeeperMeters,
    witnesses,
)
from fakes import SetClock


def test_rounds_and_the_age_of_what_was_published():
    clock = SetClock()
    counts = LogkeeperMeters(clock)
    counts.round("unavailable", None)
    assert b"published_age" not in counts.meters.text()
    at = clock.now()
    counts.round(PUBLISHED, at)
    clock.forward(seconds=7)
    counts.round(IDLE, at)
    text = counts.meters.text().decode()
    assert "custodes_checkpoint_published_age_seconds 7" in text
    for outcome in ("unavailable", PUBLISHED, IDLE):
        assert f'custodes_log_rounds_total{{outcome="{outcome}"}} 1' in text


def test_ready_while_the_last_good_round_is_young():
    clock = SetClock()
    counts = LogkeeperMeters(clock)

    def said():
        return asyncio.run(counts.why_not_ready())

    assert said() == "no round has ended well yet"
    counts.round("locked", None)
    assert said() == "no round has ended well yet; the last one: locked"
    counts.round(IDLE, None)
    assert said() is None
    clock.forward(seconds=ROUND_AGE_S_MAX)
    counts.round("unavailable", None)
    assert said() is None
    clock.forward(seconds=1)
    assert said() == "no round ended well for 61 s; the last one: unavailable"
    counts.round(PUBLISHED, clock.now())
    assert said() is None


def test_witnesses_are_told_with_their_ages_and_not_asked_without_end():
    clock, asked = SetClock(), []

    async def look(within_s):
        asked.append(within_s)
        before = clock.now() - timedelta(seconds=90)
        return (
            Seen(name="w1", said="", asked_at=clock.now(), signed_at=clock.now()),
            Seen(name="w2", said="witness-gone", asked_at=clock.now(), signed_at=before),
        )

    page = witnesses(look, clock)["/witnesses"]

    def told():
        return [tuple(one.values()) for one in json.loads(asyncio.run(page()).body)]

    assert told() == [("w1", "", 0.0, 0.0), ("w2", "witness-gone", 0.0, 90.0)]
    clock.forward(seconds=2)
    assert told()[1][2:] == (2.0, 92.0)
    assert len(asked) == 1
    clock.forward(seconds=WITNESSES_EVERY_S)
    told()
    assert len(asked) == 2
