"""The API as one table, with its OpenAPI document."""

from typing import Any

import msgspec

import custodes
from custodes.acts.asks import Doors
from custodes.kernel.dice import Dice
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint, table
from custodes.web.kit.front import Face
from custodes.web.kit.logs import Log

from . import buckets, cases, customers, house, identity, log, parties, places, rules
from .asking import endpoints
from .clouds import connections
from .keys import KeysApi
from .openapi import openapi
from .preserving import cases as preserving

TITLE = "Custodes"


def api(doors: Doors) -> tuple[Endpoint, ...]:
    """Every endpoint, and `/openapi.json` that describes them."""
    rows = table(
        endpoints(doors, house.ROWS),
        endpoints(doors, parties.ROWS),
        endpoints(doors, identity.ROWS),
        endpoints(doors, customers.ROWS),
        KeysApi(doors).endpoints(),
        endpoints(doors, buckets.ROWS),
        endpoints(doors, places.ROWS),
        endpoints(doors, rules.ROWS),
        (rules.PRESETS_ENDPOINT,),
        endpoints(doors, connections.ROWS),
        endpoints(doors, cases.ROWS),
        endpoints(doors, preserving.ROWS),
        endpoints(doors, log.ROWS),
    )
    return table(rows, (_described(rows),))


def face(log_: Log, dice: Dice) -> Face:
    """How the API shows itself: problems as JSON, no cookie, no form."""
    return Face(log=log_, dice=dice, visits=())


def described(rows: tuple[Endpoint, ...]) -> dict[str, Any]:
    """The OpenAPI document of the table."""
    return openapi(rows, title=TITLE, version=custodes.__version__)


def _described(rows: tuple[Endpoint, ...]) -> Endpoint:
    document = msgspec.json.encode(described(rows))

    async def describe(_call: Call) -> Reply:
        return Reply(raw=document, headers=(("cache-control", "public, max-age=300"),))

    return Endpoint(
        method="GET",
        path="/openapi.json",
        name="openapi",
        action=None,
        does=describe,
        summary="This document",
    )
