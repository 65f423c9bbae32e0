"""The transit service as one table, and the method LIST, which is a GET with `list=true`."""

from starlette.types import ASGIApp, Receive, Scope, Send

from custodes.acts.asks import Doors
from custodes.kernel.dice import Dice
from custodes.web.kit.endpoint import Endpoint, table
from custodes.web.kit.front import Face, Front
from custodes.web.kit.logs import Log

from .beginning import Beginning
from .exchange import refuse
from .imports import ImportsOfTransit
from .keys import KeysOfTransit
from .uses import UsesOfTransit

PREFIX = "/v1/"


def transit(doors: Doors) -> tuple[Endpoint, ...]:
    """Every endpoint."""
    return table(
        UsesOfTransit(doors).endpoints(),
        KeysOfTransit(doors).endpoints(),
        ImportsOfTransit(doors).endpoints(),
        Beginning(doors).endpoints(),
    )


def face(log: Log, dice: Dice) -> Face:
    """How the service shows itself: refusals as `{"errors": [...]}`, no cookie."""
    return Face(log=log, dice=dice, refuse=refuse)


def application(doors: Doors, face_: Face) -> ASGIApp:
    """ASGI 3 over the table."""
    front = Front(transit(doors), face_)

    async def listing_too(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "LIST":
            scope = {**scope, "method": "GET", "query_string": b"list=true"}
        await front(scope, receive, send)

    return listing_too
