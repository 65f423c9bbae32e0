"""What the logkeeper does outside for the house, beside the log: reads issuers, delivers notices.

Each errand is a loop of its own; one that fails is tried again, and says so in the log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from custodes.acts.asks.buckets.webhooks import Event
from custodes.acts.logkeeper.events import EventDeliverer, Send
from custodes.acts.logkeeper.issuers import IssuerReader
from custodes.acts.logkeeper.notices import Channel, Deliverer
from custodes.acts.logkeeper.signed_doors import SignedDoors
from custodes.adapters.notices.mail import Mail, MailServer, Signer
from custodes.adapters.notices.matrix import Matrix
from custodes.adapters.notices.webhook import Webhook
from custodes.adapters.oidc import IssuerFiles
from custodes.adapters.outgoing import Outgoing
from custodes.adapters.system import SystemClock
from custodes.kernel.refusal import Refusal, malformed, unavailable
from custodes.settings import Settings

from .outside import outgoing_of

WAIT_MS = 10_000
NOTICES_EVERY_S = 5.0
EVENTS_EVERY_S = 2.0
SENT_AT_ONCE_MAX = 32
_PAUSE_S = 1.0
_log = logging.getLogger("custodes.logkeeper")


async def run_errands(settings: Settings, doors: SignedDoors) -> None:
    """Run every errand until cancelled."""
    outgoing = outgoing_of(settings)
    reader = IssuerReader(doors, IssuerFiles(outgoing), is_demo=settings.demo)

    async def read() -> None:
        await reader.round(WAIT_MS)

    events = EventDeliverer(doors, sender(outgoing), SystemClock())

    async def tell() -> None:
        if not await events.round():
            await asyncio.sleep(EVENTS_EVERY_S)

    loops = [_for_ever("issuers", read), _for_ever("events", tell)]
    told = channels(settings, outgoing)
    if told:
        deliverer = Deliverer(doors, told, SystemClock(), settings.console_url)

        async def deliver() -> None:
            if not await deliverer.round():
                await asyncio.sleep(NOTICES_EVERY_S)

        loops.append(_for_ever("notices", deliver))
    await asyncio.gather(*loops)


def channels(settings: Settings, outgoing: Outgoing) -> list[Channel]:
    """The ways to tell people that are set up; a secret that is missing is an error at start."""
    folder, found = settings.logkeeper, list[Channel]()
    if settings.mail_server:
        user, _, password = _secret(folder / "mail.password", "\n").partition("\n")
        server = MailServer(
            url=settings.mail_server,
            sender=settings.mail_from,
            user=user.strip(),
            password=password.strip(),
            ca=_secret(folder / "mail.ca", ""),
        )
        signer = Signer(folder / "mail.pem", folder / "mail.key")
        found.append(Mail(server, signer, settings.mail_alarms_to))
    if settings.webhooks:
        key = _secret(folder / "webhook.key").strip().encode()
        found.append(Webhook(settings.webhooks, key, outgoing, SystemClock()))
    if settings.matrix:
        server_url, room = settings.matrix
        found.append(Matrix(server_url, room, _secret(folder / "matrix.token").strip(), outgoing))
    return found


def sender(outgoing: Outgoing) -> Send:
    """Posts one message; `host-not-allowed` (denied), `unreachable` (unavailable): any status but 2xx."""

    threads = ThreadPoolExecutor(SENT_AT_ONCE_MAX, "events")

    async def send(event: Event) -> None:
        post = partial(outgoing.send, "POST", event.url, headers=dict(event.headers), body=event.body)
        answer = await asyncio.get_running_loop().run_in_executor(threads, post)
        if not 200 <= answer.status < 300:
            raise unavailable("unreachable", status=answer.status)

    return send


def _secret(path: Path, otherwise: str | None = None) -> str:
    """A file of the logkeeper alone; `bad-settings` (malformed) when it has to be there and is not."""
    if not path.is_file():
        if otherwise is None:
            raise malformed("bad-settings", why=f"{path.name} is missing")
        return otherwise
    return path.read_text(encoding="utf-8")


async def _for_ever(name: str, once: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await once()
        except Refusal as refusal:
            if refusal.code not in {"house-sealed", "keyroom-gone"}:
                _log.error("alarm: %s: %s", name, refusal.code)
            await asyncio.sleep(_PAUSE_S)
        except Exception:
            _log.exception("alarm: %s", name)
            await asyncio.sleep(_PAUSE_S)
