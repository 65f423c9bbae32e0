"""`custodes webhook`: who is told of what happens in a customer's buckets."""

import click

from custodes.acts.asks.buckets.webhooks import AddWebhook, EndWebhook, LookWebhooks, Webhooks
from custodes.cli.speech import Asker, reaching

_CUSTOMER = click.option("--customer", required=True, help="Id of the customer.")


@click.group("webhook")
def webhooks() -> None:
    """Who is told of what happens in a customer's buckets."""


@webhooks.command("list")
@_CUSTOMER
@reaching
def list_webhooks(asker: Asker, *, customer: str) -> None:
    """Those that stand, and what waits to be told."""
    _show(asker, asker.ask(LookWebhooks(asker.evidence, customer)))


@webhooks.command("add")
@click.argument("address")
@_CUSTOMER
@click.option("--name", required=True, help="How people call it.")
@click.option("--names/--no-names", "shows_names", default=False, help="May messages name objects?")
@reaching
def add(asker: Asker, *, address: str, customer: str, name: str, shows_names: bool) -> None:
    """A webhook. Its secret is shown this once; a bucket is told of it by its ARN."""
    made = asker.ask(AddWebhook(asker.evidence, customer, name, address, shows_names))
    asker.pairs(made, {"webhook": made.id, "arn": made.arn, "secret": made.secret})


@webhooks.command("end")
@click.argument("webhook")
@reaching
def end(asker: Asker, *, webhook: str) -> None:
    """Tell it nothing any more, also not what waits."""
    _show(asker, asker.ask(EndWebhook(asker.evidence, webhook)))


def _show(asker: Asker, found: Webhooks) -> None:
    columns = ("webhook", "name", "url", "names objects", "waiting", "since")
    rows = ((o.id, o.name, o.url, o.shows_names, o.waiting, o.oldest_at or "") for o in found.webhooks)
    asker.rows(found, columns, rows)
