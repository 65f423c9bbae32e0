"""`/clouds/programs`: transit and the KMS plugin, which act as applications of the customer.

There is no connection to make for them: an application's token is the credential, and rules let it use keys.
"""

import asyncio
from collections.abc import Iterable

from custodes.acts.asks.keys import KeyView, LookKeys
from custodes.custody.materials.kinds import USES, KeyKind, Use
from custodes.kernel.refusal import Refusal
from custodes.protocols.guides import kms_v2, transit
from custodes.protocols.guides.step import Step, bare
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views import clouds as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from . import folding
from .pages import denials, denied_of, guide_steps

GUIDED_MAX = 5  # keys for which a line is printed


class ProgramPages:
    """One page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """What programs did by name, and how to make one do it."""
        desk = self._desk
        counted, denied, keys, known = await asyncio.gather(
            facts.counts(desk, visit),
            denied_of(desk, visit, ""),
            facts.maybe(desk, LookKeys(visit.evidence, visit.customer)),
            facts.names(desk, visit, visit.customer),
        )
        names = _names(keys.keys if keys else ())
        listens, socket = desk.pages.listens("transit"), desk.pages.listens("kms-v2")
        rows = tuple(
            views.ProgramRow(name=known.thing(one.id), uses=one.uses, used_at=facts.moment(one.used_at))
            for one in sorted(counted.programs, key=lambda one: one.used_at, reverse=True)
            if one.used_at
        )
        view = views.ProgramsView(
            customer=visit.customer_name,
            rows=rows,
            bars=folding.bars(folding.together([one.reasons for one in counted.programs])),
            denials=denials(denied),
            uses=sum(one.uses for one in counted.programs),
            refused=sum(one.denials for one in counted.programs),
            as_of=facts.as_of(counted),
            listens=listens,
            socket=socket,
            transit=guide_steps(transit.steps(desk.pages.printed("transit_url"), names, listens=listens)),
            kms=guide_steps(self._kms(socket, keys.keys if keys else ())),
        )
        return desk.pages.reply(call, view, visit.visitor)

    def _kms(self, socket: str, keys: Iterable[KeyView]) -> tuple[Step, ...]:
        """With the settings as they are, as far as a line takes them as they are."""
        pages, own = self._desk.pages, _first(keys)
        set_, access = pages.printed("kms_key"), pages.printed("kms_access")
        for key, path, token in ((set_ or own, socket, access), (own, socket, ""), (own, "", "")):
            try:
                return kms_v2.steps(key, path, token)
            except Refusal:
                continue
        return ()

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
