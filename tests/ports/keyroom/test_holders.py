"""One house, several holders: a file, a token, OpenBao. One that is gone stops its own customers only."""

import asyncio

import pytest

from custodes.acts.asks import Local
from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.parties import CreateCustomer
from custodes.acts.asks.unsealing import LookHolders, OpenHolder
from custodes.acts.unsealing.holders import HolderWatch
from custodes.adapters.holders import bao_audit, pkcs11
from custodes.adapters.holders.openbao import OpenBaoHolder
from custodes.adapters.holders.openbao_uri import parse
from custodes.adapters.holders.pkcs11 import Pkcs11Holder
from custodes.custody import hierarchy
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.parties.roles import PartyKind
from custodes.store.reads import reading
from fakes import softhsm
from fakes.keyrooms import LOCAL, World
from fakes.openbao import TOKEN, Bao


class ManyWorld(World):
    """Three towns: one in the house's own file, one in a token, one in OpenBao."""

    def parts(self):
        from dataclasses import replace

        import msgspec.structs  # noqa: F401

        parts = super().parts()
        more = {holder.uri: holder for holder in (self.token_holder, self.bao_holder)}
        return replace(parts, holders={**parts.holders, **more})

    async def begin(self, folder):
        self.bao = Bao(folder)
        self.bao_holder = OpenBaoHolder(self.bao.uri())
        source = softhsm.pin_file(folder)
        self.token_holder = Pkcs11Holder(pkcs11.create(softhsm.uri(softhsm.new_token(), source), b""))
        await self.open()
        await self.settle_in()
        await self.keyroom.watch.round()
        await self.keyroom.ask(OpenHolder(LOCAL, self.bao_holder.uri, TOKEN.encode()))
        self.towns = {}
        for name, holder in (("file", self.holder), ("token", self.token_holder), ("bao", self.bao_holder)):
            self.towns[name] = await self.town_in(name, holder)

    async def town_in(self, name, holder):
        """A customer with his application's token and a key."""
        from custodes.acts.founding import new_customer
        from custodes.parties.rows import Application, Organisation
        from custodes.policy.presets import default_rules

        number = len(self.towns)
        home = self.organisation(name, PartyKind.CUSTOMER)
        row = new_customer(
            (new_id("cus", self.dice), name, home.id),
            self.body.id,
            holder,
            (self.clock, self.dice),
            (10 + 2 * number, 11 + 2 * number),
        )
        home = Organisation(
            **{**{f: getattr(home, f) for f in home.__struct_fields__}, "customers": (row.id,)}
        )
        application = Application(
            id=new_id("per", self.dice), customer=row.id, organisation=home.id, name="Registry"
        )
        credential, token = self.api_token(home.id, application=application.id, customer=row.id)
        await self.put(
            ("organisation", home.id, "", home),
            ("customer", row.id, row.id, row),
            ("rules", row.id, row.id, default_rules(row.id)),
            ("application", application.id, row.id, application),
            ("credential", credential.id, row.id, credential),
        )
        _, owner = await self.enrol_person(f"Owner of {name}", home, ("owner", "key-officer"))
        key = (await self.keyroom.ask(CreateKey(owner, row.id, "registry"))).id
        return row, token, key, owner

    async def use(self, name):
        _, token, key, _ = self.towns[name]
        return await self.keyroom.ask(
            UseKey(
                evidence=token,
                key=key,
                verb="wrap",
                message=b"a data key",
                context=b"row",
                purpose="operation",
                reason="test",
            )
        )


def in_house(work):
    def test(tmp_path):
        async def run():
            world = ManyWorld(tmp_path)
            await world.begin(tmp_path)
            try:
                await work(world)
            finally:
                await world.close()
                world.engine.dispose()
                world.bao.close()

        asyncio.run(run())

    test.__name__ = work.__name__
    return test


async def code_of(asking):
    with pytest.raises(Refusal) as caught:
        await asking
    return caught.value.code, caught.value.kind


def turns(world):
    """(act, reason) of every turn of a holder, in the house's own log."""
    o, log = world.keyroom.opened, f"{world.body.id}/exceptional"
    found = []
    for code in ("holder.gone", "holder.back"):
        for row in reading(world.engine, lambda r, code=code: r.openings(log, code=code, limit=100)):
            page = reading(world.engine, lambda r, row=row: r.page(o.house, row.page))
            leaf = reading(world.engine, lambda r, row=row: r.leaves(log, row.index, row.index + 1))[0]
            fields = o.records.unseal(world.house_customer, page, row, leaf).fields
            found.append((row.index, code, fields["subject"], fields.get("reason", "")))
    return [one[1:] for one in sorted(found)]


@in_house
async def test_each_customer_is_served_through_his_own_holder(world):
    for name in world.towns:
        assert (await world.use(name)).message
    found = {one.uri: one for one in (await world.keyroom.ask(LookHolders(LOCAL))).holders}
    assert len(found) == 3
    assert {one.reason for one in found.values()} == {""}
    assert found[world.bao_holder.uri].customers == 1
    assert found[world.bao_holder.uri].grade == "openbao"
    assert [act for act, uri, _ in turns(world) if uri == world.bao_holder.uri] == [
        "holder.gone",
        "holder.back",
    ]


