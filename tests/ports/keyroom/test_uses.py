import asyncio

import pytest

from custodes.acts.answers.keys import KeyAnswers  # noqa: F401 - this suite is its test
from custodes.acts.asks import Token
from custodes.acts.asks.keys import CreateKey, LookKeys, MoveKey, UseKey
from custodes.kernel.refusal import Kind, Refusal
from custodes.store.reads import reading
from fakes.keyrooms import World
from fakes.lived import lived


async def founded(folder):
    world = World(folder)
    await world.open()
    await world.settle_in()
    _, world.owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
    world.key = (await world.keyroom.ask(CreateKey(world.owner, world.customer_row.id, "registry"))).id
    return world


def use(world, verb="wrap", message=b"a data key", **more):
    asked = {
        "evidence": world.token,
        "key": world.key,
        "verb": verb,
        "message": message,
        "context": b"row 7",
        "purpose": "operation",
        "reason": "test",
        **more,
    }
    return world.keyroom.ask(UseKey(**asked))


in_house = lived(founded)


def opened_entry(world, log, index):
    """The entry as its customer would see it."""
    o = world.keyroom.opened
    row = reading(world.engine, lambda r: r.opening(log, index))
    page = reading(world.engine, lambda r: r.page(o.house, row.page))
    leaf = reading(world.engine, lambda r: r.leaves(log, index, index + 1))[0]
    return o.records.unseal(world.customer_row, page, row, leaf)


@in_house
async def test_wrap_and_unwrap_with_an_entry_each(world):
    wrapped = await use(world)
    again = await use(world, "unwrap", wrapped.message)
    assert again.message == b"a data key"
    assert again.index == wrapped.index + 1
    entry = opened_entry(world, again.log, again.index)
    assert entry.fields["act"] == "key.unwrap"
    assert entry.fields["key"] == world.key
    assert entry.fields["reason"] == "test"


@in_house
async def test_another_context_does_not_open(world):
    wrapped = await use(world)
    with pytest.raises(Refusal, match="token-mismatch"):
        await use(world, "unwrap", wrapped.message, context=b"row 8")


@in_house
async def test_a_stranger_sees_nothing(world):
    for evidence in (Token("x"), Token(world.token.token[:-1] + "0"), Token("")):
        with pytest.raises(Refusal) as caught:
            await use(world, evidence=evidence)
        assert caught.value.kind is Kind.UNAUTHENTICATED
    with pytest.raises(Refusal) as caught:
        await use(world, key="key-" + "0" * 26)
    assert caught.value.kind is Kind.ABSENT


@in_house
async def test_a_disabled_key_is_locked_and_comes_back(world):
    wrapped = await use(world)
    await world.keyroom.ask(MoveKey(world.owner, world.key, "disable", "suspicion"))
    with pytest.raises(Refusal) as caught:
        await use(world, "unwrap", wrapped.message)
    assert caught.value.kind is Kind.LOCKED
    await world.keyroom.ask(MoveKey(world.owner, world.key, "enable", "cleared"))
    assert (await use(world, "unwrap", wrapped.message)).message == b"a data key"


@in_house
async def test_a_rotated_key_opens_what_it_wrapped_before(world):
    wrapped = await use(world)
    view = await world.keyroom.ask(MoveKey(world.owner, world.key, "rotate", "yearly"))
    assert [version.state for version in view.versions] == ["retired", "current"]
    assert (await use(world, "unwrap", wrapped.message)).key_version == 1
    assert (await use(world)).key_version == 2
    assert len((await world.keyroom.ask(LookKeys(world.owner, world.customer_row.id))).keys) == 1


@in_house
async def test_an_answer_too_old_is_dropped_although_its_entry_stands(world):
    gate = world.keyroom.opened.gate
    resolve = gate._resolve

    def paused(answers, boot_ms):
        world.clock.forward(seconds=1.5)
        resolve(answers, boot_ms)

    gate._resolve = paused
    with pytest.raises(Refusal, match="answer-too-late"):
        await use(world)


@in_house
async def test_the_house_comes_up_again_with_what_it_had(world):
    wrapped = await use(world)
    await world.close()
    with pytest.raises(Refusal, match="house-sealed"):
        await use(world, "unwrap", wrapped.message)
    await world.open()
    assert (await use(world, "unwrap", wrapped.message)).message == b"a data key"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE standing SET body = replace(body, 'active', 'active ') WHERE noun = 'key'",
        "UPDATE standing SET generation = generation + 1 WHERE noun = 'key'",
        "DELETE FROM standing WHERE position = (SELECT max(position) FROM standing)",
        "UPDATE house_head SET standing_seq = standing_seq - 1",
        "UPDATE head SET size = size + 1",
    ],
)
def test_an_edited_row_is_refused_at_start(tmp_path, attack):
    async def run():
        world = await founded(tmp_path)
        await use(world)
        await world.close()
        with world.engine.connect() as connection:
            assert connection.exec_driver_sql(attack).rowcount >= 1
        with pytest.raises(Refusal) as caught:
            await world.open()
        assert caught.value.kind in {Kind.UNAVAILABLE, Kind.MALFORMED}
        world.engine.dispose()

    asyncio.run(run())


def test_yesterdays_row_put_back_is_refused(tmp_path):
    async def run():
        world = await founded(tmp_path)
        with world.engine.connect() as connection:
            old = connection.exec_driver_sql(
                "SELECT generation, body, mac FROM standing WHERE noun='key'"
            ).one()
        await world.keyroom.ask(MoveKey(world.owner, world.key, "disable", "suspicion"))
        with world.engine.connect() as connection:
            connection.exec_driver_sql(
                "UPDATE standing SET generation=?, body=?, mac=? WHERE noun='key'", tuple(old)
            )
        with pytest.raises(Refusal, match="key-suspended"):
            await use(world)
        await world.close()
        with pytest.raises(Refusal, match="standing-rolled-back"):
            await world.open()
        world.engine.dispose()

    asyncio.run(run())
