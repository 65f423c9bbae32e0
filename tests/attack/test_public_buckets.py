"""Public buckets and strangers: a customer's rule and the bucket's own word open what they name, and nothing
beside it.
"""

import asyncio
import hashlib
import json

import msgspec
import pytest

from custodes.acts.asks import PostForm, Unsigned
from custodes.acts.asks.buckets.told import LookState, PutRule, PutState
from custodes.acts.asks.objects import (
    CloseGet,
    DeleteObjects,
    Doomed,
    ListObjects,
    LookBucket,
    LookBuckets,
    MoveBucket,
    StillOpen,
)
from custodes.acts.objects import anyone, tickets  # noqa: F401 - this suite is the test of the first
from custodes.acts.objects.rules import shown  # noqa: F401 - and of this
from custodes.kernel.canonical import b64
from custodes.kernel.limits import StrangerLimits
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.rules.acl import ALL, Grant
from custodes.objects.rules.bucket_rules import PublicAccess
from custodes.policy.presets import rule
from custodes.policy.rules import Rule, RuleSet, from_cedar
from custodes.protocols.s3.configs.acls import write_acl
from custodes.protocols.s3.configs.plain import write_public_access
from custodes.protocols.s3.forms.policy import Form
from custodes.protocols.s3.messages import Head
from custodes.protocols.s3.unsigned.requests import unsigned
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld

BODY = b"timetable of the town"
READ = ("s3:GetObject", "s3:ListBucket")
LARGE = bytes(2 * 1_048_576)


def policy(*actions, bucket=BUCKET, **more):
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": list(actions), "Resource": resources, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()


def by(method="GET", name="", query=b"", bucket=BUCKET, **headers):
    """Evidence that proves nothing."""
    given = tuple((key.replace("_", "-").encode(), value.encode()) for key, value in headers.items())
    path = f"/{bucket}/{name}".encode() if name else f"/{bucket}".encode()
    head = Head(method=method, raw_path=path, query=query, headers=((b"host", b"s3"), *given))
    return Unsigned(unsigned(head).canonical_request)


class OpenWorld(ObjectWorld):
    async def settle_open(self):
        await self.settle_objects()
        await self.write("a", BODY)
        return self

    async def let(self, *forms, fields=None):
        """The customer's rules, with these forms added to what stands."""
        await self._rules(lambda rules: (*rules, *(rule(form, fields) for form in forms)))

    async def unlet(self, *forms):
        await self._rules(lambda rules: tuple(one for one in rules if one.form not in forms))

    async def _rules(self, change):
        row = self.customer_row.id
        old = self.keyroom.opened.standing.get("rules", row, RuleSet)
        new = msgspec.structs.replace(old, generation=old.generation + 1, rules=change(old.rules))
        await self.put(("rules", row, row, new))

    async def show(self, *actions, bucket=BUCKET, **more):
        await self.ask(PutRule(self.token, bucket, "policy", policy(*actions, bucket=bucket, **more)))

    async def opened_to_all(self):
        await self.let("anyone-reads-public-buckets")
        await self.show(*READ)

    def get(self, name="a", method="GET", **more):
        bucket, headers = more.get("bucket", BUCKET), more.pop("headers", {})
        evidence = by(method, name, more.pop("query", b""), bucket, **headers)
        return self.open_get(name, evidence=evidence, head=method == "HEAD", **more)

    def names_for_anyone(self, kind="v2", query=b"list-type=2", **more):
        return self.ask(ListObjects(by("GET", "", query), BUCKET, kind, **more))

    def reads(self):
        return [one for one in self.entries("object.get") if one["phase"] != "outcome"]


with_open = lived(lambda folder: OpenWorld(folder).settle_open())


async def code_of(asked):
    with pytest.raises(Refusal) as caught:
        await asked
    return caught.value.code


@with_open
async def test_both_must_say_so_the_customers_rule_and_the_bucket(world):
    assert await code_of(world.get()) == "not-signed"  # neither
    await world.show(*READ)
    assert await code_of(world.get()) == "not-signed"  # the bucket alone
    await world.show("s3:PutObject")
    await world.let("anyone-reads-public-buckets")
    assert await code_of(world.get()) == "not-signed"  # the customer alone
    assert world.reads() == []
    assert world.entries("denial") == []
    await world.show(*READ)
    assert world.unseal(await world.get()) == BODY
    listed = await world.names_for_anyone()
    assert [one.name for one in listed.objects] == ["a"]
    assert (listed.owner, listed.owner_name) == ("", ""), "strangers are not told of applications"


