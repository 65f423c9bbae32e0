"""What a group locks: everything it rests on, once, in one order; a name without a footprint is a fault."""

from custodes.acts.writing.act import Act, Entry, Generation, Row, StandingSeq, Write
from custodes.acts.writing.readers import StandingRow
from custodes.store.shared import locking
from custodes.store.verbs import CHECKS, VERBS
from fakes import SetClock


def test_every_verb_and_check_has_its_footprint():
    assert not locking.unknown([*VERBS, *CHECKS])
    assert set(locking.FOOTPRINTS) == {*VERBS, *CHECKS}


def entry(log, page="pag-1"):
    return Entry(
        log=log,
        leaf=b"",
        act_code="x",
        subject="s",
        at=SetClock().now(),
        page=page,
        sealed=b"",
        page_generation=1,
    )


def held(*acts):
    keys, alone = locking.of_group(acts)
    assert keys == sorted(set(keys))
    return dict(zip(keys, alone, strict=True))


def test_uses_share_what_they_rest_on_and_hold_their_heads_alone():
    rests = Generation("key", "key-1", 3)
    one = held(Act(id="a", expects=(rests,), entries=(entry("cus-a/machine"),)))
    two = held(Act(id="b", expects=(rests,), entries=(entry("cus-b/machine", "pag-2"),)))
    both = one.keys() & two.keys()
    assert both
    assert not any(one[key] or two[key] for key in both)
    assert one[locking.key("head", "cus-a/machine")]
    assert locking.key("head", "cus-a/machine") not in two


def test_a_change_meets_every_use_of_the_row_and_every_other_change():
    row = StandingRow(noun="key", id="key-1", customer="c", position=0, generation=4, body=b"", mac=b"")
    change = held(Act(id="c", expects=(StandingSeq(7),), writes=(Write("standing.put", (row, 8)),)))
    use = held(Act(id="a", expects=(Generation("key", "key-1", 3),)))
    other = held(Act(id="d", expects=(StandingSeq(7),)))
    assert any(change[key] for key in change.keys() & use.keys())
    assert any(change[key] and other[key] for key in change.keys() & other.keys())


def test_alone_wins_over_shared_in_one_group():
    reads = Act(id="a", expects=(Row("page.is", ("pag-1", 1)),))
    moves = Act(id="b", entries=(entry("l"),), expects=(Row("log.size", ("l", 0)),))
    assert held(reads, moves)[locking.key("head", "l")]
    assert held(moves)[locking.key("page", "pag-1")] is False


def test_a_rewrite_of_all_rows_waits_for_every_use():
    everything = held(Act(id="w", writes=(Write("standing.rewrite", ()),)))
    use = held(Act(id="a", expects=(Generation("policy", "x", 1), Generation("role", "y", 2))))
    assert all(everything.get(key) for key in use)
