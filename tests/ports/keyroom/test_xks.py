"""AWS KMS through its connection: what comes out, what stands in the log, and what is refused."""

import hashlib
from datetime import timedelta

import msgspec
import pytest

from custodes.acts.asks import Token
from custodes.acts.asks.clouds.connections import (
    DropConnectionKey,
    LentKey,
    MoveConnection,
    SetConnection,
    TryConnection,
)
from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import CreateKey, MoveKey, UseKey
from custodes.acts.asks.rules import SetPolicy
from custodes.acts.clouds.health import KEPT_MS
from custodes.acts.clouds.using import ACTIONS
from custodes.acts.clouds.xks import REPEATS_MAX, access_id, credential_of
from custodes.kernel import canonical
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.policy.actions import ACTIONS as KNOWN
from custodes.store.reads import reading
from fakes.certificates import certificate
from fakes.clouds import ALICE, KEY_ARN, CloudWorld, raw, said, text
from fakes.lived import lived, settled

DEFAULTS = ("applications-use-keys", "everyone-watches", "officers-administer")


in_cloud = lived(lambda folder: settled(CloudWorld(folder)))


async def refused(coming):
    with pytest.raises(Refusal) as caught:
        await coming
    return caught.value.code, caught.value.kind


def entries(world, act):
    """Opened entries of this act, in order."""
    o = world.keyroom.opened
    found = []
    for kind in ("machine", "exceptional"):
        log = f"{world.customer_row.id}/{kind}"
        size = reading(world.engine, lambda r, log=log: r.heads()[log].size if log in r.heads() else 0)
        for index in range(size):
            row = reading(world.engine, lambda r, log=log, i=index: r.opening(log, i))
            page = reading(world.engine, lambda r, row=row: r.page(o.house, row.page))
            leaf = reading(world.engine, lambda r, log=log, i=index: r.leaves(log, i, i + 1))[0]
            opened = o.records.unseal(world.customer_row, page, row, leaf)
            if opened.fields.get("act") == act:
                found.append(opened)
    return found


@in_cloud
async def test_what_is_sealed_opens_again_and_each_use_has_its_entry(world):
    sealed = await world.encrypt(b"a data key", b"ctx")
    assert len(raw(sealed["ciphertext"])) == len(b"a data key")
    assert len(raw(sealed["ciphertextMetadata"])) == 20
    assert (len(raw(sealed["initializationVector"])), len(raw(sealed["authenticationTag"]))) == (12, 16)
    assert "ciphertextDataIntegrityValue" not in sealed
    assert await world.decrypt(sealed, b"ctx") == b"a data key"
    (wrapped,), (opened,) = entries(world, "key.wrap"), entries(world, "key.unwrap")
    assert wrapped.fields["reason"] == "data-key-made"
    assert opened.fields["reason"] == "data-key-opened"
    assert opened.fields["connection"] == world.aws.id
    assert opened.fields["key"] == world.key
    assert ["aws", "kmsKeyArn", KEY_ARN, "asserted"] in opened.fields["claims"]
    assert opened.fields["person_claims"] == [["aws", "awsPrincipalArn", ALICE, "asserted"]]
    assert opened.fields["actor"] == credential_of(world.pair[0])
    assert b"a data key" not in canonical.encode(dict(opened.fields))


@in_cloud
async def test_the_integrity_value_is_over_the_parts(world):
    wants = {"ciphertextDataIntegrityValueAlgorithm": "SHA_256"}
    sealed = await world.encrypt(b"x" * 4300, b"a" * 8192, members=wants)
    parts = ("ciphertextMetadata", "initializationVector", "ciphertext", "authenticationTag")
    whole = b"a" * 8192 + b"".join(raw(sealed[name]) for name in parts)
    assert raw(sealed["ciphertextDataIntegrityValue"]) == hashlib.sha256(whole).digest()
    assert await world.decrypt(sealed, b"a" * 8192) == b"x" * 4300
    assert await refused(world.encrypt(key="seal", members=wants)) == ("key-not-lent-for-this", Kind.DENIED)


