"""`/clouds/programs`: transit and the KMS plugin, which act as applications of the customer.

There is no connection to make for them: an application's token is the credential, and rules let it use keys.
"""

import asyncio
from collections.abc import Iterable

from custodes.acts.asks.keys import KeyView, LookKeys
from custodes.acts.asks.log import LookEntries
from custodes.custody.materials.kinds import USES, KeyKind, Use
from custodes.kernel.refusal import Refusal
from custodes.protocols.guides import kms_v2, transit
from custodes.protocols.guides.step import bare
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views import clouds as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from . import folding
from .pages import FOLD_ENTRIES_MAX, denials, guide_steps

GUIDED_MAX = 5  # keys for which a line is printed


class ProgramPages:
    """One page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """What programs did by name, and how to make one do it."""
        desk = self._desk
        newest = LookEntries(visit.evidence, visit.customer, kind="machine", limit=FOLD_ENTRIES_MAX)
        entries, keys, known = await asyncio.gather(
            facts.entries(desk, newest),
            facts.maybe(desk, LookKeys(visit.evidence, visit.customer)),
            facts.names(desk, visit, visit.customer),
        )
        seen = folding.folded(entries.entries, "", desk.clock.now())
        names = _names(keys.keys if keys else ())
        listens, socket = desk.pages.listens("transit"), desk.pages.listens("kms-v2")
        rows = tuple(
            views.ProgramRow(name=known.thing(actor), uses=uses, used_at=at)
            for actor, (uses, at) in folding.by_actor(entries.entries).items()
        )
        view = views.ProgramsView(
            customer=visit.customer_name,
            rows=rows,
            bars=folding.bars(seen.by_reason),
            denials=denials(seen),
            uses=seen.uses,
            uses_last_hour=seen.uses_last_hour,
            folded=len(entries.entries),
            listens=listens,
            socket=socket,
            transit=guide_steps(transit.steps("", names, listens=listens or "127.0.0.1:PORT")),
            kms=guide_steps(kms_v2.steps(_first(keys.keys if keys else ()), _path(socket))),
        )
        return desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """This page's part of the table."""
        return (page("/clouds/programs", "clouds-programs", seated(self._desk, self.show)),)


def _names(keys: Iterable[KeyView]) -> tuple[str, ...]:
    """How lines call the keys that seal: by name where a line takes it as it is, else by id."""
    found = [one for one in keys if one.state == "active" and Use.ENCRYPT in USES[KeyKind(one.kind)]]
    return tuple(_word(one) for one in found[:GUIDED_MAX])


def _first(keys: Iterable[KeyView]) -> str:
    """A key that seals an API server's seeds, `KEY` where there is none yet."""
    found = (one for one in keys if one.state == "active" and one.kind == KeyKind.AES256)
    return next(map(_word, found), "KEY")


def _word(key: KeyView) -> str:
    try:
        return bare(key.name)
    except Refusal:
        return key.id


def _path(socket: str) -> str:
    """An example where a line would not take the path as it is."""
    try:
        kms_v2.steps("k", socket)
    except Refusal:
        return ""
    return socket
