"""Events of objects at the keyroom's own door: raised with the version, told until they are taken."""

import asyncio
import json
from urllib.parse import unquote_plus

import msgspec
import pytest

from custodes.acts.asks.buckets.told import DropState, PutRule, PutState
from custodes.acts.asks.buckets.webhooks import (
    AddWebhook,
    EndWebhook,
    EventsDone,
    LookEvents,
    LookWebhooks,
)
from custodes.acts.asks.objects import MoveBucket
from custodes.acts.logkeeper import events as delivering
from custodes.acts.objects.events import raised, telling  # noqa: F401 - this suite is their test
from custodes.acts.objects.events.telling import signature
from custodes.kernel.refusal import Kind, Refusal, unavailable
from custodes.objects.rules.notifying import Webhook
from custodes.protocols.s3.configs.plain import write_tagging
from fakes.keyrooms import LOCAL
from fakes.object_world import BUCKET, with_objects

URL = "https://town.example/hook"


async def owner(world):
    _, token = await world.enrol_person("Olga", world.town, ("owner",))
    return token


async def hooked(world, *, shows_names=True, events=("ObjectCreated:*", "ObjectRemoved:*"), **filters):
    """A webhook the bucket tells; test message taken."""
    who = await owner(world)
    made = await world.ask(AddWebhook(who, world.customer_row.id, "Archive", URL, shows_names))
    await tell(world, made.arn, events, **filters)
    (test,) = await told(world)
    assert json.loads(test.body)["Event"] == "s3:TestEvent"
    await world.ask(EventsDone(LOCAL, (test.id,)))
    return who, made


async def tell(world, arn, events, prefix=""):
    names = "".join(f"<Event>s3:{name}</Event>" for name in events)
    rule = f"<FilterRule><Name>prefix</Name><Value>{prefix}</Value></FilterRule>"
    line = f"<TopicConfiguration><Topic>{arn}</Topic>{names}<Filter><S3Key>{rule}</S3Key></Filter>"
    body = f"<NotificationConfiguration>{line}</TopicConfiguration></NotificationConfiguration>"
    await world.ask(PutRule(world.token, BUCKET, "notification", body.encode()))


async def told(world, **more):
    return (await world.ask(LookEvents(LOCAL, **more))).events


def said(events):
    records = [json.loads(one.body)["Records"][0] for one in events]
    return [(one["eventName"], unquote_plus(one["s3"]["object"]["key"])) for one in records]


@with_objects
async def test_what_happens_is_told_in_order_and_signed(world):
    _, made = await hooked(world)
    await world.write("a b", b"123")
    world.clock.forward(milliseconds=1)
    await world.write("a b", b"4")
    world.clock.forward(milliseconds=1)
    await world.delete("a b")
    events = await told(world)
    assert said(events) == [
        ("ObjectCreated:Put", "a b"),
        ("ObjectCreated:Put", "a b"),
        ("ObjectRemoved:Delete", "a b"),
    ]
    first = events[0]
    headers = dict(first.headers)
    fits = signature(made.secret.encode(), headers["custodes-timestamp"], first.id, first.body)
    assert headers["custodes-signature"] == f"v1={fits}"
    assert first.url == URL
    record = json.loads(first.body)["Records"][0]["s3"]
    assert (record["bucket"]["name"], record["object"]["size"]) == (BUCKET, 3)
    await world.ask(EventsDone(LOCAL, tuple(one.id for one in events)))
    assert await told(world) == ()


@with_objects
async def test_nobody_hears_a_name_who_may_not(world):
    await hooked(world, shows_names=False)
    await world.write("patient Meier.pdf", b"123")
    await world.write("patient Meier.pdf", b"4")
    one, two = await told(world)
    assert b"Meier" not in one.body
    assert said([one])[0][1].startswith("hidden-")
    assert said([one]) == said([two])


@with_objects
async def test_only_what_was_asked_for(world):
    await hooked(world, events=("ObjectCreated:Put", "ObjectTagging:*"), prefix="in/")
    await world.write("out", b"1")
    await world.write("in/a", b"1")
    tags = write_tagging((("kind", "bill"),))
    world.clock.forward(milliseconds=1)
    await world.ask(PutState(world.token, BUCKET, "in/a", "tagging", tags))
    world.clock.forward(milliseconds=1)
    await world.ask(DropState(world.token, BUCKET, "in/a", "tagging"))
    await world.delete("in/a")
    assert [name for name, _ in said(await told(world))] == [
        "ObjectCreated:Put",
        "ObjectTagging:Put",
        "ObjectTagging:Delete",
    ]


@with_objects
async def test_a_write_that_is_refused_tells_nobody_and_markers_are_told(world):
    await hooked(world)
    opened = await world.open_put("a", b"1")
    stored = msgspec.structs.replace(world.seal(opened, b"1"), cipher_bytes=1)
    with pytest.raises(Refusal, match="bad-stored"):
        await world.close_put(opened, stored)
    assert await told(world) == ()
    await world.ask(MoveBucket(world.token, BUCKET, "versioning-on"))
    await world.write("a", b"1")
    world.clock.forward(milliseconds=1)
    await world.delete("a")
    world.clock.forward(milliseconds=1)
    upload = await world.upload("b")
    etags = [(1, (await world.write_part("b", upload, 1, b"12345678")).etag)]
    await world.complete("b", upload, etags)
    events = await told(world)
    assert said(events)[1] == ("ObjectRemoved:DeleteMarkerCreated", "a")
    assert "versionId" in json.loads(events[0].body)["Records"][0]["s3"]["object"]
    assert len(events) == 3


