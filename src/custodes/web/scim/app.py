"""The SCIM service as one table."""

from typing import Any

from custodes.acts.asks import Doors
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import absent
from custodes.protocols.scim import described, resources
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint, table
from custodes.web.kit.front import Face
from custodes.web.kit.logs import Log

from .exchange import base, refuse, resource, row
from .groups import GroupsOfDirectory
from .users import Users


def scim(doors: Doors) -> tuple[Endpoint, ...]:
    """Every endpoint below `/scim/v2`."""
    return table(Users(doors).endpoints(), GroupsOfDirectory(doors).endpoints(), _described())


def face(log: Log, dice: Dice, origin: str) -> Face:
    """How the service shows itself: refusals in SCIM's form, no cookie."""
    return Face(log=log, dice=dice, origin=origin, refuse=refuse)


def _described() -> tuple[Endpoint, ...]:
    async def configuration(call: Call) -> Reply:
        return resource(described.configuration(base(call)), call)

    async def types(call: Call) -> Reply:
        return _all(described.resource_types(base(call)), call)

    async def one_type(call: Call) -> Reply:
        return _one(described.resource_types(base(call)), call)

    async def schemas(call: Call) -> Reply:
        return _all(described.schemas(base(call)), call)

    async def one_schema(call: Call) -> Reply:
        return _one(described.schemas(base(call)), call)

    return (
        row("GET", "/ServiceProviderConfig", "scim-configuration", configuration, action=None),
        row("GET", "/ResourceTypes", "scim-types", types, action=None),
        row("GET", "/ResourceTypes/{id}", "scim-type", one_type, action=None),
        row("GET", "/Schemas", "scim-schemas", schemas, action=None),
        row("GET", "/Schemas/{id}", "scim-schema", one_schema, action=None),
    )


def _all(rows: list[dict[str, Any]], call: Call) -> Reply:
    return resource(resources.listed(rows, len(rows), 1), call)


def _one(rows: list[dict[str, Any]], call: Call) -> Reply:
    found = next((one for one in rows if one["id"] == call.path["id"]), None)
    if found is None:
        raise absent("no-such-schema")
    return resource(found, call)
