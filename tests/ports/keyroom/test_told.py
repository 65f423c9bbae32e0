"""What buckets and versions are told, at the keyroom's own door: rules stand, states are bound to their
version.
"""

import json
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import text

from custodes.acts.asks.buckets.told import (
    DropRule,
    DropState,
    LookCors,
    LookRule,
    LookState,
    PutRule,
    PutState,
)
from custodes.acts.asks.objects import ListObjects, MoveBucket
from custodes.acts.footing.decisions import Asked
from custodes.acts.objects.ground import Ground
from custodes.acts.objects.rules import (  # noqa: F401 - this suite is their test
    listing_access,
    marking,
    policed,
    states,
    telling,
    wishing,
)
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.rules.locks import Mode, Retention
from custodes.parties.rows import Application
from custodes.policy.presets import default_rules, rule
from custodes.policy.question import Resource
from custodes.protocols.s3.auth import Verified
from custodes.protocols.s3.canonical import Signed
from custodes.protocols.s3.configs.locking import write_hold, write_lock, write_retention
from custodes.protocols.s3.configs.plain import write_ownership, write_tagging
from fakes.object_world import BUCKET, with_objects

TAGS = write_tagging((("kind", "bill"),))
CORS = (
    b"<CORSConfiguration><CORSRule><AllowedOrigin>https://a</AllowedOrigin>"
    b"<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
)


def policy(**more):
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{BUCKET}*",
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()


async def tell(world, kind, body, **more):
    return await world.ask(PutRule(more.pop("evidence", world.token), more.pop("bucket", BUCKET), kind, body))


async def refused(world, ask):
    with pytest.raises(Refusal) as caught:
        await world.ask(ask)
    return caught.value.code


async def other_application(world):
    """A second application of the same town; its token."""
    application = Application(
        id=new_id("per", world.dice),
        customer=world.customer_row.id,
        organisation=world.town.id,
        name="Archive",
    )
    credential, token = world.api_token(
        world.town.id, application=application.id, customer=world.customer_row.id
    )
    await world.put(
        ("application", application.id, world.customer_row.id, application),
        ("credential", credential.id, world.customer_row.id, credential),
    )
    return application, token


async def let_policies_count(world):
    customer = world.customer_row.id
    rules = default_rules(customer)
    more = (*rules.rules, rule("bucket-policies-count"), rule("applications-bypass-governance"))
    rules = msgspec.structs.replace(rules, generation=2, rules=more)
    await world.put(("rules", customer, customer, rules))


@with_objects
async def test_rules_stand_and_are_entries(world):
    assert await refused(world, LookRule(world.token, BUCKET, "tagging")) == "tags-absent"
    await tell(world, "tagging", TAGS)
    assert (await world.ask(LookRule(world.token, BUCKET, "tagging"))).body == TAGS
    await world.ask(DropRule(world.token, BUCKET, "tagging"))
    await world.ask(DropRule(world.token, BUCKET, "tagging"))  # nothing there: no entry
    assert [one["subject"] for one in world.entries("bucket.change")] == ["tagging", "tagging"]
    assert await refused(world, PutRule(world.token, BUCKET, "tagging", b"<Tagging>")) == "xml-malformed"
    assert await refused(world, PutRule(world.token, BUCKET, "weather", TAGS)) == "unknown-kind"
    assert await refused(world, PutRule(world.token, BUCKET, "policyStatus", TAGS)) == "unknown-kind"


@with_objects
async def test_browsers_are_told_by_rules_alone(world):
    asked = LookCors(BUCKET, "https://a", "GET")
    assert (await world.ask(asked)).allowed is None
    await tell(world, "cors", CORS)
    assert (await world.ask(asked)).allowed.origin == "https://a"
    for other in (LookCors("nobodys", "https://a", "GET"), LookCors(BUCKET, "https://b", "GET")):
        assert (await world.ask(other)).allowed is None


@with_objects
async def test_tags_of_a_version(world):
    await world.write("a", b"1")
    assert b"<TagSet></TagSet>" in (await world.ask(LookState(world.token, BUCKET, "a", "tagging"))).body
    await world.ask(PutState(world.token, BUCKET, "a", "tagging", TAGS))
    assert (await world.ask(LookState(world.token, BUCKET, "a", "tagging"))).body == TAGS
    assert (await world.open_get("a", head=True)).marks.tags_count == 1
    await world.ask(DropState(world.token, BUCKET, "a", "tagging"))
    assert [one["subject"] for one in world.entries("object.state")] == ["tagging", "tagging"]
    assert await refused(world, PutState(world.token, BUCKET, "b", "tagging", TAGS)) == "key-absent"
    assert await refused(world, LookState(world.token, BUCKET, "a", "weather")) == "unknown-kind"


def put_state(world, state, name):
    """What a database administrator could do."""
    with world.engine.begin() as connection:
        edit = text("UPDATE object_version SET state = :s WHERE name = :n")
        connection.execute(edit, {"s": state, "n": name})


