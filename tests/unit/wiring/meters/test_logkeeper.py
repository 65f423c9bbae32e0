from custodes.wiring.meters.logkeeper import IDLE, PUBLISHED, LogkeeperMeters
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