@in_house
async def test_a_holder_that_is_gone_stops_its_own_customers_and_nobody_else(world):
    for name in world.towns:
        await world.use(name)
    world.bao.mood = "sealed"
    await world.keyroom.watch.round()
    assert await code_of(world.use("bao")) == ("holder-gone", Kind.UNAVAILABLE)
    for name in ("file", "token"):
        assert (await world.use(name)).message
    (one,) = [one for one in (await world.keyroom.ask(LookHolders(LOCAL))).holders if one.reason]
    assert (one.uri, one.reason, one.customers) == (world.bao_holder.uri, "holder-gone", 1)
    row = world.towns["bao"][0]
    assert row.id not in world.keyroom.opened.keyring._roots
    world.bao.mood = ""
    await world.keyroom.watch.round()
    assert (await world.use("bao")).message
    assert turns(world)[-2:] == [
        ("holder.gone", world.bao_holder.uri, "holder-gone"),
        ("holder.back", world.bao_holder.uri, ""),
    ]


@in_house
async def test_no_use_is_logged_that_the_holder_cannot_serve(world):
    await world.use("bao")
    row = world.towns["bao"][0]
    before = reading(world.engine, lambda r: r.heads())[row.log("machine")].size
    world.bao.mood = "sealed"
    await world.keyroom.watch.round()
    await code_of(world.use("bao"))
    assert reading(world.engine, lambda r: r.heads())[row.log("machine")].size == before


@in_house
async def test_a_kill_is_recorded_though_the_holder_is_gone(world):
    await world.use("bao")
    row, _, _, owner = world.towns["bao"]
    world.bao.mood = "sealed"
    await world.keyroom.watch.round()
    done = await world.keyroom.ask(Kill(owner, KillScope("customer", row.id), "the holder is gone"))
    assert done.index >= 0
    world.bao.mood = ""
    await world.keyroom.watch.round()
    assert (await code_of(world.use("bao")))[1] is Kind.LOCKED


@in_house
async def test_a_slow_holder_holds_up_nobody_else(world):
    world.keyroom.opened.keyring.drop()
    holder, asked, let_go = world.bao_holder, asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    unwrap = OpenBaoHolder.unwrap

    def slow(self, context, wrapped):
        loop.call_soon_threadsafe(asked.set)
        asyncio.run_coroutine_threadsafe(let_go.wait(), loop).result(30)
        return unwrap(self, context, wrapped)

    OpenBaoHolder.unwrap = slow
    try:
        waiting = [asyncio.create_task(world.use("bao")) for _ in range(20)]
        world.keyroom.opened.records.forget(world.towns["bao"][0].id)
        await asyncio.wait_for(asked.wait(), 20)
        for name in ("file", "token"):
            assert (await asyncio.wait_for(world.use(name), 20)).message
        let_go.set()
        assert all([(await one).message for one in waiting])
    finally:
        OpenBaoHolder.unwrap = unwrap
    assert holder.uri


@in_house
async def test_only_the_machine_looks_at_holders(world):
    for evidence in (world.towns["file"][1], world.towns["file"][3]):
        assert await code_of(world.keyroom.ask(LookHolders(evidence))) == ("local-only", Kind.DENIED)
        ask = OpenHolder(evidence, world.bao_holder.uri, TOKEN.encode())
        assert await code_of(world.keyroom.ask(ask)) == ("local-only", Kind.DENIED)
    with pytest.raises(Refusal):
        await world.keyroom.ask(LookHolders(Local("a guess")))
    assert await code_of(world.keyroom.ask(OpenHolder(LOCAL, "file:/etc/x", b""))) == (
        "no-such-thing",
        Kind.ABSENT,
    )
    assert "correct" not in repr(OpenHolder(LOCAL, "x", b"s.correct"))
    assert isinstance(world.keyroom.watch, HolderWatch)
    assert CreateCustomer is not None


@in_house
async def test_the_log_counts_every_use_of_a_root_that_openbao_counts(world):
    for _ in range(3):
        await world.use("bao")
    world.keyroom.opened.keyring.drop()
    world.keyroom.opened.records.forget()
    await world.use("bao")

    async def both():
        seen = (await world.keyroom.ask(LookHolders(LOCAL))).holders
        logged = next(one.uses for one in seen if one.uri == world.bao_holder.uri)
        with world.bao.audit.open("rb") as lines:
            return bao_audit.uses(lines, parse(world.bao_holder.uri)).uses, logged

    audited, logged = await both()
    beside = audited - logged  # the town's root was made by the test itself: two uses beside the keyroom
    assert logged >= 2
    assert beside == 2
    await world.use("bao")
    assert (await both())[0] - (await both())[1] == beside
    thief = OpenBaoHolder(world.bao_holder.uri)
    thief.unseal(TOKEN.encode())
    row = world.towns["bao"][0]
    scope = hierarchy.Scope(house=world.body.id, customer=row.id)
    hierarchy.open_customer_root(thief, scope, row.root)
    audited, logged = await both()
    assert audited - logged == beside + 1