@in_cloud
async def test_no_two_messages_are_alike_and_an_older_version_still_opens(world):
    one, two = await world.encrypt(), await world.encrypt()
    assert all(one[name] != two[name] for name in one)
    await world.keyroom.ask(MoveKey(world.olga.token, world.key, "rotate", "yearly"))
    three = await world.encrypt()
    assert [raw(each["ciphertextMetadata"])[:4] for each in (one, three)] == [
        b"\x01\x00\x00\x01", b"\x01\x00\x00\x02",
    ]  # fmt: skip
    assert await world.decrypt(one) == await world.decrypt(three) == b"a data key"


@in_cloud
async def test_every_changed_part_is_a_ciphertext_that_does_not_fit(world):
    sealed = await world.encrypt(b"a data key", b"ctx")
    for name in ("ciphertext", "ciphertextMetadata", "initializationVector", "authenticationTag"):
        part = bytearray(raw(sealed[name]))
        part[-1] ^= 1
        changed = {**sealed, name: text(bytes(part))}
        assert (await refused(world.decrypt(changed, b"ctx")))[0] == "message-mismatch", name
    assert (await refused(world.decrypt(sealed, b"other")))[0] == "message-mismatch"
    mark = raw(sealed["ciphertextMetadata"])
    moved = {**sealed, "ciphertextMetadata": ""}
    assert (await refused(world.decrypt(moved, b"ctx" + mark)))[0] == "message-mismatch"
    later = mark[:1] + b"\x00\x00\x09" + mark[4:]
    assert (await refused(world.decrypt({**sealed, "ciphertextMetadata": text(later)}, b"ctx")))[0] == (
        "message-mismatch"
    )
    assert len(entries(world, "key.unwrap")) == 5  # what names no version of the key is no use of it


@in_cloud
async def test_a_key_is_used_for_what_it_was_lent_for(world):
    sealed = await world.encrypt(key="seal")
    assert (await refused(world.decrypt(sealed, key="seal")))[0] == "key-not-lent-for-this"
    assert await world.decrypt(sealed, key="open") == b"a data key"
    for name in ("open", "look"):
        assert (await refused(world.encrypt(key=name)))[0] == "key-not-lent-for-this"
    usage = {
        name: (await world.ask_xks("metadata", {"requestMetadata": said("DescribeKey")}, key=name))[
            "keyUsage"
        ]
        for name in ("foo", "seal", "open", "look")
    }
    assert usage == {"foo": ["ENCRYPT", "DECRYPT"], "seal": ["ENCRYPT"], "open": ["DECRYPT"], "look": []}


@in_cloud
async def test_another_customers_key_is_absent_and_so_is_one_that_is_not_lent(world):
    other = (await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "not lent"))).id
    foreign = new_id("key", world.dice)
    answers = [await refused(world.encrypt(key=name)) for name in (other, foreign, "no-such-key")]
    assert answers == [("lent-key-absent", Kind.ABSENT)] * 3


