"""What the plain puts of a group write together is what they would write one by one, over real SQLite."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from custodes.acts.writing.act import Act, Write
from custodes.acts.writing.house_head import HouseHead
from custodes.acts.writing.object_rows import CopyRow, VersionRow
from custodes.acts.writing.ports import WriteRefused
from custodes.kernel.ids import new_id
from custodes.store.books import SqlBooks
from custodes.store.engine import open_sqlite
from custodes.store.migrate import migrate
from custodes.store.verbs import CHECKS, VERBS
from custodes.store.writing.gathered import is_put
from fakes import SeededDice, SetClock

AT = SetClock().now()
LATER = AT + timedelta(minutes=15)
TABLES = ("object_version", "object_latest", "bucket_seq", "blob_fate", "upkeep_due", "copy_due")
DICE = SeededDice(3)
HEAD = HouseHead(keyroom="first", seq=1, standing_seq=0, standing_root=bytes(32), at=1, signature=b"s")


@pytest.fixture
def make(tmp_path):
    made = []

    def books():
        engine = open_sqlite(tmp_path / f"{len(made)}.db")
        migrate(engine)
        made.append((SqlBooks(engine, VERBS, CHECKS), engine))
        return made[-1]

    yield books
    for one, engine in made:
        one.close()
        engine.dispose()


def put(name, *, bucket="bkt-a", is_null=True, size=4, n=0, blob=None):
    blob = blob or new_id("blb", DICE)
    at = AT + timedelta(seconds=n)
    row = VersionRow(
        bucket=bucket, name=name, version=new_id("ver", DICE), at=at, is_null=is_null, size=size, etag="e",
        page=f"pag-{n % 3}", wrapped=b"w", manifest=b"m", blobs=((blob, "loc-a"),),
        checks=((blob, size + 40, bytes(16)),),
    )  # fmt: skip
    return Act(
        id=new_id("act", DICE),
        writes=(
            Write("object.add", (row, at + timedelta(minutes=15))),
            Write("blob.keep", (((blob, "loc-a"),), at)),
        ),
    )


def blobs_of(acts):
    return tuple(pair for act in acts for pair in act.writes[1].args[0])


def ahead(books, acts, at=LATER):
    with books.group() as group:
        group.write(Write("blob.schedule", (blobs_of(acts), at)))
        group.commit()


def carried_out(books, acts, *, is_together):
    """The acts that were refused, and how many were gathered; as the sequencer carries a group out."""
    refused, gathered = [], 0
    with books.group(acts if is_together else ()) as group:
        for act in acts:
            if group.gathers(act.writes):
                gathered += 1
                continue
            try:
                with group.savepoint():
                    for write in act.writes:
                        group.write(write)
            except WriteRefused as error:
                refused.append((act.id, str(error)))
        group.set_house_head(HEAD)
        group.commit()
    return refused, gathered


def dump(engine):
    with engine.connect() as connection:
        return {
            table: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {table}"))), key=repr)
            for table in TABLES
        }


@pytest.mark.parametrize("seed", range(4))
def test_together_writes_what_one_by_one_writes(make, seed):
    luck, (first, one), (second, two) = SeededDice(seed), make(), make()

    def below(count):
        return luck.draw(1)[0] % count

    n = 0
    for size in (1, 2, 40, 150, 7):
        acts = []
        for _ in range(size):
            bucket = ("bkt-a", "bkt-b")[below(2)]
            given = {"bucket": bucket, "is_null": bucket == "bkt-a" or not below(5), "n": (n := n + 1)}
            acts.append(put(f"name-{below(60)}", size=below(9), **given))
        behind = CopyRow(
            version=acts[0].writes[0].args[0].version, blob="blb-x", location="loc-b", bucket="bkt-a", at=AT,
            why="behind",
        )  # fmt: skip
        acts.insert(size // 2, Act(id=f"act-{n}", writes=(Write("copy.due", ("bkt-a", (behind,))),)))
        puts = [act for act in acts if is_put(act.writes)]
        for books in (first, second):
            ahead(books, puts, AT + timedelta(days=1))
        assert carried_out(first, acts, is_together=True) == ([], size)
        assert carried_out(second, acts, is_together=False) == ([], 0)
        assert dump(one) == dump(two)


def test_a_blob_that_may_be_going_is_refused_and_costs_no_other(make):
    for late in ("never", "due", "gone"):
        books, engine = make()
        acts = [put(f"n-{n}") for n in range(5)]
        ahead(books, [act for n, act in enumerate(acts) if n != 2 or late != "never"])
        if late == "due":
            ahead(books, [acts[2]], AT)
        if late == "gone":
            with books.group() as group:
                group.write(Write("blob.collect", (blobs_of([acts[2]]), AT)))
                group.write(Write("blob.gone", (blobs_of([acts[2]]), AT)))
                group.commit()
        assert carried_out(books, acts, is_together=True) == ([(acts[2].id, "blob-gone")], 0)
        assert len(dump(engine)["object_version"]) == 4


def test_one_blob_is_kept_once(make):
    books, engine = make()
    first = put("a")
    acts = [first, put("b"), put("c", blob=first.writes[1].args[0][0][0])]
    ahead(books, acts[:2])
    assert carried_out(books, acts, is_together=True) == ([(acts[2].id, "blob-gone")], 0)
    assert len(dump(engine)["object_version"]) == 2


def test_what_is_collected_in_between_is_seen(make):
    books, engine = make()
    acts = [put("a"), put("b")]
    ahead(books, acts)
    collect = Act(id="act-c", writes=(Write("blob.collect", (blobs_of(acts), AT)),))
    refused, gathered = carried_out(books, [acts[0], collect, acts[1]], is_together=True)
    assert (refused, gathered) == ([(acts[1].id, "blob-gone")], 1)
    assert [row[1] for row in dump(engine)["object_version"]] == [b"a"]


def test_who_looks_in_between_sees_what_was_gathered(make):
    books, engine = make()
    acts = [put("a"), put("b"), put("a")]
    ahead(books, acts)
    with books.group(acts) as group:
        assert group.holds("object.current", ("bkt-a", "a", None))
        assert group.gathers(acts[0].writes)
        assert not group.holds("object.current", ("bkt-a", "a", None))
        assert group.holds("object.current", ("bkt-a", "a", acts[0].writes[0].args[0].version))
        assert group.gathers(acts[1].writes)
        with pytest.raises(WriteRefused, match="quota-exceeded"), group.savepoint():
            group.write(Write("usage.within", (("bkt-a",), None, 1)))
        assert group.gathers(acts[2].writes)
        group.commit()
    rows = dump(engine)["object_version"]
    assert {row[3] for row in rows} == {act.writes[0].args[0].version for act in acts[1:]}


def test_nothing_of_a_group_that_is_left_stands(make):
    books, engine = make()
    acts = [put("a"), put("b")]
    ahead(books, acts)
    before = dump(engine)
    with books.group(acts) as group:
        assert all(group.gathers(act.writes) for act in acts)
    assert dump(engine) == before


def test_what_has_a_condition_or_a_bound_is_no_plain_put():
    act = put("a")
    assert is_put(act.writes)
    assert not is_put((*act.writes, Write("usage.within", ((), 1, 1))))
    assert not is_put(act.writes[::-1])
    marker = VersionRow(bucket="b", name="n", version="v", at=AT, is_null=True, is_marker=True)
    assert not is_put((Write("object.add", (marker, AT)), act.writes[1]))
