"""Webhooks of a customer: who is told of what happens in his buckets, and what was not taken yet."""

from datetime import datetime

from custodes.web.console.views.shell import View


class WebhookRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One that stands; `arn` is how a bucket's configuration names it."""

    id: str
    name: str
    url: str
    arn: str
    shows_names: bool
    created_at: datetime
    waiting: int
    oldest_at: datetime | None


class WebhooksView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a customer; what was filled in stands in the form again after a refusal."""

    customer: str
    rows: tuple[WebhookRow, ...]
    may_change: bool
    name: str = ""
    url: str = ""
    refusal: str | None = None


class WebhookSecret(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new one, on the one page that ever shows its secret."""

    name: str
    arn: str
    secret: str
