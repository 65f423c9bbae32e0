"""Users of a directory: each request one ask, a PATCH a look and a put on what was seen."""

from custodes.acts.asks import Doors
from custodes.acts.asks.identity import DropListed, Listed, ListedView, LookListed, PutListed
from custodes.protocols.scim import filters, patching, resources
from custodes.protocols.scim.messages import Known, User
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .exchange import base, evidence_of, expected, on_what_was_seen, paging, resource, row, sent

MEMBERS = {
    "id": "person",
    "username": "account",
    "externalid": "external",
    "displayname": "name",
    "name.formatted": "name",
    "emails": "mail",
    "emails.value": "mail",
    "active": "is_active",
}


class Users:
    """`/Users` and what is below."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (
            row("GET", "/Users", "scim-users", self.list),
            row("POST", "/Users", "scim-user-add", self.add),
            row("GET", "/Users/{id}", "scim-user", self.look),
            row("PUT", "/Users/{id}", "scim-user-put", self.put),
            row("PATCH", "/Users/{id}", "scim-user-patch", self.patch),
            row("DELETE", "/Users/{id}", "scim-user-drop", self.drop),
        )

    async def list(self, call: Call) -> Reply:
        """A page of those a filter finds."""
        given = call.request.query_params.get("filter", "")
        equal = filters.terms(given, MEMBERS) if given else ()
        start, count = paging(call)
        found = await self._doors.ask(LookListed(evidence_of(call), "", equal, start, count))
        shown = [_shown(one, call) for one in found.people]
        return resource(resources.listed(shown, found.total, found.start), call)

    async def add(self, call: Call) -> Reply:
        """201 with where it is."""
        user = resources.user_of(sent(call))
        view = await self._doors.ask(PutListed(evidence_of(call), _listed(user)))
        return resource(_shown(view, call), call, view.generation, status=201)

    async def look(self, call: Call) -> Reply:
        """One."""
        view = await self._seen(call)
        return resource(_shown(view, call), call, view.generation)

    async def put(self, call: Call) -> Reply:
        """All of it anew."""
        user = resources.user_of(sent(call))
        ask = PutListed(evidence_of(call), _listed(user), call.path["id"], expected(call))
        view = await self._doors.ask(ask)
        return resource(_shown(view, call), call, view.generation)

    async def patch(self, call: Call) -> Reply:
        """Some of it, on the version that was seen; without If-Match tried again when somebody was faster."""
        done = patching.operations(sent(call))

        async def once(wished: int | None) -> ListedView:
            seen = await self._seen(call)
            user = patching.user_after(_user(seen), done)
            on = seen.generation if wished is None else wished
            return await self._doors.ask(PutListed(evidence_of(call), _listed(user), seen.person, on))

        view = await on_what_was_seen(call, once, "listed-changed")
        return resource(_shown(view, call), call, view.generation)

    async def drop(self, call: Call) -> Reply:
        """He leaves."""
        await self._doors.ask(DropListed(evidence_of(call), call.path["id"], expected(call)))
        return Reply(status=204)

    async def _seen(self, call: Call) -> ListedView:
        return (await self._doors.ask(LookListed(evidence_of(call), call.path["id"]))).people[0]


def _listed(user: User) -> Listed:
    return Listed(
        account=user.user_name,
        external=user.external_id,
        name=user.display_name,
        given=user.given,
        family=user.family,
        mail=user.mail,
        is_active=user.active,
    )


def _user(view: ListedView) -> User:
    listed = view.listed
    return User(
        user_name=listed.account,
        external_id=listed.external,
        display_name=listed.name,
        given=listed.given,
        family=listed.family,
        mail=listed.mail,
        active=listed.is_active,
    )


def _shown(view: ListedView, call: Call) -> dict[str, object]:
    known = Known(
        id=view.person,
        version=view.generation,
        created_at=view.created_at,
        changed_at=view.changed_at,
        refers=view.groups,
    )
    return resources.user_shown(_user(view), known, base(call))
