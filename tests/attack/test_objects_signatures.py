"""A plane that hands over a true signature and asks for something else, and bodies in signed chunks."""

import hashlib
from unittest.mock import patch

import msgspec
import pytest

from custodes.acts.asks import SigV4
from custodes.acts.asks.objects import (
    CheckChunks,
    ClosePut,
    CopyObject,
    CreateBucket,
    DeleteObject,
    DeleteObjects,
    Doomed,
    ListObjects,
    LookObject,
    MoveBucket,
    OpenGet,
    OpenPut,
)
from custodes.acts.asks.uploads import CompletePart, CompleteUpload, OpenPart
from custodes.acts.footing.identities import access_id, credential_of
from custodes.acts.footing.nouns import Kills
from custodes.acts.objects import signed  # noqa: F401 - this suite is its test
from custodes.boundary.places import Location
from custodes.custody import hierarchy
from custodes.custody.kill import Kill, KillScope
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.conditions import Conditions, parse_tags
from custodes.parties.rows import Credential, CredentialKind, CredentialState
from custodes.protocols.s3 import auth
from custodes.protocols.s3.messages import SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER
from fakes import s3_signer
from fakes.object_world import BUCKET, with_objects

SECRET = "the application's own secret"
EMPTY = hashlib.sha256(b"").hexdigest()
LONG = bytes(2 * 1_048_576)


async def with_key(world):
    o = world.keyroom.opened
    id_ = new_id("crd", world.dice)
    wrapped = hierarchy.wrap_credential(o.keyring.house_keys, o.house, id_, SECRET.encode(), world.dice)
    row = Credential(
        id=id_,
        kind=CredentialKind.S3_KEY,
        organisation=world.town.id,
        application=world.application.id,
        customer=world.customer_row.id,
        secret=canonical.b64(wrapped),
        created_at=to_text(world.clock.now()),
        is_demo=True,
    )
    await world.put(("credential", row.id, world.customer_row.id, row))
    world.access_key = access_id(row.id)


async def refused(world, ask):
    with pytest.raises(Refusal) as caught:
        await world.ask(ask)
    return caught.value.code


def evidence(world, method, target, headers=None, *, body=b"", payload=None):
    with patch.object(s3_signer, "ACCESS_KEY", world.access_key):
        head = s3_signer.signed_head(
            method, target, headers, body=body, payload=payload, at=world.clock.now(), secret=SECRET
        )
    return SigV4(auth.claim(head))


@with_objects
async def test_what_was_signed_is_done(world):
    await with_key(world)
    put = evidence(world, "PUT", f"/{BUCKET}/a/b", body=b"1")
    opened = await world.ask(OpenPut(put, BUCKET, "a/b", 1))
    await world.close_put(opened, world.seal(opened, b"1"), evidence=put)
    get = evidence(world, "GET", f"/{BUCKET}/a/b")
    assert await world.read("a/b", evidence=get) == b"1"
    listing = evidence(world, "GET", f"/{BUCKET}?list-type=2")
    listed = await world.ask(ListObjects(listing, BUCKET, "v2"))
    assert [one.name for one in listed.objects] == ["a/b"]


@with_objects
async def test_a_signature_serves_for_nothing_else(world):
    await with_key(world)
    put = await world.write("a", b"1")
    await world.write("b", b"2")
    get = evidence(world, "GET", f"/{BUCKET}/a")
    ranged = evidence(world, "GET", f"/{BUCKET}/a", {"Range": "bytes=0-0"})
    first = evidence(world, "PUT", f"/{BUCKET}/a", {"If-None-Match": "*"}, body=b"3")
    copied = evidence(world, "PUT", f"/{BUCKET}/c", {"x-amz-copy-source": f"/{BUCKET}/a"})
    part = evidence(world, "PUT", f"/{BUCKET}/a?partNumber=1&uploadId=upl-1", body=b"1")
    other = Conditions(if_none_match=parse_tags('"x"'))
    for ask in (
        OpenGet(get, BUCKET, "b"),
        OpenGet(get, "other-bucket", "a"),
        OpenGet(get, BUCKET, "a", version=put.version),
        OpenGet(get, BUCKET, "a", head=True),
        OpenGet(get, BUCKET, "a", part_number=1),
        OpenGet(ranged, BUCKET, "a"),
        OpenGet(ranged, BUCKET, "a", range_header="bytes=0-1"),
        OpenPut(get, BUCKET, "a", 1),
        OpenPut(first, BUCKET, "a", 1),
        OpenPut(first, BUCKET, "a", 1, other),
        OpenPut(copied, BUCKET, "c", 1),
        OpenPut(part, BUCKET, "a", 1),
        OpenPart(part, BUCKET, "a", "upl-2", 1, 1),
        OpenPart(part, BUCKET, "a", "upl-1", 2, 1),
        CopyObject(copied, BUCKET, "c", BUCKET, "b"),
        CopyObject(copied, BUCKET, "c", BUCKET, "a", source_range="bytes=0-0"),
        DeleteObject(get, BUCKET, "a"),
        ListObjects(get, BUCKET, "v2"),
        LookObject(get, BUCKET, "a"),
        MoveBucket(get, BUCKET, "delete"),
        CreateBucket(get, "another-one"),
    ):
        with pytest.raises(Refusal, match="other-than-signed") as caught:
            await world.ask(ask)
        assert caught.value.kind is Kind.UNAUTHENTICATED
    assert world.entries("object.get") == []