@with_objects
async def test_a_state_that_was_edited_or_moved_is_refused(world):
    await world.write("a", b"1")
    await world.write("b", b"2")
    await world.ask(PutState(world.token, BUCKET, "a", "tagging", TAGS))
    with world.engine.connect() as connection:
        found = connection.execute(text("SELECT state FROM object_version WHERE name = :n"), {"n": b"a"})
        state = bytes(found.scalar_one())
    for forged in (state.replace(b"bill", b"will"), b"{}", b"?"):
        put_state(world, forged, b"a")
        with pytest.raises(Refusal, match="state-forged") as caught:
            await world.read("a")
        assert caught.value.kind is Kind.BROKEN
    put_state(world, state, b"b")
    with pytest.raises(Refusal, match="state-forged"):
        await world.read("b")


async def locking_bucket(world):
    await world.ask(MoveBucket(world.token, BUCKET, "versioning-on"))
    await tell(world, "object-lock", write_lock(None))


def until(world, **later):
    return to_text((world.clock.now() + timedelta(**later)).replace(microsecond=0))


@with_objects
async def test_a_lock_needs_versions_and_stays(world):
    assert (
        await refused(world, PutRule(world.token, BUCKET, "object-lock", write_lock(None)))
        == "bucket-not-versioned"
    )
    await world.write("old", b"1")
    await locking_bucket(world)
    assert await refused(world, MoveBucket(world.token, BUCKET, "versioning-off")) == "bucket-locks"
    done = await world.write("a", b"1")
    held = PutState(world.token, BUCKET, "a", "legal-hold", write_hold(is_held=True))
    await world.ask(held)
    with pytest.raises(Refusal, match="object-locked"):
        await world.delete("a", done.version)
    await world.delete("a")  # a delete marker on top is no loss
    released = write_hold(is_held=False)
    await world.ask(PutState(world.token, BUCKET, "a", "legal-hold", released, done.version))
    await world.delete("a", done.version)


@with_objects
async def test_a_lock_left_out_of_the_database_is_seen(world):
    await locking_bucket(world)
    done = await world.write("a", b"1")
    retention = Retention(mode=Mode.COMPLIANCE, until=until(world, days=1))
    await world.ask(PutState(world.token, BUCKET, "a", "retention", write_retention(retention)))
    put_state(world, b"", b"a")
    with pytest.raises(Refusal, match="state-forged"):
        await world.delete("a", done.version)


@with_objects
async def test_retention_runs_out_and_is_not_shortened(world):
    await locking_bucket(world)
    done = await world.write("a", b"1")
    for mode in Mode:
        retention = Retention(mode=mode, until=until(world, days=2))
        await world.ask(PutState(world.token, BUCKET, "a", "retention", write_retention(retention)))
        if mode is Mode.GOVERNANCE:
            await let_policies_count(world)  # may bypass now, but nothing signed says that he wishes to
            shorter = Retention(mode=mode, until=until(world, days=1))
            asked = PutState(world.token, BUCKET, "a", "retention", write_retention(shorter))
            assert await refused(world, asked) == "object-locked"
            ground = Ground(world.keyroom.opened)
            who, stand = world.keyroom.opened.identities.of(world.token), ground.stand(BUCKET)
            assert ground.may_bypass(who, stand, "a", wishes=True), "who signs no request may wish in the ask"
            in_between = having_signed(world, world.token, "PUT", "a")
            assert not ground.may_bypass(in_between, stand, "a", wishes=True), "nobody adds to what is signed"
            break
    with pytest.raises(Refusal, match="object-locked"):
        await world.delete("a", done.version)
    world.clock.forward(days=3)
    await world.delete("a", done.version)


@with_objects
async def test_a_bucket_policy_narrows_but_never_widens(world):
    _, stranger = await other_application(world)
    await world.write("a", b"1")
    asked = ListObjects(stranger, BUCKET, "v2")
    await tell(world, "policy", policy())
    with pytest.raises(Refusal) as caught:
        await world.ask(asked)
    assert caught.value.kind is Kind.DENIED  # the customer's rules say nothing of policies
    await let_policies_count(world)
    assert [one.name for one in (await world.ask(asked)).objects] == ["a"]
    await tell(world, "policy", policy(Effect="Deny", Action="s3:GetObject"))
    with pytest.raises(Refusal, match="forbidden") as caught:
        await world.read("a")
    assert caught.value.facts["rules"] == ("house/house-bucket-policy",)
    await tell(world, "policy", policy(Effect="Deny", Action="s3:ListBucket"))
    assert await world.read("a") == b"1"
    with pytest.raises(Refusal, match="forbidden"):  # who may not list is not told what is not there
        await world.read("nothing")
    await world.ask(DropRule(world.token, BUCKET, "policy"))
    assert await world.read("a") == b"1"
    with pytest.raises(Refusal, match="key-absent"):
        await world.read("nothing")