@in_cloud
async def test_forged_stale_and_foreign_signatures(world):
    id_, secret = world.pair
    wrong = [
        (id_, secret[:-2] + "AA"),
        ("CXK" + "A" * 26, secret),
        ("AKIAIOSFODNN7EXAMPLE", secret),
    ]
    for pair in wrong:
        assert await refused(world.encrypt(pair=pair)) == ("signature-differs", Kind.UNAUTHENTICATED)
    second = await world.connect((msgspec.structs.replace(world.aws.keys[0]),), name="another")
    assert (await refused(world.encrypt(connection=second, key=world.key)))[0] == "signature-differs"
    call = world.call("encrypt", {"requestMetadata": said()})
    for lie in (
        msgspec.structs.replace(call, body=call.body + b" "),
        msgspec.structs.replace(call, claim=msgspec.structs.replace(call.claim, region="us-east-1")),
        msgspec.structs.replace(call, claim=msgspec.structs.replace(call.claim, date="20261121")),
        msgspec.structs.replace(
            call,
            claim=msgspec.structs.replace(
                call.claim, canonical_request=call.claim.canonical_request.replace(b"/foo/", b"/look/")
            ),
        ),
    ):
        assert (await refused(world.keyroom.ask(lie)))[1] is Kind.UNAUTHENTICATED
    for seconds in (-301, 301):
        at = world.clock.now() + timedelta(seconds=seconds)
        assert (await refused(world.encrypt(at=at)))[0] == "request-time-skewed"
    assert entries(world, "key.wrap") == []


@in_cloud
async def test_the_same_bytes_are_answered_a_few_times_and_no_more(world):
    call = world.call("metadata", {"requestMetadata": said("DescribeKey")})
    for _ in range(REPEATS_MAX):
        await world.keyroom.ask(call)
    assert (await refused(world.keyroom.ask(call)))[0] == "signature-repeated"


@in_cloud
async def test_two_credentials_live_side_by_side_and_one_is_dropped(world):
    second = await world.credential(world.aws)
    assert (await refused(world.credential(world.aws)))[0] == "connection-keys-two"
    for pair in (world.pair, second):
        await world.encrypt(pair=pair)
    old = credential_of(world.pair[0])
    view = await world.keyroom.ask(DropConnectionKey(world.karl.token, world.aws.id, old, "changed over"))
    assert [one.access_id for one in view.credentials] == [second[0]]
    assert (await refused(world.encrypt()))[1] is Kind.UNAUTHENTICATED
    await world.encrypt(pair=second)


@in_cloud
async def test_off_ended_killed_and_disabled_each_stop_the_next_use(world):
    sealed = await world.encrypt()
    await world.keyroom.ask(MoveConnection(world.karl.token, world.aws.id, "off", "suspicion"))
    assert await refused(world.decrypt(sealed)) == ("connection-off", Kind.LOCKED)
    on = MoveConnection(None, world.aws.id, "on")
    await world.keyroom.ask(world.olga.signed(on, ("connection", world.aws.id)))
    assert await world.decrypt(sealed) == b"a data key"
    await world.keyroom.ask(MoveKey(world.olga.token, world.key, "disable", "suspicion"))
    assert (await refused(world.decrypt(sealed)))[1] is Kind.LOCKED
    status = await world.ask_xks("metadata", {"requestMetadata": said("DescribeKey")})
    assert status["keyStatus"] == "DISABLED"
    await world.keyroom.ask(MoveKey(world.olga.token, world.key, "enable", "cleared"))
    scope = KillScope("customer", world.customer_row.id)
    await world.keyroom.ask(Kill(world.olga.token, scope, "alarm"))
    assert (await refused(world.decrypt(sealed)))[1] is Kind.LOCKED
    end = MoveConnection(None, world.aws.id, "end")
    await world.keyroom.ask(world.olga.signed(end, ("connection", world.aws.id)))
    assert await refused(world.decrypt(sealed)) == ("connection-absent", Kind.ABSENT)