@with_objects
async def test_a_range_that_was_not_signed_can_narrow(world):
    await with_key(world)
    await world.write("a", b"12345")
    get = evidence(world, "GET", f"/{BUCKET}/a")
    assert await world.read("a", evidence=get, range_header="bytes=1-2") == b"23"


@with_objects
async def test_a_body_that_was_signed_is_read_by_the_keyroom(world):
    await with_key(world)
    for name in ("a", "b"):
        await world.write(name, b"1")
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    other = body.replace(b"a</Key>", b"b</Key>")
    claim = evidence(world, "POST", f"/{BUCKET}?delete", body=body)
    for doomed, sent in ((Doomed("b"), body), (Doomed("b"), other), (Doomed("a"), other), (Doomed("a"), b"")):
        with pytest.raises(Refusal, match="other-than-signed"):
            await world.ask(DeleteObjects(claim, BUCKET, (doomed,), sent))
    done = await world.ask(DeleteObjects(claim, BUCKET, (Doomed("a"),), body))
    assert done.results[0].refusal is None
    assert await world.names() == ["b"]


@with_objects
async def test_parts_are_those_of_the_signed_body(world):
    await with_key(world)
    upload = await world.upload("a")
    part = await world.write_part("a", upload, 1, b"1")
    body = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{part.etag}</ETag></Part></CompleteMultipartUpload>"
    ).encode()
    claim = evidence(world, "POST", f"/{BUCKET}/a?uploadId={upload}", body=body)
    with pytest.raises(Refusal, match="other-than-signed"):
        await world.ask(CompleteUpload(claim, BUCKET, "a", upload, (CompletePart(1, "x-1"),), body=body))
    right = (CompletePart(1, part.etag),)
    await world.ask(CompleteUpload(claim, BUCKET, "a", upload, right, body=body))
    assert await world.read("a") == b"1"


@with_objects
async def test_a_bucket_is_made_where_the_signed_body_says(world):
    await with_key(world)
    body = (
        b"<CreateBucketConfiguration><LocationConstraint>bonn</LocationConstraint>"
        b"</CreateBucketConfiguration>"
    )
    claim = evidence(world, "PUT", "/in-bonn", body=body)
    with pytest.raises(Refusal, match="other-than-signed"):
        await world.ask(CreateBucket(claim, "in-bonn", ("berlin",), body=body))
    made = await world.ask(CreateBucket(claim, "in-bonn", ("bonn",), body=body))
    assert made.locations == (world.second.id,)


@with_objects
async def test_an_open_write_is_closed_by_the_same_signature_only(world):
    await with_key(world)
    mine = evidence(world, "PUT", f"/{BUCKET}/a", body=b"1")
    opened = await world.ask(OpenPut(mine, BUCKET, "a", 1))
    stored = world.seal(opened, b"1")
    other = evidence(world, "PUT", f"/{BUCKET}/b", body=b"1")
    for wrong in (other, world.token):
        with pytest.raises(Refusal, match="ticket-unknown"):
            await world.ask(ClosePut(wrong, opened.ticket, "complete", stored))
    await world.ask(ClosePut(mine, opened.ticket, "complete", stored))


def chunk_signatures(world, claim, pieces):
    chain = auth.chain_of(claim, SECRET.encode())
    previous, signed_chunks = chain.seed_signature, []
    for piece in pieces:
        digest = hashlib.sha256(piece).hexdigest()
        previous = chain.chunk_signature(previous, digest)
        signed_chunks.append((digest, previous))
    return chain, previous, tuple(signed_chunks)


@with_objects
async def test_a_streaming_body_is_closed_only_when_every_chunk_was_checked(world):
    await with_key(world)
    claim = evidence(world, "PUT", f"/{BUCKET}/a", payload=SIGNED_CHUNKS)
    _, _, chunks = chunk_signatures(world, claim.claim, (b"x" * 9000, b"y", b""))

    async def opened():
        return await world.ask(OpenPut(claim, BUCKET, "a", 9001))

    one = await opened()
    stored = world.seal(one, b"x" * 9000 + b"y")
    await world.ask(CheckChunks(one.ticket, chunks[:2]))
    with pytest.raises(Refusal, match="chunks-unchecked"):
        await world.ask(ClosePut(claim, one.ticket, "complete", stored))
    two = await opened()
    for wrong in (chunks[1:], (chunks[0], (chunks[1][0], "0" * 64)), ((chunks[1][0], chunks[0][1]),)):
        with pytest.raises(Refusal, match="chunk-signature-differs"):
            await world.ask(CheckChunks(two.ticket, wrong))
    await world.ask(CheckChunks(two.ticket, chunks[:1]))
    await world.ask(CheckChunks(two.ticket, chunks[1:]))
    with pytest.raises(Refusal, match="chunks-not-expected"):
        await world.ask(CheckChunks(two.ticket, chunks[:1]))
    await world.ask(ClosePut(claim, two.ticket, "complete", world.seal(two, b"x" * 9000 + b"y")))
    assert len(await world.read("a")) == 9001


