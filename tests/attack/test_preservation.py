"""Who tries to see, to widen, to outlast or to defeat a legal preservation."""

import re

import msgspec

from custodes.acts.asks.buckets.bounds import LookBucketBounds
from custodes.acts.asks.buckets.care import LookCare
from custodes.acts.asks.cases import LookCases, LookNotices
from custodes.acts.asks.log import LookEntries
from custodes.acts.asks.objects import ListObjects, LookBucket, LookBuckets
from custodes.acts.asks.preserving.cases import LookPreservation, LookPreservations, OpenPreservation
from custodes.acts.asks.running.counts import LookCounts
from custodes.acts.asks.running.metering import LookMetering
from custodes.kernel.refusal import Refusal
from fakes.folk import refused
from fakes.listed import KEPT
from fakes.lived import lived
from fakes.preserved import PreservedWorld, with_preserved

_ID = re.compile(r"[a-z]{3}-[0-9a-z]{26}")
_DRAWN = re.compile(r"'(?:leaf|etag|standing_seq|standing_root|version)': (?:b?'[^']*'|b\"[^\"]*\"|[0-9]+)")


async def seen(world):
    """Everything the customer's owner and his application can look at, in words of no house in particular."""
    town, olga, app = world.customer_row.id, world.olga.token, world.token
    asks = (
        ListObjects(app, KEPT, "v2"),
        ListObjects(app, KEPT, "versions"),
        LookBuckets(app),
        LookBucket(olga, KEPT),
        LookBucketBounds(olga, KEPT),
        LookCare(olga, KEPT),
        LookMetering(olga, town, "2026-11"),
        LookCounts(olga, town),
        LookNotices(olga),
        LookCases(olga, town),
        LookEntries(olga, town, limit=500),
        LookPreservations(olga),
        LookPreservation(olga, "cas-" + "0" * 26),
    )
    found = []
    for ask in asks:
        try:
            plain = msgspec.to_builtins(await world.ask(ask), builtin_types=(bytes,))
        except Refusal as refusal:
            plain = (refusal.code, dict(refusal.facts))
        found.append((type(ask).__name__, _DRAWN.sub("", _ID.sub("id", str(plain)))))
    return found


async def life(world, *, preserves):
    """A town that writes, deletes and overwrites; in one of two houses something of it is preserved."""
    for name in ("a", "b", "c"):
        await world.keep(name)
    if preserves:
        case = await world.preserving(names=["a", "b"])
    world.clock.forward(seconds=1)
    answers = [await world.delete("a", bucket=KEPT), await world.delete("a", bucket=KEPT)]
    await world.keep("b", b"written over")
    answers += [await refused(world.open_get("a", bucket=KEPT))]
    await world.swept()
    await world.upkeep()
    world.clock.forward(days=1)
    await world.tick()
    await world.upkeep()
    if preserves:
        view = await world.see(world.karl, case)
        assert (view.state, view.preserved) == ("preserving", 2)
        assert len(world.rows("preserved")) == 4
    strays = (await world.rounds()).strays
    return [_ID.sub("id", str(one)) for one in answers], await seen(world), strays


def test_the_customer_sees_the_same_in_a_house_that_preserves_and_in_one_that_does_not(tmp_path):
    told = []
    for name in ("with", "without"):
        folder = tmp_path / name
        folder.mkdir()

        async def one(world, *, preserves=name == "with"):
            told.append(await life(world, preserves=preserves))

        lived(lambda folder: PreservedWorld(folder).settle())(one)(folder)
    for here, there in zip(told[0][1], told[1][1], strict=True):
        assert here == there
    assert told[0][0] == told[1][0]
    assert told[0][2] == told[1][2] == 0


@with_preserved
async def test_whoever_may_not_know_finds_it_absent_and_leaves_no_trace(world):
    await world.keep("a")
    case = await world.preserving(names=["a"])
    before = (await world.ask(LookEntries(world.olga.token, world.customer_row.id, limit=500))).sizes
    for who in (world.olga, world.anna, world.erik, world.kim):
        await refused(world.see(who, case), "no-such-thing")
    for who in (world.olga, world.nora):
        ask = OpenPreservation(who.token, world.customer_row.id, world.demand(names=["a"]))
        await refused(world.ask(ask), "no-such-thing")
    after = (await world.ask(LookEntries(world.olga.token, world.customer_row.id, limit=500))).sizes
    assert before == after