@in_cloud
async def test_rules_may_demand_a_reason_a_grade_and_a_caller(world):
    sealed = await world.encrypt()
    defaults = [{"preset": name, "filled": {}} for name in DEFAULTS]

    async def ruled(*more):
        ask = SetPolicy(None, world.customer_row.id, canonical.encode([*defaults, *more]))
        await world.keyroom.ask(world.olga.signed(ask, ("rules", world.customer_row.id)))

    await ruled({"preset": "cloud-reasons-only", "filled": {"reasons": ["data-key-opened"]}})
    assert await world.decrypt(sealed) == b"a data key"
    assert await refused(world.encrypt()) == ("forbidden", Kind.DENIED)
    denial = entries(world, "denial")[-1].fields
    assert denial["policies"] == ["customer/cloud-reasons-only"]
    assert denial["connection"] == world.aws.id
    assert ["aws", "kmsOperation", "GenerateDataKey", "asserted"] in denial["claims"]
    await ruled({"preset": "cloud-grades-only", "filled": {"grades": ["signed", "attested"]}})
    assert (await refused(world.decrypt(sealed)))[0] == "forbidden"
    await ruled({"preset": "cloud-principals-only", "filled": {"principals": [ALICE]}})
    assert await world.decrypt(sealed) == b"a data key"
    bob = {"requestMetadata": said(awsPrincipalArn=ALICE.replace("Alice", "Bob"))}
    assert (await refused(world.decrypt(sealed, members=bob)))[0] == "forbidden"


@in_cloud
async def test_an_operation_nobody_has_heard_of_is_taken_and_logged(world):
    sealed = await world.encrypt()
    members = {"requestMetadata": said("BulkDecrypt", sourceIdentity="mallory", tags={"a": 1})}
    assert await world.decrypt(sealed, members=members) == b"a data key"
    (entry,) = entries(world, "key.unwrap")
    assert entry.fields["reason"] == "unknown"
    assert ["aws", "kmsOperation", "BulkDecrypt", "asserted"] in entry.fields["claims"]
    assert ["aws", "sourceIdentity", "mallory", "asserted"] in entry.fields["claims"]


@in_cloud
async def test_health_is_a_round_trip_and_its_entry_at_most_one_a_minute(world):
    asked = {"requestMetadata": {"kmsOperation": "KmsHealthCheck", "kmsRequestId": "r"}}
    for _ in range(2):
        health = await world.ask_xks("health", asked)
        assert health["ekmFleetDetails"][0]["healthStatus"] == "ACTIVE"
    assert health["xksProxyFleetSize"] == 1
    assert len(entries(world, "connection.check")) == 1
    world.clock.forward(seconds=KEPT_MS / 1000 + 1)
    await world.ask_xks("health", asked)
    assert len(entries(world, "connection.check")) == 2
    world.clock.forward(seconds=KEPT_MS / 1000 + 1)
    world.keyroom.opened.keyring.lose(world.holder.uri, "holder-gone", (world.customer_row.id,))
    health = await world.ask_xks("health", asked)
    assert health["ekmFleetDetails"][0]["healthStatus"] == "UNAVAILABLE"
    world.keyroom.opened.keyring.regain(world.holder.uri)
    assert entries(world, "key.wrap") == entries(world, "key.unwrap") == []


@in_cloud
async def test_a_connections_credential_opens_nothing_else(world):
    id_, secret = world.pair
    for token in (f"{credential_of(id_)}.{secret}", secret):
        use = UseKey(Token(token), world.key, "wrap", b"x", b"", "operation", "")
        assert (await refused(world.keyroom.ask(use)))[1] is Kind.UNAUTHENTICATED
    assert access_id(credential_of(id_)) == id_
    assert 20 <= len(id_) <= 30
    assert 43 <= len(secret) <= 64


@in_cloud
async def test_a_round_trip_by_hand(world):
    tried = await world.keyroom.ask(TryConnection(world.olga.token, world.aws.id))
    assert (tried.connection, tried.code) == (world.aws.id, "")
    (entry,) = entries(world, "connection.check")
    assert entry.fields["actor"] == world.olga.token.token.partition(".")[0]
    await world.keyroom.ask(MoveConnection(world.karl.token, world.aws.id, "off", "test"))
    assert (await world.keyroom.ask(TryConnection(world.olga.token, world.aws.id))).code == "connection-off"


@in_cloud
async def test_so_many_uses_a_second_and_no_more(world):
    await world.connect(id_=world.aws.id, settings={"uses-per-second": ("2",)})
    for _ in range(2):
        await world.encrypt()
    assert await refused(world.encrypt()) == ("connection-too-fast", Kind.LIMITED)
    world.clock.forward(seconds=1)
    await world.encrypt()


