"""An opening for a support case at the cloud is a use under a grant: scope, approvers, end, kill, entry."""

from base64 import b64decode

import pytest

from custodes.acts.asks.clouds.connections import DropConnectionKey, LentKey, LookConnections, MoveConnection
from custodes.acts.asks.keys import CreateKey
from custodes.acts.asks.transit.uses import UseTransit
from custodes.acts.clouds import using  # noqa: F401 - this suite is its test
from custodes.acts.clouds.xks import credential_of
from custodes.acts.footing.granted import Granted
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.transit.messages import Item
from custodes.store.reads import reading
from fakes.clouds import ALICE, CloudWorld, closed_but_for_grants, raw, said
from fakes.lived import lived, settled
from fakes.object_world import ObjectWorld
from fakes.office import OfficeWorld
from fakes.witnesses import Waiting
from ports.planes.test_dke import SECRET, SHA256, Office


class SupportWorld(CloudWorld, OfficeWorld):
    """AWS may seal, and open nothing but under a grant; `sealed` is a message of its own."""

    async def settle_in(self):
        now = await super().settle_in()
        self.sealed = await self.encrypt()
        await closed_but_for_grants(self)
        return now

    async def for_aws(self, **changes):
        """A grant for the connection's credential, asked for by the town's owner."""
        form = {"beneficiary": credential_of(self.pair[0]), "resources": [self.key], **changes}
        case = await self.request(self.olga, **form)
        await self.approve(self.anna, case)
        return await self.approve(self.karl, case)

    def granted_row(self, case):
        return self.keyroom.opened.standing.get("grant", case.grant.id, Granted)


in_support = lived(lambda folder: settled(SupportWorld(folder)))


async def no(doing):
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code


def entry(world, code):
    o, log = world.keyroom.opened, world.customer_row.log("exceptional")
    row = reading(world.engine, lambda r: r.openings(log, code=code))[0]
    page = reading(world.engine, lambda r: r.page(o.house, row.page))
    leaf = reading(world.engine, lambda r: r.leaves(log, row.index, row.index + 1))[0]
    return o.records.unseal(world.customer_row, page, row, leaf).fields


@in_support
async def test_refused_granted_used_and_said_whose_grant(world):
    with pytest.raises(Refusal) as caught:
        await world.decrypt(world.sealed)
    assert (caught.value.code, caught.value.kind) == ("forbidden", Kind.DENIED)
    assert str(caught.value.facts["ask"]).endswith("/cases")
    case = await world.for_aws(uses=2)
    assert await world.decrypt(world.sealed) == b"a data key"
    entered = entry(world, "key.unwrap")
    assert (entered["grant"], entered["case"], entered["uses"]) == (case.grant.id, case.id, 1)
    assert (entered["connection"], entered["purpose"], entered["reason"]) == (
        world.aws.id, "support", "data-key-opened",
    )  # fmt: skip
    assert ["aws", "kmsOperation", "Decrypt", "asserted"] in entered["claims"]
    assert [step.move for step in (await world.look(world.anna, case.id)).timeline][-1] == "key.unwrap"
    await world.decrypt(world.sealed)
    assert await no(world.decrypt(world.sealed)) == "no-uses-left"
    assert world.granted_row(case).uses_spent == 2


@in_support
async def test_the_grant_is_for_this_connection_and_this_key(world):
    await world.for_aws(uses=9)
    other = await world.connect(name="AWS Wien")
    pair = await world.credential(other)
    assert await no(world.decrypt(world.sealed, connection=other, pair=pair)) == "forbidden"
    second = (await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "other"))).id
    world.aws = await world.connect([LentKey(world.key, "foo"), LentKey(second, "bar")], id_=world.aws.id)
    sealed = await world.encrypt(key="bar")
    assert await no(world.decrypt(sealed, key="bar")) == "forbidden"
    assert await world.decrypt(world.sealed) == b"a data key"
    again = await world.credential(world.aws)  # a credential of the same connection that nobody consented to
    assert await no(world.decrypt(world.sealed, pair=again)) == "forbidden"


