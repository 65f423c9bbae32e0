"""Webhooks: set up and ended by the customer's owners; the secret is shown once."""

from custodes.acts.asks.buckets.webhooks import AddWebhook, EndWebhook, LookWebhooks
from custodes.kernel.refusal import Kind, Refusal
from custodes.web.console.served.facts import moment
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views.stored import webhooks as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

_AGAIN = (Kind.MALFORMED, Kind.CONFLICT, Kind.DENIED)


class WebhookPages:
    """Those of the customer looked at."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """All of them."""
        return await self._page(call, visit, ("", ""), None)

    async def add(self, call: Call, visit: Visit) -> Reply:
        """A new one; its secret is on this page and nowhere else."""
        given = call.taken(Form)
        name, url = given.one("name").strip(), given.one("url").strip()
        ask = AddWebhook(visit.evidence, visit.customer, name, url, bool(given.many("shows_names")))
        try:
            made = await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, (name, url), refusal)
        view = views.WebhookSecret(name=name, arn=made.arn, secret=made.secret)
        return self._desk.pages.reply(call, view, visit.visitor)

    async def end(self, call: Call, visit: Visit) -> Reply:
        """It hears nothing more; what it was not told yet is dropped."""
        await self._desk.doors.ask(EndWebhook(visit.evidence, call.taken(Form).one("webhook")))
        return see_other("/webhooks")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/webhooks", "webhooks", seated(desk, self.show)),
            form("/webhooks", "webhook-add", seated(desk, self.add)),
            form("/webhooks/end", "webhook-end", seated(desk, self.end)),
        )

    async def _page(
        self, call: Call, visit: Visit, filled: tuple[str, str], refusal: Refusal | None
    ) -> Reply:
        found = await self._desk.doors.ask(LookWebhooks(visit.evidence, visit.customer))
        view = views.WebhooksView(
            customer=visit.customer_name,
            rows=tuple(
                views.WebhookRow(
                    id=one.id,
                    name=one.name,
                    url=one.url,
                    arn=one.arn,
                    shows_names=one.shows_names,
                    created_at=moment(one.created_at),
                    waiting=one.waiting,
                    oldest_at=moment(one.oldest_at) if one.oldest_at else None,
                )
                for one in found.webhooks
            ),
            may_change=visit.me.party_kind == "customer" and "owner" in visit.me.roles,
            name=filled[0],
            url=filled[1],
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)
