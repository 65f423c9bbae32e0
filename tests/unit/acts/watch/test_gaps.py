"""What the follower of a closed log begins with, against what a customer held: ways to leave things out."""

import hashlib

import pytest

from custodes.acts.asks.log import OpeningView
from custodes.acts.watch import state
from custodes.acts.watch.chain import Slot
from custodes.acts.watch.entries import Kept
from custodes.acts.watch.gaps import GAP, crossed
from custodes.kernel import canonical
from custodes.ledger.loss.gap import Gap, GapFile
from fakes.logs import Files

MINE = "cus-1"
PAPER = Gap(
    house="hse-1",
    closes="log.example/a",
    opens="log.example/b",
    last="",
    kept_size=2,
    kept_root=bytes(32),
    first_epoch=3,
    last_epoch=5,
    since="2026-11-22T08:00:00Z",
    until="2026-11-22T09:00:00Z",
    vkeys=(),
    receipt_keys=(),
    policy="",
)


def views(count, label=b""):
    return [OpeningView(n, label + bytes([n]) * 33, b"o", b"") for n in range(count)]


def held(machine, exceptional, heads=()):
    files = Files({GAP: GapFile(document=PAPER, signatures=()).encode()})
    state.keep(files, "machine", machine)
    state.keep(files, "exceptional", exceptional)
    state.keep_chain(files, "machine", Slot(slot=1, key=bytes(32), first_epoch=1), heads)
    return files


def said(machine, exceptional):
    digest = canonical.b64(hashlib.sha256(PAPER.encode()).digest())
    kept = [[f"{MINE}/machine", 0, machine], [f"{MINE}/exceptional", 0, exceptional]]
    fields = {"act": "house.gap", "subject_hash": digest, "kept": kept, "reason": "epochs 3 to 5"}
    return [Kept(index=9, fields=fields)]


BEFORE = held(views(7), views(3), [(1, 2, bytes(32)), (2, 4, bytes(32)), (4, 7, bytes(32))])


def test_what_is_lost_there_and_held_here_is_counted():
    now = held(views(4), views(3))
    found = crossed(BEFORE, now, said(4, 3), MINE)
    assert (found.passed, found.detail) == (True, "epochs 3 to 5; 3 entries you hold are lost there")


@pytest.mark.parametrize(
    ("now", "entries", "passed"),
    [
        (held(views(4), views(3)), [], None),  # not said yet
        (held(views(4), views(3)), said(3, 3), False),  # fewer than his slot had at the last epoch kept
        (held(views(4, b"x"), views(3)), said(4, 3), False),  # others than he holds
        (held(views(3), views(3)), said(4, 3), False),  # more said than shown
        (held(views(4), views(2)), said(4, 3), False),
    ],
)
def test_nothing_is_left_out_in_the_shadow_of_a_gap(now, entries, passed):
    assert crossed(BEFORE, now, entries, MINE).passed is passed
