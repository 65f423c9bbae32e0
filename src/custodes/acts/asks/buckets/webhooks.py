"""Asks about webhooks: who is told of what happens in a customer's buckets, and how that is delivered."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence


class AddWebhook(Ask["WebhookMade"], frozen=True, tag="add-webhook"):
    """-> `WebhookMade`. `shows_names`: whether messages may name objects.

    Its secret signs every message and is shown this once. Refusals: `bad-url`, `bad-name` (malformed),
    `no-such-customer` (absent), what policy refuses (`webhook:change`, the customer's owners).
    """

    evidence: Evidence
    customer: str
    name: str
    url: str
    shows_names: bool = False


class WebhookMade(msgspec.Struct, frozen=True, tag="webhook-made"):
    """`arn` is how a bucket's configuration names it; `secret` is text, and the key of the signature."""

    id: str
    arn: str
    secret: str


class EndWebhook(Ask["Webhooks"], frozen=True, tag="end-webhook"):
    """-> `Webhooks`: those left. What it was not told yet is dropped. `no-such-webhook` (absent)."""

    evidence: Evidence
    webhook: str


class LookWebhooks(Ask["Webhooks"], frozen=True, tag="look-webhooks"):
    """-> `Webhooks` (`customer:read`)."""

    evidence: Evidence
    customer: str


class WebhookView(msgspec.Struct, frozen=True):
    """One that stands; `waiting` is how many messages were not taken yet, `oldest_at` since when."""

    id: str
    arn: str
    name: str
    url: str
    shows_names: bool
    created_at: str
    waiting: int
    oldest_at: str | None


class Webhooks(msgspec.Struct, frozen=True, tag="webhooks"):
    """A customer's, by name."""

    customer: str
    webhooks: tuple[WebhookView, ...]


class LookEvents(Ask["Events"], frozen=True, tag="look-events"):
    """-> `Events`, oldest first of each webhook. Wants the logkeeper's evidence or `Local`.

    `busy` are webhooks that are not to be asked now: they did not answer lately.
    """

    evidence: Evidence
    limit: int = 50
    busy: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True):
    """One message as it is sent: to `url`, with these headers. It can come twice, under the same id."""

    id: str
    webhook: str
    at: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Events(msgspec.Struct, frozen=True, tag="events"):
    """What is to be told."""

    events: tuple[Event, ...]


class EventsDone(Ask["EventsMarked"], frozen=True, tag="events-done"):
    """-> `EventsMarked`. These were taken; the `dead` (webhook, id) could not be told and are an entry each
    webhook.
    """

    evidence: Evidence
    ids: tuple[str, ...]
    dead: tuple[tuple[str, str], ...] = ()


class EventsMarked(msgspec.Struct, frozen=True, tag="events-marked"):
    """How many are gone."""

    count: int