@with_open
async def test_each_read_is_an_entry_by_anyone_and_its_outcome_too(world):
    await world.opened_to_all()
    await world.write("large", LARGE)
    assert (await world.get(method="HEAD")).size == len(BODY)
    opened = await world.get("large")
    await world.ask(CloseGet(opened.ticket, "cut", 7))
    head, get = world.reads()
    for one in (head, get):
        assert (one["actor"], one["actor_kind"], one["decision"]) == ("anyone", "anyone", "allow")
        assert "customer/anyone-reads-public-buckets" in one["policies"]
        assert {"organisation", "person", "grant"}.isdisjoint(one)
    assert (head["bytes"], get["bytes"]) == (0, len(LARGE))


@with_open
async def test_whoever_looks_at_the_bucket_sees_that_it_is_public(world):
    async def seen():
        found = await world.ask(LookBucket(world.token, BUCKET))
        (listed,) = (await world.ask(LookBuckets(world.token))).buckets
        assert (listed.public, listed.public_by) == (found.public, found.public_by)
        return found.public, found.public_by

    await world.show(*READ, Condition={"StringEquals": {"s3:prefix": "open/"}})
    assert await seen() == ((), ())  # no rule of the customer's
    await world.let("anyone-reads-named-buckets", fields={"buckets": ["another"]})
    assert await seen() == ((), ())  # not for this bucket
    await world.let("anyone-reads-public-buckets", "anyone-writes-public-buckets")
    assert await seen() == (("list", "read"), ("customer/anyone-reads-public-buckets",))
    await world.show("s3:PutObject")
    await world.ask(PutRule(world.token, BUCKET, "acl", _public_acl(world)))
    assert (await seen())[0] == ("list", "write")
    block = PublicAccess(ignore_acls=True, restrict=True)
    await world.ask(PutRule(world.token, BUCKET, "publicAccessBlock", write_public_access(block)))
    assert await seen() == ((), ())
    assert await code_of(world.names_for_anyone()) == "not-signed"


@with_open
async def test_a_form_names_the_buckets_it_opens(world):
    await world.create_bucket("elsewhere")
    await world.write("a", BODY, bucket="elsewhere")
    for bucket in (BUCKET, "elsewhere"):
        await world.show(*READ, bucket=bucket)
    await world.let("anyone-reads-named-buckets", fields={"buckets": ["elsewhere"]})
    assert await code_of(world.get()) == "not-signed"
    assert (await world.get(bucket="elsewhere")).size == len(BODY)


@with_open
async def test_under_a_lease_only_by_a_rule_that_names_anyone(world):
    await world.opened_to_all()
    await world.let("applications-lease-reads")
    await world.get()
    assert len(world.reads()) == 1
    await world.let("anyone-lease-reads")
    await asyncio.gather(*(world.get() for _ in range(20)))
    assert len(world.reads()) == 1
    (given,) = [one for one in world.entries("object.lease") if one["phase"] == "admission"]
    assert given["actor"] == "anyone"


@with_open
async def test_writing_is_a_rule_of_its_own(world):
    await world.opened_to_all()
    await world.show("s3:PutObject", "s3:DeleteObject", *READ)
    put = by("PUT", "b", x_amz_meta_from="a stranger")
    assert await code_of(world.write("b", BODY, evidence=put)) == "not-signed"
    await world.let("anyone-writes-public-buckets")
    await world.write("b", BODY, evidence=put)
    assert world.entries("object.put")[-1]["actor"] == "anyone"
    assert await world.read("b") == BODY  # the bucket's owner owns it
    await world.delete("b", evidence=by("DELETE", "b"))
    assert await world.names() == ["a"]
    form = Form(bucket=BUCKET, fields=(("key", "by-form"),))
    await world.write("by-form", BODY, evidence=PostForm(form))
    assert await world.names() == ["a", "by-form"]
    for name in ("x_amz_object_lock_legal_hold", "x_amz_grant_read", "x_amz_server_side_encryption"):
        assert (
            await code_of(world.open_put("c", BODY, evidence=by("PUT", "c", **{name: "x"}))) == "not-signed"
        )


@with_open
async def test_acls_open_what_they_name(world):
    await world.let("anyone-reads-public-buckets")
    await world.ask(PutRule(world.token, BUCKET, "acl", _public_acl(world)))
    assert [one.name for one in (await world.names_for_anyone()).objects] == ["a"]
    assert await code_of(world.get()) == "not-signed"  # the version's own ACL is private
    assert await code_of(world.names_for_anyone("versions", b"versions")) == "not-signed"
    assert (await world.ask(LookBucket(by("HEAD"), BUCKET))).name == BUCKET
    assert await code_of(world.get("nothing")) == "key-absent"  # who may list is told


def _public_acl(world):
    owner = world.bucket.owners[0]
    granted = ((owner, "FULL_CONTROL"), (ALL, "READ"))
    acl = tuple(Grant(grantee=one, permission=permission) for one, permission in granted)
    return write_acl(acl, (owner, "owner"), {})


