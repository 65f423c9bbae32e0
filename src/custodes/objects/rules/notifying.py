"""Who is told of what happens in a bucket: webhooks of a customer, and which events go to which of them.

Event names are S3's without `s3:`; what is not in `EVENTS` is not served. Source: S3 User Guide, *Event
notification types and destinations* and *Event message structure*.
"""

import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import quote_plus, urlsplit

import msgspec

from custodes.kernel.refusal import malformed

PUT, POST, COPY = "ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:Copy"
COMPLETED = "ObjectCreated:CompleteMultipartUpload"
DELETED, MARKED = "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"
EXPIRED, EXPIRY_MARKED = "LifecycleExpiration:Delete", "LifecycleExpiration:DeleteMarkerCreated"
TAGGED, UNTAGGED = "ObjectTagging:Put", "ObjectTagging:Delete"
EVENTS = (PUT, POST, COPY, COMPLETED, DELETED, MARKED, EXPIRED, EXPIRY_MARKED, TAGGED, UNTAGGED)
FAMILIES = tuple(dict.fromkeys(f"{name.partition(':')[0]}:*" for name in EVENTS))
TEST = "TestEvent"
NOTIFICATIONS_MAX = 100
URL_CHARACTERS_MAX = 500
_ARN = "arn:custodes:sns::"
_HIDDEN_CHARACTERS = 32


class Webhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row: an address of a customer's. `secret` is wrapped under the house's keys, base64.

    `shows_names`: whether messages name objects; otherwise each has a name of its own per webhook, the same
    for the same object.
    """

    id: str
    customer: str
    name: str
    url: str
    secret: str
    shows_names: bool
    created_at: str
    ended_at: str = ""

    @property
    def arn(self) -> str:
        """How a bucket's notification configuration names it."""
        return f"{_ARN}{self.customer}:{self.id}"


class Notification(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a bucket's configuration; `events` as given, families too."""

    id: str
    topic: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    @property
    def webhook(self) -> str:
        """The id of the webhook that is told."""
        return self.topic.rpartition(":")[2]


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to one version. `version` as shown, empty where versions are not; `at` is the
    kernel's text, `sequence` grows with time."""

    event: str
    bucket: str
    bucket_name: str
    name: str
    version: str = ""
    size: int = 0
    etag: str = ""
    actor: str = ""
    at: str
    sequence: int
    notification: str = ""


def check_topic(arn: str) -> None:
    """`destination-unknown` (malformed) for what is no ARN as this house writes them."""
    if not arn.startswith(_ARN) or arn.count(":") != _ARN.count(":") + 1:
        raise malformed("destination-unknown")


def check_event(name: str) -> str:
    """`s3:ObjectCreated:*` as it is kept, without `s3:`; `event-unknown` (malformed)."""
    bare = name.removeprefix("s3:")
    if bare == name or bare not in (*EVENTS, *FAMILIES):
        raise malformed("event-unknown")
    return bare


def check_url(url: str) -> str:
    """An https address without credentials or fragment, or plain http to this machine (`bad-url`)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise malformed("bad-url") from None
    is_plain = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    is_good = (
        0 < len(url) <= URL_CHARACTERS_MAX
        and all(32 < ord(sign) < 127 for sign in url)
        and (parts.scheme == "https" or is_plain)
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and not parts.fragment
    )
    if not is_good:
        raise malformed("bad-url")
    return url


def wanted(notifications: Iterable[Notification], event: str, name: str) -> list[Notification]:
    """The lines that want to hear of this."""
    family = f"{event.partition(':')[0]}:*"
    return [
        one
        for one in notifications
        if (event in one.events or family in one.events)
        and name.startswith(one.prefix)
        and name.endswith(one.suffix)
    ]


def check_apart(notifications: Sequence[Notification]) -> None:
    """Two lines may not want the same event of the same names (`notifications-overlap`, malformed)."""
    if len(notifications) > NOTIFICATIONS_MAX:
        raise malformed("xml-malformed")
    for place, one in enumerate(notifications):
        for other in notifications[place + 1 :]:
            if _meet(one, other):
                raise malformed("notifications-overlap")


def message(happened: Happened, key: str) -> dict[str, object]:
    """S3's event message (version 2.1) with one record; `key` is the object's name or stands for it."""
    object_: dict[str, object] = {"key": quote_plus(key), "sequencer": f"{happened.sequence:016X}"}
    if not happened.event.startswith(("ObjectRemoved", "LifecycleExpiration")):
        object_ |= {"size": happened.size, "eTag": happened.etag}
    if happened.version:
        object_["versionId"] = happened.version
    bucket = {
        "name": happened.bucket_name,
        "ownerIdentity": {"principalId": happened.bucket},
        "arn": f"arn:aws:s3:::{happened.bucket_name}",
    }
    record = {
        "eventVersion": "2.1",
        "eventSource": "custodes:s3",
        "awsRegion": "",
        "eventTime": happened.at,
        "eventName": happened.event,
        "userIdentity": {"principalId": happened.actor},
        "requestParameters": {},
        "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": happened.notification,
            "bucket": bucket,
            "object": object_,
        },
    }
    return {"Records": [record]}


def test_message(happened: Happened) -> dict[str, object]:
    """What a webhook is sent when a bucket is told of it."""
    return {
        "Service": "custodes:s3",
        "Event": f"s3:{TEST}",
        "Time": happened.at,
        "Bucket": happened.bucket_name,
    }


def hidden(secret: bytes, name: str) -> str:
    """A name's stand-in for one webhook: whoever has the secret and the name can tell it, nobody else."""
    tag = hmac.digest(secret, b"custodes/hidden-name/v1\n" + name.encode("utf-8"), "sha256")
    return f"hidden-{tag.hex()[:_HIDDEN_CHARACTERS]}"


def _meet(one: Notification, other: Notification) -> bool:
    shared = any(_covers(a, b) or _covers(b, a) for a in one.events for b in other.events)
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    return shared and prefixes and suffixes


def _covers(wide: str, narrow: str) -> bool:
    return wide == narrow or (wide.endswith(":*") and narrow.startswith(wide[:-1]))
