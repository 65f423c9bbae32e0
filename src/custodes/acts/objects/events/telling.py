"""Webhooks as a customer's owners keep them, and the messages as the logkeeper gets them.

A message is signed here, so that a webhook's secret never leaves the keyroom after it was shown once.
"""

import hmac
import logging
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks import Ask, Evidence
from custodes.acts.asks.buckets.webhooks import (
    AddWebhook,
    EndWebhook,
    Event,
    Events,
    EventsDone,
    EventsMarked,
    LookEvents,
    LookWebhooks,
    WebhookMade,
    Webhooks,
    WebhookView,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.gate import Receipted
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, may_read, permit
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import EventRow
from custodes.acts.writing.ports import Reads
from custodes.custody import hierarchy
from custodes.kernel import canonical
from custodes.kernel.actor import ActorKind
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import absent, denied, malformed
from custodes.objects.rules.notifying import TEST, Happened, Webhook, check_url, hidden, message, test_message
from custodes.policy.question import Resource

from .raised import webhook

SECRET_BYTES = 32
NAME_CHARACTERS_MAX = 100
LIMIT_MAX = 500
IDS_MAX = 500
WEBHOOKS_MAX = 100
_log = logging.getLogger("custodes.events")


class WebhookAnswers:
    """Answers `AddWebhook`, `EndWebhook`, `LookWebhooks`, `LookEvents`, `EventsDone`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def add(self, ask: AddWebhook) -> WebhookMade:
        """See `AddWebhook`."""
        o = self._o
        check_url(ask.url)
        if not 0 < len(ask.name.strip()) <= NAME_CHARACTERS_MAX:
            raise malformed("bad-name")
        id_, secret = new_id("whk", o.dice), urlsafe_b64encode(o.dice.draw(SECRET_BYTES))
        sealed = hierarchy.wrap_credential(o.keyring.house_keys, o.house, id_, secret, o.dice)
        row = Webhook(
            id=id_,
            customer=ask.customer,
            name=ask.name.strip(),
            url=ask.url,
            secret=canonical.b64(sealed),
            shows_names=ask.shows_names,
            created_at=to_text(o.clock.now()),
        )

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            owner = customer(o, ask.customer)
            decided = permit(o, who, "webhook:change", _customer(owner))
            if len(self._standing(owner.id)) >= WEBHOOKS_MAX:
                raise malformed("too-many-webhooks", most=WEBHOOKS_MAX)
            return _alteration(owner, row, (who, decided))

        await alter(o, decide, ask, ask.evidence)
        return WebhookMade(id=id_, arn=row.arn, secret=secret.decode("ascii"))

    async def end(self, ask: EndWebhook) -> Webhooks:
        """See `EndWebhook`."""
        o = self._o

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            row = webhook(o, ask.webhook)
            if row is None or o.decisions.is_stranger(who, row.customer):
                raise absent("no-such-webhook")
            owner = customer(o, row.customer)
            decided = permit(o, who, "webhook:change", _customer(owner))
            ended = msgspec.structs.replace(row, secret="", ended_at=to_text(o.clock.now()))
            return _alteration(owner, ended, (who, decided))

        found = o.standing.get("webhook", ask.webhook, Webhook)
        await alter(o, decide, ask, ask.evidence)
        if found is None:
            raise absent("no-such-webhook")
        return await self._shown(found.customer)

    async def look(self, ask: LookWebhooks) -> Webhooks:
        """See `LookWebhooks`."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = o.standing.get("customer", ask.customer, Customer)
        if owner is None or o.decisions.is_stranger(who, owner.id):
            raise absent("no-such-customer")
        await may_read(o, who, "customer:read", _customer(owner))
        return await self._shown(owner.id)

    async def events(self, ask: LookEvents) -> Events:
        """See `LookEvents`; `bad-limit` (malformed), `local-only` (denied)."""
        o = self._o
        if not 1 <= ask.limit <= LIMIT_MAX:
            raise malformed("bad-limit")
        self._refuse_others(ask, ask.evidence)
        found: list[Event] = []
        for row in o.standing.all_of("webhook", Webhook):
            if row.id in ask.busy or len(found) >= ask.limit:
                continue
            left = ask.limit - len(found)
            waiting = await o.read(partial(_waiting, row.id, left))
            if waiting and row.ended_at:
                await self._dropped(tuple(one.id for one in waiting))
            elif waiting:
                secret = self._secret(row)
                found.extend(self._event(row, secret, one) for one in waiting)
        return Events(tuple(found))

    async def done(self, ask: EventsDone) -> EventsMarked:
        """See `EventsDone`; `bad-ids` (malformed), `local-only` (denied)."""
        o = self._o
        ids = (*ask.ids, *(id_ for _, id_ in ask.dead))
        if len(ids) > IDS_MAX or not all(is_id("evt", id_) for id_ in ids):
            raise malformed("bad-ids")
        self._refuse_others(ask, ask.evidence)
        if ask.ids:
            await self._dropped(ask.ids)
        for id_, count in Counter(one for one, _ in ask.dead).items():
            row = o.standing.get("webhook", id_, Webhook)
            lost = tuple(event for one, event in ask.dead if one == id_)
            if row is None:
                await self._dropped(lost)
                continue
            _log.error("alarm: due work not done: %s events for webhook %s given up", count, id_)
            await self._lost(row, lost)
        return EventsMarked(len(ids))

    async def _lost(self, row: Webhook, ids: tuple[str, ...]) -> None:
        """Given up: an entry of the customer's, in the act that drops them."""
        o = self._o
        owner = customer(o, row.customer)
        fields: dict[str, Plain] = {
            "actor": "logkeeper",
            "actor_kind": "process",
            "phase": "single",
            "subject": row.id,
            "count": len(ids),
        }
        record = Record(act="event.lost", subject=row.id, fields=fields)

        async def once() -> Receipted | Failed:
            await o.records.ready(owner)
            act_id = new_id("act", o.dice)
            entry = o.records.seal(owner, act_id, 0, record)
            write = Write("event.drop", (ids,))
            return await o.gate.commit(Act(id=act_id, entries=(entry,), writes=(write,)))

        await o.gate.until_committed(once)

    async def _dropped(self, ids: tuple[str, ...]) -> None:
        o = self._o
        await o.gate.commit(Act(id=new_id("act", o.dice), writes=(Write("event.drop", (ids,)),)))

    async def _shown(self, id_: str) -> Webhooks:
        views = []
        for row in sorted(self._standing(id_), key=lambda row: (row.name, row.id)):
            count, oldest = await self._o.read(partial(_backlog, row.id))
            views.append(
                WebhookView(
                    id=row.id,
                    arn=row.arn,
                    name=row.name,
                    url=row.url,
                    shows_names=row.shows_names,
                    created_at=row.created_at,
                    waiting=count,
                    oldest_at=None if oldest is None else to_text(oldest),
                )
            )
        return Webhooks(customer=id_, webhooks=tuple(views))

    def _standing(self, customer_id: str) -> list[Webhook]:
        rows = self._o.standing.all_of("webhook", Webhook, customer_id)
        return [row for row in rows if not row.ended_at]

    def _secret(self, row: Webhook) -> bytes:
        o = self._o
        wrapped = canonical.unb64(row.secret)
        return hierarchy.open_credential(o.keyring.house_keys, o.house, row.id, wrapped)

    def _event(self, row: Webhook, secret: bytes, one: EventRow) -> Event:
        happened = msgspec.convert(canonical.decode(one.body), Happened)
        key = happened.name if row.shows_names else hidden(secret, happened.name)
        said_now = test_message(happened) if happened.event == TEST else message(happened, key)
        body = msgspec.json.encode(said_now)
        at = str(int(self._o.clock.now().timestamp()))
        headers = (
            ("content-type", "application/json"),
            ("custodes-event", one.id),
            ("custodes-timestamp", at),
            ("custodes-signature", "v1=" + signature(secret, at, one.id, body)),
        )
        return Event(id=one.id, webhook=row.id, at=to_text(one.at), url=row.url, headers=headers, body=body)

    def _refuse_others(self, ask: Ask[Any], evidence: Evidence) -> None:
        if is_logkeeper(self._o, ask, evidence):
            return
        if self._o.identities.of(evidence).actor.kind is not ActorKind.PROCESS:
            raise denied("local-only")


def _waiting(webhook_id: str, most: int, reads: Reads) -> Sequence[EventRow]:
    return reads.objects.events(webhook_id, most)


def _backlog(webhook_id: str, reads: Reads) -> tuple[int, datetime | None]:
    return reads.objects.events_waiting(webhook_id)


def signature(secret: bytes, at: str, id_: str, body: bytes) -> str:
    """The HMAC-SHA-256 over time, id and body, as with every other webhook of a house."""
    return hmac.new(secret, f"{at}.{id_}.".encode() + body, "sha256").hexdigest()


def _customer(owner: Customer) -> Resource:
    return Resource(kind="customer", id=owner.id, customer=owner.id)


def _alteration(owner: Customer, row: Webhook, how: tuple[Identified, Decided]) -> Alteration:
    who, decided = how
    fields: dict[str, Plain] = {
        **said(who),
        "phase": "single",
        "subject": row.id,
        "subject_hash": digest_text(msgspec.structs.replace(row, secret="")),
    }
    record = Record(act="change.webhook", subject=row.id, fields=fields, person=said_person(who))
    return Alteration(
        changes=(Change(noun="webhook", id=row.id, customer=owner.id, value=row),),
        records=((owner, record),),
        expects=decided.expects,
    )