@with_preserved
async def test_one_person_never_makes_two_and_one_group_never_makes_two_organisations(world):
    await world.keep("a")
    case = (await world.demanded(names=["a"])).id
    await world.sign(world.karl, case)
    view = await world.see(world.karl, case)
    assert not any(one.verb == "approve" and one.open for one in view.moves)
    await world.sign(world.greta, case)  # another person of the same organisation
    assert (await world.see(world.karl, case)).state == "asked"
    group = world.trustee.controlling_group
    await world.put(
        ("organisation", world.notary.id, "", msgspec.structs.replace(world.notary, controlling_group=group))
    )
    await refused(world.see(world.nora, case), "no-such-thing")
    assert await closed(world.demanded(names=["a"])) == ("no-counter-signatory",)


@with_preserved
async def test_neither_the_houses_holder_nor_a_customers_nor_a_stranger_keeps_the_key(world):
    for uri, reason in ((world.holder.uri, "holder-of-others"), ("file:/nowhere", "no-preservation-holder")):
        assert await closed(world.demanded(holder=uri)) == (reason,)


@with_preserved
async def test_scope_is_one_bucket_of_this_customer_and_cannot_be_widened_afterwards(world):
    await world.other_customer()
    assert await closed(world.demanded(bucket="bkt-" + "0" * 26)) == ("no-such-bucket",)
    await world.keep("a")
    await world.keep("b")
    case = await world.preserving(names=["a"])
    await refused(world.step(world.ada, case, "propose", {"act": "prolong", "reason": "x", "names": ["b"]}))
    await world.proposed(case, "prolong", ends_at=world.after(days=90))
    await world.tick()
    view = await world.see(world.karl, case)
    assert (view.order.names, view.preserved) == (("a",), 1)


@with_preserved
async def test_a_name_written_anew_after_it_was_erased_is_another_object(world):
    _, old = await world.keep("a")
    case = await world.preserving(names=["a"])
    await world.delete("a", bucket=KEPT)
    _, new = await world.keep("a", b"another")
    await world.delete("a", bucket=KEPT)
    await world.swept()
    assert (world.lies(old), world.lies(new)) == (True, False)
    assert (await world.verified(case)).whole == 1


@with_preserved
async def test_a_row_or_a_hold_that_somebody_took_away_is_told(world):
    await world.keep("a")
    await world.keep("b")
    case = await world.preserving()
    for table, lost in (("preserved_blob", 2), ("preserved", 2)):
        with world.engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table}")
        assert (await world.see(world.karl, case)).lost == lost
    view = await world.verified(case)
    assert (view.whole, view.bad) == (0, 2)


@with_preserved
async def test_a_blob_that_was_changed_or_is_gone_does_not_verify(world):
    _, one = await world.keep("a")
    _, two = await world.keep("b")
    await world.keep("c")
    case = await world.preserving()
    for name in ("a", "b", "c"):
        await world.delete(name, bucket=KEPT)
    await world.swept()
    next(world.shelf.rglob(one)).unlink()
    path = next(world.shelf.rglob(two))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    view = await world.verified(case)
    assert (view.whole, view.bad) == (1, 2)


@with_preserved
async def test_who_reads_the_database_learns_of_whom_nothing(world):
    await world.keep("a")
    case = await world.preserving(names=["a"])
    await world.delete("a", bucket=KEPT)
    await world.swept()
    raw = str([world.rows(table) for table in ("preserved", "preserved_blob", "outbox")])
    standing = world.sql("SELECT customer, body FROM standing WHERE noun = 'preservation'").fetchall()
    withheld = world.sql("SELECT code, subject FROM opening WHERE log LIKE '%/withheld'").fetchall()
    for text in (raw, str(standing), str(withheld)):
        assert world.customer_row.id not in text
        assert world.kept_bucket not in text
        assert "Musterstadt" not in text
    assert {row[0] for row in standing} == {world.body.id}
    assert case not in str(withheld)


@with_preserved
async def test_destroying_the_customers_key_takes_nothing_from_what_is_preserved(world):
    """The second wrap lies outside his tree; what he destroyed before it was made is gone, and said so."""
    await world.keep("a")
    case = await world.preserving(names=["a"])
    await world.delete("a", bucket=KEPT)
    await world.swept()
    world.keyroom.opened.keyring.drop(world.customer_row.id)
    assert (await world.verified(case)).whole == 1


async def closed(awaitable):
    refusal = await refused(awaitable, "move-closed")
    return tuple(refusal.facts["reasons"])


def test_a_house_without_a_notary_takes_no_silent_order(tmp_path):
    class Bare(PreservedWorld):
        has_notary = False

    async def one(world):
        assert await closed(world.demanded()) == ("no-counter-signatory",)
        case = await world.demanded(**world.announced())
        assert case.state == "asked"

    lived(lambda folder: Bare(folder).settle())(one)(tmp_path)