@in_cloud
async def test_a_client_certificate_where_one_is_demanded(world):
    name = "cks.kms.eu-central-1.amazonaws.com"
    await world.connect(id_=world.aws.id, settings={"client-names": (name,)})
    assert (await refused(world.encrypt()))[0] == "certificate-differs"
    asked = {"requestMetadata": said("DescribeKey")}
    for given, goes in ((certificate(name), True), (certificate("cks.kms.us-east-1.amazonaws.com"), False)):
        call = msgspec.structs.replace(world.call("metadata", asked), certificate=given)
        world.clock.forward(seconds=1)
        if goes:
            assert b"ENABLED" in (await world.keyroom.ask(call)).body
        else:
            assert (await refused(world.keyroom.ask(call)))[0] == "certificate-differs"


@in_cloud
async def test_making_and_widening_takes_a_signature_of_the_customers_officer(world):
    ask = SetConnection(None, world.customer_row.id, "xks", "AWS", (LentKey(world.key),))
    unsigned = msgspec.structs.replace(ask, evidence=world.olga.token)
    assert await refused(world.keyroom.ask(unsigned)) == ("forbidden", Kind.DENIED)
    for who in (world.karl, world.anna):
        assert (await refused(world.keyroom.ask(who.signed(ask, ("connection", "")))))[1] is Kind.DENIED
    stale = world.olga.signed(msgspec.structs.replace(ask, id=world.aws.id), ("connection", world.aws.id))
    await world.connect(id_=world.aws.id, name="meanwhile")
    assert (await refused(world.keyroom.ask(stale)))[1] is Kind.DENIED
    kinds = [entry.fields["connection"] for entry in entries(world, "connection.set")]
    assert kinds == [world.aws.id, world.aws.id]


@in_cloud
async def test_bad_connections_are_refused_whole(world):
    async def told(**changed):
        ask = SetConnection(None, world.customer_row.id, "xks", "AWS", (LentKey(world.key),))
        ask = msgspec.structs.replace(ask, **changed)
        return (await refused(world.keyroom.ask(world.olga.signed(ask, ("connection", ask.id)))))[0]

    assert await told(kind="smoke-signals") == "bad-connection"
    assert await told(name="") == "bad-connection"
    assert await told(keys=(LentKey(world.key, "a/b"),)) == "bad-connection"
    assert await told(settings={"colour": ("red",)}) == "bad-connection"
    assert await told(keys=(LentKey(new_id("key", world.dice)),)) == "no-such-thing"
    assert await told(id=new_id("con", world.dice)) == "no-such-thing"
    assert await told(id=world.aws.id, kind="transit") == "bad-connection"


@in_cloud
async def test_a_denial_says_where_to_ask(world):
    choices = [{"preset": name, "filled": {}} for name in DEFAULTS]
    only = {"preset": "cloud-reasons-only", "filled": {"reasons": ["data-key-opened"]}}
    ask = SetPolicy(None, world.customer_row.id, canonical.encode([*choices, only]))
    await world.keyroom.ask(world.olga.signed(ask, ("rules", world.customer_row.id)))
    with pytest.raises(Refusal) as caught:
        await world.encrypt()
    assert caught.value.facts["ask"] == f"{world.body.console}/cases"
    assert "customer/cloud-reasons-only" in caught.value.facts["rules"]


@in_cloud
async def test_regions_and_settings(world):
    await world.connect(id_=world.aws.id, settings={"regions": ("eu-central-1",)})
    await world.encrypt()
    assert (await refused(world.encrypt(region="us-east-1")))[0] == "region-not-allowed"


def test_the_actions_of_uses_are_the_policys():
    assert set(ACTIONS.values()) <= set(KNOWN)