@with_open
async def test_who_may_not_list_is_not_told_what_is_there(world):
    await world.let("anyone-reads-public-buckets")
    await world.show("s3:GetObject")
    assert world.unseal(await world.get()) == BODY
    assert await code_of(world.get("nothing")) == "not-signed"
    await world.delete("a")
    assert await code_of(world.get()) == "not-signed"


@with_open
async def test_nobody_has_buckets_and_what_is_gone_is_gone(world):
    assert await code_of(world.ask(LookBuckets(Unsigned(unsigned(HEAD).canonical_request)))) == "not-signed"
    assert await code_of(world.get(bucket="nobodys")) == "not-signed"  # no customer lets anyone in
    await world.let("anyone-reads-public-buckets")
    assert (await world.ask(LookBuckets(Unsigned(unsigned(HEAD).canonical_request)))).buckets == ()
    assert await code_of(world.get(bucket="nobodys")) == "bucket-absent"


HEAD = Head(method="GET", raw_path=b"/", headers=((b"host", b"s3"),))


@with_open
async def test_strangers_share_a_pace_and_take_nothing_from_applications(world):
    await world.opened_to_all()
    object.__setattr__(world.keyroom.opened, "strangers", StrangerLimits(per_s=2, burst_s=2))
    for _ in range(4):
        await world.names_for_anyone()
    with pytest.raises(Refusal) as caught:
        await world.get()
    assert (caught.value.code, caught.value.kind) == ("slow-down", Kind.LIMITED)
    assert await world.read("a") == BODY
    world.clock.forward(seconds=1)
    assert (await world.get()).size == len(BODY)


@with_open
async def test_strangers_hold_only_so_many_reads_at_a_time(world):
    await world.opened_to_all()
    await world.write("large", LARGE)
    object.__setattr__(world.keyroom.opened, "strangers", StrangerLimits(open_max=2))
    held = [(await world.get("large")).ticket for _ in range(2)]
    assert await code_of(world.get("large")) == "slow-down"
    assert (await world.open_get("large")).ticket
    await world.ask(CloseGet(held[0], "complete", len(LARGE)))
    assert (await world.get("large")).ticket


@with_open
async def test_an_operator_may_serve_no_stranger_at_all(world):
    await world.opened_to_all()
    object.__setattr__(world.keyroom.opened, "strangers", StrangerLimits(per_s=0))
    assert await code_of(world.get()) == "slow-down"
    assert await world.read("a") == BODY


@with_open
async def test_an_access_list_taken_back_ends_what_runs(world):
    """The version's own list, which stands in its row: it is read again while the answer runs."""
    await world.let("anyone-reads-public-buckets")
    await world.write("large", LARGE)
    private = (await world.ask(LookState(world.token, BUCKET, "large", "acl"))).body
    await world.ask(PutState(world.token, BUCKET, "large", "acl", _public_acl(world)))
    opened = await world.get("large")
    await world.ask(StillOpen(opened.ticket, 0))
    await world.ask(PutState(world.token, BUCKET, "large", "acl", private))
    assert await code_of(world.ask(StillOpen(opened.ticket, 0))) == "not-signed"
    assert await code_of(world.get("large")) == "not-signed"


@with_open
async def test_a_tag_a_policy_rests_on_taken_away_ends_what_runs(world):
    await world.let("anyone-reads-public-buckets")
    await world.show(*READ, Condition={"StringEquals": {"s3:ExistingObjectTag/open": "yes"}})
    await world.write("large", LARGE)
    tags = b"<Tagging><TagSet><Tag><Key>open</Key><Value>%s</Value></Tag></TagSet></Tagging>"
    await world.ask(PutState(world.token, BUCKET, "large", "tagging", tags % b"yes"))
    opened = await world.get("large")
    await world.ask(StillOpen(opened.ticket, 0))
    await world.ask(PutState(world.token, BUCKET, "large", "tagging", tags % b"no"))
    assert await code_of(world.ask(StillOpen(opened.ticket, 0))) == "not-signed"


@with_open
async def test_who_reads_what_is_replaced_meanwhile_reads_it_to_its_end(world):
    await world.let("anyone-reads-public-buckets")
    await world.write("large", LARGE)
    await world.ask(PutState(world.token, BUCKET, "large", "acl", _public_acl(world)))
    opened = await world.get("large")
    await world.write("large", LARGE)  # private again: a new version brings its own list
    assert await code_of(world.get("large")) == "not-signed"
    await world.ask(StillOpen(opened.ticket, 0))


