import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.notifying import Notification
from custodes.protocols.s3.configs.notifying import read_notifications, write_notifications

TOPIC = "arn:custodes:sns::cus-1:whk-1"


def config(inner):
    return f"<NotificationConfiguration>{inner}</NotificationConfiguration>".encode()


def topic(more="", event="s3:ObjectCreated:*", arn=TOPIC):
    return f"<TopicConfiguration>{more}<Topic>{arn}</Topic><Event>{event}</Event></TopicConfiguration>"


def test_what_is_written_is_read_again():
    lines = (
        Notification(id="one", topic=TOPIC, events=("ObjectCreated:*",), prefix="a&", suffix=".pdf"),
        Notification(id="two", topic=TOPIC, events=("ObjectRemoved:Delete", "ObjectTagging:*")),
    )
    assert read_notifications(write_notifications(lines)) == lines
    assert read_notifications(write_notifications(())) == ()


def test_a_line_without_id_gets_one():
    (line,) = read_notifications(config(topic()))
    assert line.id == "notification-1"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "xml-malformed"),
        (b"<NotificationConfiguration>", "xml-malformed"),
        (config("<Else/>"), "xml-malformed"),
        (config("<QueueConfiguration/>"), "destination-unknown"),
        (config("<EventBridgeConfiguration/>"), "destination-unknown"),
        (config(topic(arn="arn:aws:sns:::x")), "destination-unknown"),
        (config(topic(event="s3:Else:*")), "event-unknown"),
        (config(f"<TopicConfiguration><Topic>{TOPIC}</Topic></TopicConfiguration>"), "xml-malformed"),
        (config(topic("<Id>a</Id>") + topic("<Id>a</Id>", "s3:ObjectRemoved:*")), "xml-malformed"),
        (config(topic() * 2), "notifications-overlap"),
        (config(topic(f"<Id>{'a' * 256}</Id>")), "xml-malformed"),
        (
            config(
                topic(
                    "<Filter><S3Key><FilterRule><Name>infix</Name><Value>a</Value></FilterRule></S3Key></Filter>"
                )
            ),
            "xml-malformed",
        ),
    ],
)
def test_what_is_refused(body, code):
    with pytest.raises(Refusal, match=code):
        read_notifications(body)
