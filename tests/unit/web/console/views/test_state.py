from datetime import UTC, datetime

from custodes.acts.asks.running.meanings import MEANINGS, NAMES
from custodes.web.console.views.state import FindingRow, StateView
from custodes.web.console.words import saying


def row(state):
    return FindingRow(name="seal", state=state, found="-", why="")


def test_counts_follow_the_rows():
    rows = (row("wrong"), row("ok"), row("ok"))
    view = StateView(at=datetime(2026, 11, 22, tzinfo=UTC), rows=rows)
    assert view.counts == (("wrong", 1), ("ok", 2))


def test_every_finding_is_said_in_the_readers_language():
    for code in NAMES:
        assert saying.word("finding", code, str, "de") == NAMES[code][1]
    for code, meaning in MEANINGS.items():
        assert saying.word("meaning", code, str, "de") == meaning.de
        assert saying.word("meaning", code, str, "en") == meaning.en
        assert saying.word("mend", code, str, "de") == meaning.mend
    assert saying.word("finding", "new-code", str, "de") == "new-code"