@with_open
async def test_a_rule_taken_away_ends_what_runs(world):
    await world.opened_to_all()
    await world.write("large", LARGE)
    opened = await world.get("large")
    await world.ask(StillOpen(opened.ticket, 0))
    await world.show("s3:ListBucket")  # the bucket takes its word back
    assert await code_of(world.ask(StillOpen(opened.ticket, 0))) == "not-signed"
    await world.show(*READ)
    opened = await world.get("large")
    await world.unlet("anyone-reads-public-buckets")  # the customer takes his back
    assert await code_of(world.ask(StillOpen(opened.ticket, 0))) == "not-signed"
    assert await code_of(world.get()) == "not-signed"


@with_open
async def test_a_kill_stops_anyone_too(world):
    await world.opened_to_all()
    await world.write("large", LARGE)
    opened = await world.get("large")
    await world.kill_customer()
    for asked in (world.get(), world.ask(StillOpen(opened.ticket, 0))):
        with pytest.raises(Refusal) as caught:
            await asked
        assert caught.value.kind is Kind.LOCKED


@with_open
async def test_a_town_that_shows_nothing_does_not_exist(world):
    await world.opened_to_all()
    token = await world.other_customer()
    await world.create_bucket("their-files", evidence=token)
    await world.write("a", BODY, bucket="their-files", evidence=token)
    await world.ask(PutRule(token, "their-files", "policy", policy(*READ, bucket="their-files")))
    assert await code_of(world.get(bucket="their-files")) == "bucket-absent"
    assert await code_of(world.get(bucket="nobodys-files")) == "bucket-absent"


@with_open
async def test_a_rule_for_everybody_means_everybody_known(world):
    everybody = from_cedar("permit(principal, action, resource);")
    own = Rule(id="open-to-everybody", body=everybody)
    await world._rules(lambda rules: (*rules, own))
    await world.show(*READ)
    assert await code_of(world.get()) == "not-signed"
    await world.let("anyone-lease-reads")  # names anyone, and lets him do nothing else
    assert await code_of(world.get()) == "not-signed"


@with_open
async def test_a_forbid_of_the_customers_binds_anyone(world):
    await world.opened_to_all()
    await world.let("purposes-only", fields={"purposes": ["archive"]})
    assert await code_of(world.get()) == "not-signed"


@with_open
async def test_older_versions_are_shown_where_a_policy_says_so(world):
    await world.ask(MoveBucket(world.token, BUCKET, "versioning-on"))
    await world.opened_to_all()
    old = (await world.write("a", BODY)).version
    await world.write("a", b"newer")
    query = f"versionId={old}".encode()
    assert await code_of(world.get(version=old, query=query)) == "not-signed"
    assert await code_of(world.names_for_anyone("versions", b"versions")) == "not-signed"
    await world.show("s3:GetObjectVersion", "s3:ListBucketVersions", *READ)
    assert world.unseal(await world.get(version=old, query=query)) == BODY
    assert len((await world.names_for_anyone("versions", b"versions")).objects) == 3
    await world.delete("a", old)
    assert await code_of(world.get(version=old, query=query)) == "version-absent"


@with_open
async def test_what_lies_under_a_key_of_its_writers_stays_shut(world):
    await world.opened_to_all()
    key = bytes(range(32))
    named = {
        "x_amz_server_side_encryption_customer_algorithm": "AES256",
        "x_amz_server_side_encryption_customer_key": b64(key),
        "x_amz_server_side_encryption_customer_key_MD5": b64(hashlib.md5(key).digest()),
    }
    await world.let("anyone-writes-public-buckets")
    await world.show("s3:PutObject", *READ)
    assert await code_of(world.open_put("c", BODY, evidence=by("PUT", "c", **named))) == "not-signed"


@with_open
async def test_a_thousand_folders_are_listed_page_by_page(world):
    await world.opened_to_all()
    for number in range(30):
        await world.write(f"{number:04}/a", b"")
    seen, token = [], ""
    while True:
        more = {"token": token} if token else {}
        page = await world.names_for_anyone(delimiter="/", limit=7, **more)
        seen += page.prefixes
        if not page.truncated:
            break
        token = page.next_token
    assert seen == [f"{number:04}/" for number in range(30)]


@with_open
async def test_many_at_once_remove_no_versions(world):
    await world.let("anyone-reads-public-buckets", "anyone-writes-public-buckets")
    await world.show("s3:DeleteObject", *READ)
    version = (await world.open_get("a", head=True)).version
    body = f"<Delete><Object><Key>a</Key><VersionId>{version}</VersionId></Object></Delete>".encode()
    asked = DeleteObjects(by("POST", "", b"delete"), BUCKET, (Doomed("a", version),), body)
    (one,) = (await world.ask(asked)).results
    assert one.refusal == ("not-signed", "unauthenticated")