@with_objects
async def test_a_public_policy_and_an_acl_meet_their_switches(world):
    block = (
        b"<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy>"
        b"<BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"
    )
    await tell(world, "publicAccessBlock", block)
    assert await refused(world, PutRule(world.token, BUCKET, "policy", policy())) == "policy-public"
    whose = (world.application.id, "Registry")
    acl = listing_access.write_acl(listing_access.canned("public-read", whose[0]), whose, {})
    assert await refused(world, PutRule(world.token, BUCKET, "acl", acl)) == "acl-not-supported"
    await let_policies_count(world)
    assert await refused(world, PutRule(world.token, BUCKET, "acl", acl)) == "policy-public"
    await world.ask(DropRule(world.token, BUCKET, "publicAccessBlock"))
    await tell(world, "acl", acl)
    named = acl.replace(f"<DisplayName>{whose[0]}".encode(), b"<DisplayName>Registry")
    assert (await world.ask(LookRule(world.token, BUCKET, "acl"))).body == named


@with_objects
async def test_what_cannot_be_read_is_refused_before_the_object_is_looked_for(world):
    past = write_retention(Retention(mode=Mode.GOVERNANCE, until="2020-01-01T00:00:00Z"))
    bad = (("legal-hold", b"<LegalHold/>"), ("retention", b"<Retention><Mode>WRONG</Mode></Retention>"))
    for kind, body in (*bad, ("retention", past)):
        with pytest.raises(Refusal) as caught:
            await world.ask(PutState(world.token, BUCKET, "absent", kind, body))
        assert caught.value.kind is Kind.MALFORMED
    with pytest.raises(Refusal, match="key-absent"):
        await world.ask(PutState(world.token, BUCKET, "absent", "legal-hold", write_hold(is_held=True)))


def having_signed(world, token, method, name="b", **headers):
    """Who asks, as if he had signed this request for an object."""
    who = world.keyroom.opened.identities.of(token)
    now = world.clock.now()
    given = (("host", b"s3"), *((key.replace("_", "-"), value) for key, value in headers.items()))
    request = Signed(
        method=method, path=f"/{BUCKET}/{name}".encode(), query=(), headers=given, payload="UNSIGNED-PAYLOAD"
    )
    verified = Verified(
        access_key_id="AK",
        signed_at=now,
        lapses_at=now,
        is_presigned=False,
        payload="UNSIGNED-PAYLOAD",
        signed=request,
        replay_mark="",
    )
    return msgspec.structs.replace(who, verified=verified)


@with_objects
async def test_who_writes_into_anothers_bucket_keeps_it_where_acls_count(world):
    """And nobody else gets at it: not a third, not without the customer's word, not where the owner owns."""
    o = world.keyroom.opened
    archive, token = await other_application(world)
    _, third = await other_application(world)
    bucket = world.bucket

    def kept(token, **headers):
        who = having_signed(world, token, "PUT", **headers)
        return listing_access.with_acl(o, who, bucket, wishing.NOTHING_WISHED)

    def said(token, owner):
        who = having_signed(world, token, "GET")
        question = Asked(
            action="object:read",
            purpose="operation",
            resource=Resource(kind="object", id="b", customer=bucket.customer),
        )
        told = policed.Told(name="b", owner=owner)
        asked = policed.Policed(o, ()).asked(who, bucket, question, told)
        return asked.resource.facts.get("bucket_policy")

    assert kept(token).owner == ""
    await let_policies_count(world)
    assert kept(token).owner == archive.id
    assert kept(world.token).owner == ""
    theirs = kept(token, x_amz_acl=b"bucket-owner-read").acl
    assert [(grant.grantee, grant.permission) for grant in theirs] == [
        (world.application.id, "READ"),
        (archive.id, "FULL_CONTROL"),
    ]
    assert said(token, archive.id) == "allow"
    assert said(third, archive.id) is None
    assert said(token, "") is None
    assert listing_access.owner_of(o, bucket, archive.id) == (archive.id, "Archive")
    full = b"bucket-owner-full-control"
    await tell(world, "ownershipControls", write_ownership("BucketOwnerPreferred"))
    assert (kept(token).owner, kept(token, x_amz_acl=full).owner) == (archive.id, "")
    await tell(world, "ownershipControls", write_ownership("BucketOwnerEnforced"))
    assert kept(token, x_amz_acl=full).owner == ""
    assert said(token, archive.id) is None
    assert listing_access.owner_of(o, bucket, archive.id)[0] == world.application.id
    with pytest.raises(Refusal, match="acl-not-supported"):
        kept(token, x_amz_acl=b"private")


@with_objects
async def test_a_key_that_is_nobodys(world):
    body = (
        b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
        b"</SSEAlgorithm><KMSMasterKeyID>key-1</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>"
        b"</ServerSideEncryptionConfiguration>"
    )
    assert await refused(world, PutRule(world.token, BUCKET, "encryption", body)) == "kms-key-absent"
    own = body.replace(b"key-1", world.bucket.key.encode())
    await tell(world, "encryption", own)
    await world.write("a", b"1")
    marks = (await world.open_get("a", head=True)).marks
    assert (marks.sse, marks.sse_key) == ("aws:kms", world.bucket.key)