@in_support
async def test_it_falls_with_its_approver_its_end_its_credential_and_the_switch(world):
    case = await world.for_aws(uses=9, hours=1)
    assert await world.decrypt(world.sealed) == b"a data key"
    await world.keyroom.ask(MoveConnection(world.karl.token, world.aws.id, "off", "suspicion"))
    assert await no(world.decrypt(world.sealed)) == "connection-off"
    on = MoveConnection(None, world.aws.id, "on", "")
    await world.keyroom.ask(world.olga.signed(on, ("connection", world.aws.id)))
    assert await world.decrypt(world.sealed) == b"a data key"
    world.clock.forward(hours=1)
    assert await no(world.decrypt(world.sealed)) == "grant-lapsed"
    assert world.granted_row(case).uses_spent == 2
    later = await world.for_aws(uses=9)
    assert await world.decrypt(world.sealed) == b"a data key"
    await world.change("credential", world.anna.credential, state="revoked")
    assert await no(world.decrypt(world.sealed)) == "grant-not-valid"
    assert world.granted_row(later).uses_spent == 1
    id_ = credential_of(world.pair[0])
    await world.keyroom.ask(DropConnectionKey(world.olga.token, world.aws.id, id_, "gone"))
    assert await no(world.decrypt(world.sealed)) == "not-authenticated"


@in_support
async def test_a_kill_ends_it_also_while_it_waits_for_its_witnesses(world):
    case = await world.for_aws(uses=9)
    witnesses = Waiting(world.keyroom.opened, each=lambda: ObjectWorld.kill_customer(world))
    assert await no(world.decrypt(world.sealed)) == "customer-killed"
    ((_, timeout_s),) = witnesses.waited
    assert timeout_s < 0.25  # AWS does not wait longer
    assert world.granted_row(case).uses_spent == 1  # counted, and nothing came out
    with pytest.raises(Refusal) as caught:
        await world.decrypt(world.sealed)
    assert caught.value.kind is Kind.LOCKED
    assert world.granted_row(case).uses_spent == 1


@in_support
async def test_what_waits_for_witnesses_is_counted_once_however_often_aws_asks(world):
    case = await world.for_aws(uses=2)
    Waiting(world.keyroom.opened, late=2)
    for _ in range(2):
        assert await no(world.decrypt(world.sealed)) == "not-witnessed-in-time"
    assert await world.decrypt(world.sealed) == b"a data key"
    assert world.granted_row(case).uses_spent == 1


@in_support
async def test_a_document_opens_under_a_grant_that_names_the_connection(world):
    """Office has no credential: the grant names the connection, the customer's lines name the people."""
    office = await Office(world).open()
    public, path = await office.public()
    sealed, other = (public.encrypt(SECRET, SHA256) for _ in range(2))

    async def opened(which=sealed, **who):
        answer = await office.open_document(which, path, office.token(**who))
        return b64decode(answer.json["value"]) if answer.status == 200 else answer.json["error"]

    assert await opened() == "forbidden"
    (row,) = [
        one
        for one in (
            await world.keyroom.ask(LookConnections(world.olga.token, world.customer_row.id))
        ).connections
        if one.kind == "dke"
    ]
    stranger = f"crd-{new_id('con', world.dice).partition('-')[2]}"
    of_aws = f"crd-{world.aws.id.partition('-')[2]}"
    for nobody in (stranger, of_aws):  # no such connection; one whose wire has credentials of its own
        assert (
            await no(world.request(world.olga, beneficiary=nobody, resources=[office.key])) == "move-closed"
        )
    case = await world.request(world.olga, beneficiary=row.beneficiary, resources=[office.key], uses=3)
    assert (await world.look(world.anna, case.id)).scope.beneficiary.name == "Office"
    assert await opened() == "forbidden"
    await world.approve(world.anna, case)
    case = await world.approve(world.karl, case)
    assert await opened() == SECRET
    entered = entry(world, "key.unwrap")
    assert (entered["grant"], entered["connection"], entered["uses"]) == (case.grant.id, office.id, 1)
    assert (entered["purpose"], entered["reason"]) == ("support", "document-opened")
    assert ["customer", "admitted-by", "mail", "asserted"] in entered["claims"]
    assert await opened(upn="eve@town.example") == "caller-not-listed"
    witnesses = Waiting(world.keyroom.opened, late=3)
    assert await opened() == "not-witnessed-in-time"
    assert await opened(other) == "not-witnessed-in-time"  # another document is another use
    assert await opened(upn="bob@hall.example", oid="o-18") == "no-uses-left"  # and another caller, too
    assert witnesses.waited[0][1] > 1  # a person waits longer than a cloud
    assert await opened() == "not-witnessed-in-time"
    assert (await opened(), await opened(other)) == (SECRET, SECRET)
    assert world.granted_row(case).uses_spent == 3