@with_objects
async def test_a_signed_trailer_is_part_of_the_chain(world):
    await with_key(world)
    claim = evidence(world, "PUT", f"/{BUCKET}/a", payload=SIGNED_CHUNKS_TRAILER)
    chain, last, chunks = chunk_signatures(world, claim.claim, (b"x", b""))
    digest = hashlib.sha256(b"x-amz-checksum-crc32:AAAAAA==\n").hexdigest()
    trailer = (digest, chain.trailer_signature(last, digest))
    opened = await world.ask(OpenPut(claim, BUCKET, "a", 1))
    with pytest.raises(Refusal, match="trailer-signature-differs"):
        await world.ask(CheckChunks(opened.ticket, chunks, (digest, "0" * 64)))
    await world.ask(CheckChunks(opened.ticket, chunks, trailer))
    await world.ask(ClosePut(claim, opened.ticket, "complete", world.seal(opened, b"x")))


@with_objects
async def test_a_body_in_one_piece_expects_no_chunks(world):
    opened = await world.open_put("a", b"1")
    with pytest.raises(Refusal, match="chunks-not-expected"):
        await world.ask(CheckChunks(opened.ticket, ((EMPTY, "0" * 64),)))


@with_objects
async def test_a_day_key_that_is_kept_serves_nobody_but_the_living_credential(world):
    """A good signature warms what is kept of its key; nothing else passes on the strength of it."""
    await with_key(world)
    await world.write("a", b"1")
    get = evidence(world, "GET", f"/{BUCKET}/a")
    for _ in range(2):
        assert await world.read("a", evidence=get) == b"1"
    forged = msgspec.structs.replace(get.claim, signature="0" * 64)
    assert await refused(world, OpenGet(SigV4(forged), BUCKET, "a")) == "signature-differs"
    for change in ({"region": "elsewhere-1"}, {"date": "20200101"}):
        moved = SigV4(msgspec.structs.replace(get.claim, **change))
        assert await refused(world, OpenGet(moved, BUCKET, "a")) in ("signature-differs", "claim-malformed")
    standing = world.keyroom.opened.standing
    row = standing.get("credential", credential_of(world.access_key), Credential)
    ended = msgspec.structs.replace(row, state=CredentialState.REVOKED)
    await world.put(("credential", row.id, world.customer_row.id, ended))
    assert await refused(world, OpenGet(get, BUCKET, "a")) == "not-authenticated"


@with_objects
async def test_a_secret_that_was_replaced_signs_nothing_any_more(world):
    await with_key(world)
    await world.write("a", b"1")
    get = evidence(world, "GET", f"/{BUCKET}/a")
    assert await world.read("a", evidence=get) == b"1"
    o = world.keyroom.opened
    row = o.standing.get("credential", credential_of(world.access_key), Credential)
    wrapped = hierarchy.wrap_credential(o.keyring.house_keys, o.house, row.id, b"another", world.dice)
    new = msgspec.structs.replace(row, secret=canonical.b64(wrapped))
    await world.put(("credential", row.id, world.customer_row.id, new))
    assert await refused(world, OpenGet(get, BUCKET, "a")) == "signature-differs"


@with_objects
async def test_a_verdict_on_places_that_is_kept_falls_with_the_boundary(world):
    """Written there a moment ago, and no more once the boundary is narrower: at opening and at closing."""
    await world.write("a", b"1")
    opened = await world.open_put("a", b"2")
    await world.change_boundary(areas=("FR",))
    assert await refused(world, OpenPut(world.token, BUCKET, "a", 1)) == "outside-boundary"
    with pytest.raises(Refusal, match="outside-boundary"):
        await world.close_put(opened, world.seal(opened, b"2"))
    await world.change_boundary(areas=("EU",))
    await world.write("a", b"3")
    assert await world.read("a") == b"3"


@with_objects
async def test_who_runs_a_place_is_who_runs_it_now(world):
    """Kept from the read before, and no more once another runs it: a kill against that one stops the read."""
    await world.write("a", b"1")
    assert await world.read("a") == b"1"
    (place,) = world.bucket.locations
    standing = world.keyroom.opened.standing
    moved = msgspec.structs.replace(standing.get("location", place, Location), operator="another")
    await world.put(("location", place, "", moved))
    assert await world.read("a") == b"1"
    kill = Kill(
        id="kil-2",
        scope=KillScope.PROVIDER,
        subject="another",
        killed_at=world.clock.now(),
        by="somebody",
        reason="test",
    )
    await world.put(("kills", "another", "", Kills(kills=(kill,))))
    with pytest.raises(Refusal) as caught:
        await world.read("a")
    assert caught.value.kind is Kind.LOCKED
