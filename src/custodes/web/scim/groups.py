"""Groups of a directory."""

from custodes.acts.asks import Doors
from custodes.acts.asks.identity import DropGroup, GroupView, LookGroups, PutGroup
from custodes.protocols.scim import filters, patching, resources
from custodes.protocols.scim.messages import Group, Known
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .exchange import base, evidence_of, expected, on_what_was_seen, paging, resource, row, sent

MEMBERS = {"id": "group", "displayname": "name", "externalid": "external"}


class GroupsOfDirectory:
    """`/Groups` and what is below."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (
            row("GET", "/Groups", "scim-groups", self.list),
            row("POST", "/Groups", "scim-group-add", self.add),
            row("GET", "/Groups/{id}", "scim-group", self.look),
            row("PUT", "/Groups/{id}", "scim-group-put", self.put),
            row("PATCH", "/Groups/{id}", "scim-group-patch", self.patch),
            row("DELETE", "/Groups/{id}", "scim-group-drop", self.drop),
        )

    async def list(self, call: Call) -> Reply:
        """A page of those a filter finds."""
        given = call.request.query_params.get("filter", "")
        equal = filters.terms(given, MEMBERS) if given else ()
        start, count = paging(call)
        found = await self._doors.ask(LookGroups(evidence_of(call), "", equal, start, count))
        shown = [_shown(one, call) for one in found.groups]
        return resource(resources.listed(shown, found.total, found.start), call)

    async def add(self, call: Call) -> Reply:
        """201 with where it is."""
        view = await self._put(call, resources.group_of(sent(call)), "", None)
        return resource(_shown(view, call), call, view.generation, status=201)

    async def look(self, call: Call) -> Reply:
        """One."""
        view = await self._seen(call)
        return resource(_shown(view, call), call, view.generation)

    async def put(self, call: Call) -> Reply:
        """All of it anew."""
        view = await self._put(call, resources.group_of(sent(call)), call.path["id"], expected(call))
        return resource(_shown(view, call), call, view.generation)

    async def patch(self, call: Call) -> Reply:
        """Some of it, on the version that was seen; without If-Match tried again when somebody was faster."""
        done = patching.operations(sent(call))

        async def once(wished: int | None) -> GroupView:
            seen = await self._seen(call)
            on = seen.generation if wished is None else wished
            return await self._put(call, patching.group_after(_group(seen), done), seen.group, on)

        view = await on_what_was_seen(call, once, "group-changed")
        return resource(_shown(view, call), call, view.generation)

    async def drop(self, call: Call) -> Reply:
        """It gives nobody a role any more."""
        await self._doors.ask(DropGroup(evidence_of(call), call.path["id"], expected(call)))
        return Reply(status=204)

    async def _put(self, call: Call, group: Group, id_: str, on: int | None) -> GroupView:
        ask = PutGroup(evidence_of(call), group.display_name, group.members, group.external_id, id_, on)
        return await self._doors.ask(ask)

    async def _seen(self, call: Call) -> GroupView:
        return (await self._doors.ask(LookGroups(evidence_of(call), call.path["id"]))).groups[0]


def _group(view: GroupView) -> Group:
    return Group(display_name=view.name, external_id=view.external, members=view.members)


def _shown(view: GroupView, call: Call) -> dict[str, object]:
    known = Known(
        id=view.group, version=view.generation, created_at=view.created_at, changed_at=view.changed_at
    )
    return resources.group_shown(_group(view), known, base(call))
