"""NotificationConfiguration: topics alone, each a webhook of the customer's.

Source: S3 API Reference, PutBucketNotificationConfiguration.
"""

from custodes.kernel.refusal import malformed
from custodes.objects.rules.notifying import Notification, check_apart, check_event, check_topic
from custodes.protocols.s3 import xml
from custodes.protocols.s3.xml import Element, document, element, wrap

_OTHERS = ("QueueConfiguration", "CloudFunctionConfiguration", "EventBridgeConfiguration")
ID_CHARACTERS_MAX = 255
NAME_CHARACTERS_MAX = 1_024


def read_notifications(body: bytes) -> tuple[Notification, ...]:
    """The lines of a configuration.

    Refuses `xml-malformed`, `destination-unknown`, `event-unknown`, `notifications-overlap` (malformed).
    """
    root = xml.parse(body, "NotificationConfiguration")
    if any(child.name in _OTHERS for child in root.children):
        raise malformed("destination-unknown")
    if any(child.name != "TopicConfiguration" for child in root.children):
        raise malformed("xml-malformed")
    found = tuple(_line(child, place) for place, child in enumerate(root.children))
    if len({one.id for one in found}) != len(found):
        raise malformed("xml-malformed")
    check_apart(found)
    return found


def write_notifications(notifications: tuple[Notification, ...]) -> bytes:
    """The configuration; an empty one where nobody is told."""
    return document("NotificationConfiguration", *map(_written, notifications))


def _line(line: Element, place: int) -> Notification:
    topic = line.value("Topic") or ""
    check_topic(topic)
    events = tuple(dict.fromkeys(check_event(one.text) for one in line.children if one.name == "Event"))
    id_ = line.value("Id") or f"notification-{place + 1}"
    if not events or len(id_) > ID_CHARACTERS_MAX:
        raise malformed("xml-malformed")
    prefix, suffix = _filter(line.child("Filter"))
    return Notification(id=id_, topic=topic, events=events, prefix=prefix, suffix=suffix)


def _filter(found: Element | None) -> tuple[str, str]:
    key = found.child("S3Key") if found is not None else None
    said: dict[str, str] = {}
    for rule in key.children if key is not None else ():
        name = (rule.value("Name") or "").lower()
        if rule.name != "FilterRule" or name not in ("prefix", "suffix") or name in said:
            raise malformed("xml-malformed")
        said[name] = rule.value("Value") or ""
    if any(len(text) > NAME_CHARACTERS_MAX for text in said.values()):
        raise malformed("xml-malformed")
    return said.get("prefix", ""), said.get("suffix", "")


def _written(one: Notification) -> str:
    rules = [
        wrap("FilterRule", element("Name", name), element("Value", text))
        for name, text in (("prefix", one.prefix), ("suffix", one.suffix))
        if text
    ]
    return wrap(
        "TopicConfiguration",
        element("Id", one.id),
        element("Topic", one.topic),
        *(element("Event", f"s3:{event}") for event in one.events),
        *([wrap("Filter", wrap("S3Key", *rules))] if rules else []),
    )