@in_support
async def test_a_grant_for_one_persons_documents_opens_nobody_elses(world):
    """The tenant's word narrows what was consented to, whatever else it admits."""
    office = await Office(world).open(access=("letters domain:town.example",))
    public, path = await office.public()
    sealed = public.encrypt(SECRET, SHA256)

    async def opened(**who):
        answer = await office.open_document(sealed, path, office.token(**who))
        return b64decode(answer.json["value"]) if answer.status == 200 else answer.json["error"]

    connection = f"crd-{office.id.partition('-')[2]}"
    for bad in ("mail:Ada", "mail:", "upn:ada@town.example", "mail:ada@town.example x", "mail:a@b@c"):
        refused = await no(
            world.request(world.olga, beneficiary=connection, resources=[f"{office.key} {bad}"])
        )
        assert refused in {"move-closed", "bad-form"}, bad
    foreign = f"key-{'0' * 26} mail:ada@town.example"
    assert await no(world.request(world.olga, beneficiary=connection, resources=[foreign])) == "no-such-thing"
    mine = [f"{office.key} mail:Ada@town.example", f"{office.key} oid:o-99"]
    case = await world.request(world.olga, beneficiary=connection, resources=mine, uses=3)
    shown = {one.claim for one in (await world.look(world.anna, case.id)).scope.resources}
    assert shown == {"mail:ada@town.example", "oid:o-99"}
    await world.approve(world.anna, case)
    case = await world.approve(world.karl, case)
    assert await opened() == SECRET  # Ada, as her tenant writes her
    assert await opened(upn="bob@town.example") == "forbidden"  # admitted by the line, named by no grant
    assert await opened(upn="bob@town.example", email="ada@town.example") == "forbidden"  # his own word
    assert await opened(upn="eve@town.example", oid="o-99") == SECRET
    assert await opened(upn="oid:o-99@town.example") == "forbidden"
    assert world.granted_row(case).uses_spent == 2
    other = await world.for_aws(resources=[f"{world.key} principal:{ALICE}"], uses=9)
    assert await world.decrypt(world.sealed) == b"a data key"
    bob = {"requestMetadata": said("Decrypt", awsPrincipalArn=ALICE.replace("Alice", "Bob"))}
    assert await no(world.decrypt(world.sealed, members=bob)) == "forbidden"
    nobody = {"requestMetadata": {**said("Decrypt"), "awsPrincipalArn": "x"}}
    assert await no(world.decrypt(world.sealed, members=nobody)) == "forbidden"
    Waiting(world.keyroom.opened, late=1)
    assert await no(world.decrypt(world.sealed)) == "not-witnessed-in-time"
    assert await no(world.decrypt(world.sealed, members=bob)) == "forbidden"  # what waits is Alice's
    assert await world.decrypt(world.sealed) == b"a data key"
    assert world.granted_row(other).uses_spent == 2


@in_support
async def test_the_claims_of_the_cloud_open_nothing_by_themselves(world):
    """AWS may say what it likes about who and why: neither makes a grant, nor widens one."""
    case = await world.for_aws(uses=9, bytes_max=len(raw(world.sealed["ciphertext"])))
    claims = said("Decrypt", kmsViaService="support", awsPrincipalArn=f"grant:{case.grant.id}")
    meta = {"requestMetadata": claims}
    assert await world.decrypt(world.sealed, members=meta) == b"a data key"
    assert await no(world.decrypt(world.sealed, members=meta)) == "no-bytes-left"
    tampered = {**world.sealed, "ciphertext": world.sealed["authenticationTag"]}
    assert await no(world.decrypt(tampered)) == "no-bytes-left"


@in_support
async def test_a_supplier_opens_by_transit_under_a_grant_one_message_at_a_time(world):
    def use(verb, *items):
        return world.keyroom.ask(
            UseTransit(
                evidence=world.erik.token, key=world.key, verb=verb, items=items,
                customer=world.customer_row.id, reason="ticket 4711",
            )
        )  # fmt: skip

    sealed = await world.keyroom.ask(
        UseTransit(evidence=world.token, key=world.key, verb="encrypt", items=(Item(body=b"one"),))
    )
    item = Item(body=sealed.outcomes[0].body, version=1)
    assert await no(use("decrypt", item)) == "forbidden"
    case = await world.granted(uses=2, resources=[world.key])
    assert await no(use("decrypt", item, item)) == "forbidden"
    assert await no(use("encrypt", Item(body=b"x"))) == "forbidden"
    assert await no(use("rewrap", item)) == "forbidden"
    done = await use("decrypt", item)
    assert (done.outcomes[0].body, done.log) == (b"one", world.customer_row.log("exceptional"))
    assert entry(world, "key.unwrap")["grant"] == case.grant.id
    bad = await use("decrypt", Item(body=b"\0" * 200, version=1))
    assert bad.outcomes[0].fault == "ciphertext-mismatch"  # it was opened for, so it was counted
    assert await no(use("decrypt", item)) == "no-uses-left"
