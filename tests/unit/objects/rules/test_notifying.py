import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules import notifying
from custodes.objects.rules.notifying import (
    DELETED,
    EXPIRED,
    PUT,
    Happened,
    Notification,
    Webhook,
    check_apart,
    check_event,
    check_topic,
    check_url,
    hidden,
    message,
    wanted,
)

TOPIC = "arn:custodes:sns::cus-1:whk-1"


def line(*events, **more):
    return Notification(id=more.pop("id", "a"), topic=TOPIC, events=events, **more)


def happened(event=PUT, **more):
    facts = {"bucket": "bkt-1", "bucket_name": "files", "name": "a/ b+ü.pdf", "at": "2026-01-01T00:00:00Z"}
    return Happened(event=event, sequence=1, **{**facts, **more})


def test_an_event_is_wanted_by_name_and_by_family():
    lines = [line(PUT, prefix="a/"), line("ObjectCreated:*", suffix=".pdf"), line(DELETED)]
    assert wanted(lines, PUT, "a/b.pdf") == lines[:2]
    assert wanted(lines, PUT, "b.pdf") == lines[1:2]
    assert wanted(lines, DELETED, "b") == lines[2:]
    assert wanted(lines, EXPIRED, "a/b.pdf") == []


@pytest.mark.parametrize(
    "name", ["ObjectCreated:Put", "s3:ObjectRestore:Post", "s3:*", "s3:ObjectCreated", ""]
)
def test_other_events_are_refused(name):
    with pytest.raises(Refusal, match="event-unknown"):
        check_event(name)
    assert check_event("s3:ObjectRemoved:*") == "ObjectRemoved:*"


@pytest.mark.parametrize("arn", ["", "arn:aws:sns:eu:1:topic", "arn:custodes:sns::whk-1", f"{TOPIC}:x"])
def test_other_topics_are_refused(arn):
    with pytest.raises(Refusal, match="destination-unknown"):
        check_topic(arn)
    check_topic(TOPIC)
    assert line(PUT).webhook == "whk-1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://town.example/",
        "ftp://town.example/",
        "https://user@town.example/",
        "https:///path",
        "https://town.example/#part",
        "https://town.example/\r\nHost: x",
        "https://town.example:port/",
        "https://town.example/" + "a" * 500,
        "file:///etc/passwd",
    ],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(Refusal, match="bad-url"):
        check_url(url)


def test_addresses():
    for url in ("https://town.example/hook?x=1", "http://127.0.0.1:9/x"):
        assert check_url(url) == url


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ({"prefix": "a"}, {"prefix": "ab"}, True),
        ({"prefix": "a"}, {"prefix": "b"}, False),
        ({"suffix": ".pdf"}, {"suffix": "x.pdf"}, True),
        ({"prefix": "a", "suffix": ".x"}, {"prefix": "a", "suffix": ".y"}, False),
        ({}, {"prefix": "b"}, True),
    ],
)
def test_two_lines_for_the_same_names(one, other, meets):
    lines = (line("ObjectCreated:*", **one), line(PUT, id="b", **other))
    if meets:
        with pytest.raises(Refusal, match="notifications-overlap"):
            check_apart(lines)
    else:
        check_apart(lines)
    check_apart((line(PUT, **one), line(DELETED, id="b", **other)))
    with pytest.raises(Refusal, match="xml-malformed"):
        check_apart([line(PUT, prefix=f"{n:03}", id=str(n)) for n in range(101)])


def test_a_message_is_s3s():
    (record,) = message(happened(size=5, etag="e-1", version="ver-1", notification="a"), "a/ b+ü.pdf")[
        "Records"
    ]
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["configurationId"] == "a"
    assert record["s3"]["object"] == {
        "key": "a%2F+b%2B%C3%BC.pdf",
        "sequencer": "0000000000000001",
        "size": 5,
        "eTag": "e-1",
        "versionId": "ver-1",
    }
    (gone,) = message(happened(DELETED), "a")["Records"]
    assert gone["s3"]["object"] == {"key": "a", "sequencer": "0000000000000001"}
    assert notifying.test_message(happened())["Event"] == "s3:TestEvent"


def test_a_hidden_name_is_the_same_for_one_webhook_only():
    assert hidden(b"one", "a") == hidden(b"one", "a") != hidden(b"two", "a")
    assert hidden(b"one", "a") != hidden(b"one", "b")
    assert "secret" not in hidden(b"one", "secret")


def test_a_webhook_has_an_arn():
    row = Webhook(
        id="whk-1", customer="cus-1", name="n", url="u", secret="s", shows_names=False, created_at="t"
    )
    assert row.arn == TOPIC