@with_objects
async def test_a_webhook_is_the_customers_own(world):
    who, made = await hooked(world)
    other = await world.other_customer()
    with pytest.raises(Refusal) as caught:
        await world.ask(LookWebhooks(other, world.customer_row.id))
    assert caught.value.kind is Kind.ABSENT
    for ask in (EndWebhook(other, made.id), AddWebhook(other, world.customer_row.id, "x", URL)):
        with pytest.raises(Refusal):
            await world.ask(ask)
    await world.create_bucket("theirs", evidence=other)
    config = (
        f"<NotificationConfiguration><TopicConfiguration><Topic>{made.arn}</Topic>"
        "<Event>s3:ObjectCreated:*</Event></TopicConfiguration></NotificationConfiguration>"
    )
    with pytest.raises(Refusal, match="destination-unknown"):
        await world.ask(PutRule(other, "theirs", "notification", config.encode()))
    for wrong, code in (("http://town.example/", "bad-url"), ("https://u@town.example/", "bad-url")):
        with pytest.raises(Refusal, match=code):
            await world.ask(AddWebhook(who, world.customer_row.id, "x", wrong))
    with pytest.raises(Refusal):
        await world.ask(LookEvents(who))
    with pytest.raises(Refusal):
        await world.ask(EventsDone(world.token, ()))
    (entry,) = world.entries("change.webhook", kind="exceptional")
    assert entry["subject"] == made.id


@with_objects
async def test_an_ended_webhook_is_told_nothing_more(world):
    who, made = await hooked(world)
    await world.write("a", b"1")
    assert (await world.ask(LookWebhooks(who, world.customer_row.id))).webhooks[0].waiting == 1
    assert (await world.ask(EndWebhook(who, made.id))).webhooks == ()
    assert await told(world) == ()
    await world.write("b", b"1")
    assert await told(world) == ()
    row = world.keyroom.opened.standing.get("webhook", made.id, Webhook)
    assert row.secret == ""


class Receiver:
    """Takes what it is sent, or not; `doors` signs as the logkeeper does, here as the local process."""

    def __init__(self, world):
        self.world = world
        self.taken = []
        self.is_up = True

    async def ask(self, ask):
        return await self.world.ask(msgspec.structs.replace(ask, evidence=LOCAL))

    async def send(self, event):
        if not self.is_up:
            raise unavailable("unreachable")
        self.taken.append(event)


@with_objects
async def test_who_answers_slowly_holds_up_nobody(world):
    who, slow = await hooked(world)
    quick = await world.ask(AddWebhook(who, world.customer_row.id, "Quick", URL, True))
    lines = "".join(
        f"<TopicConfiguration><Topic>{one.arn}</Topic><Event>s3:ObjectCreated:{event}</Event></TopicConfiguration>"
        for one, event in ((slow, "Put"), (quick, "Copy"))
    )
    body = f"<NotificationConfiguration>{lines}</NotificationConfiguration>"
    await world.ask(PutRule(world.token, BUCKET, "notification", body.encode()))
    receiver, answers = Receiver(world), asyncio.Event()

    async def send(event):
        if event.webhook == slow.id:
            await answers.wait()
        await receiver.send(event)

    deliverer = delivering.EventDeliverer(receiver, send, world.clock)
    await world.write("a", b"1")
    assert await deliverer.round(0.01) == 1  # the test message of the quick one
    assert [one.webhook for one in receiver.taken] == [quick.id]
    assert await deliverer.round(0.01) == 0  # the slow one is not asked again meanwhile
    answers.set()
    assert await deliverer.round() == 2
    assert [one.webhook for one in receiver.taken[1:]] == [slow.id, slow.id]
    assert await told(world) == ()


@with_objects
async def test_what_is_not_taken_is_tried_again_and_given_up_after_a_day_with_an_entry(world):
    _, made = await hooked(world)
    receiver = Receiver(world)
    deliverer = delivering.EventDeliverer(receiver, receiver.send, world.clock)
    await world.write("a", b"1")
    world.clock.forward(milliseconds=1)
    await world.write("b", b"1")
    receiver.is_up = False
    assert await deliverer.round() == 0
    receiver.is_up = True
    assert await deliverer.round() == 0  # it is left alone for a while
    world.clock.forward(seconds=delivering.WAIT_S_FIRST)
    assert await deliverer.round() == 2
    assert said(receiver.taken) == [("ObjectCreated:Put", "a"), ("ObjectCreated:Put", "b")]
    assert await told(world) == ()

    receiver.is_up = False
    await world.write("c", b"1")
    for _ in range(delivering.TRIES_MIN):
        assert await deliverer.round() == 0
        world.clock.forward(seconds=delivering.WAIT_S_MAX)
    world.clock.forward(hours=delivering.GIVEN_UP_HOURS)
    assert await deliverer.round() == 1
    (lost,) = world.entries("event.lost")
    assert (lost["subject"], lost["count"]) == (made.id, 1)
    assert await told(world) == ()
