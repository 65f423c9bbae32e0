"""What the logkeeper does outside for the house, beside the log: reads issuers of identities.

Each errand is a loop of its own; one that fails is tried again, and says so in the log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from custodes.acts.logkeeper.issuers import IssuerReader
from custodes.acts.logkeeper.signed_doors import SignedDoors
from custodes.adapters.oidc import IssuerFiles
from custodes.adapters.outgoing import Outgoing
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings

WAIT_MS = 10_000
_PAUSE_S = 1.0
_log = logging.getLogger("custodes.logkeeper")


async def run_errands(settings: Settings, doors: SignedDoors) -> None:
    """Run every errand until cancelled."""
    outgoing = Outgoing(settings.outside_hosts, loopback_too=settings.demo)
    reader = IssuerReader(doors, IssuerFiles(outgoing), is_demo=settings.demo)

    async def read() -> None:
        await reader.round(WAIT_MS)

    await asyncio.gather(_for_ever("issuers", read))


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
