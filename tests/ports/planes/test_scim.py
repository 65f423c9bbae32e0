"""SCIM over HTTP as a directory speaks it, to a keyroom in process."""

import asyncio
import json

import pytest

from custodes.acts.asks import Session
from custodes.acts.asks.parties import WhoAmI
from custodes.web.kit.front import Front
from custodes.web.kit.logs import Log
from custodes.web.scim.app import face, scim
from fakes.asgi import driven
from fakes.directory import TownDirectory
from fakes.folk import in_folk, refused

JSON = ("content-type", "application/scim+json")
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Client:
    """A directory's provisioning client."""

    def __init__(self, world, token):
        self.front = Front(
            scim(world.keyroom), face(Log(lambda _: None, world.clock), world.dice, "http://x")
        )
        self.token = token

    async def __call__(self, method, path, plain=None, *, raw=None, token=None, **headers):
        sent = [("host", "c.example"), ("authorization", f"Bearer {token or self.token.token}"), JSON]
        sent += [(name.replace("_", "-"), value) for name, value in headers.items()]
        body = raw if raw is not None else b"" if plain is None else json.dumps(plain).encode()
        return await driven(self.front, method, f"/scim/v2{path}", body, sent)

    def patch(self, path, *rows, **headers):
        return self("PATCH", path, {"schemas": [PATCH], "Operations": list(rows)}, **headers)


async def opened(world):
    town = await TownDirectory(world).open()
    return town, Client(world, town.token)


def user(name="nina", **more):
    return {"userName": name, "externalId": f"u-{name}", "displayName": name.title(), "active": True, **more}


@in_folk
async def test_a_directorys_day(world):
    town, scim_ = await opened(world)
    made = await scim_("POST", "/Users", user())
    assert (made.status, made.header("content-type")) == (201, "application/scim+json")
    id_, tag = made.json["id"], made.header("etag")
    assert made.header("location").endswith(f"/scim/v2/Users/{id_}")
    assert (await scim_("POST", "/Users", user())).json["scimType"] == "uniqueness"
    found = await scim_("GET", "/Users?filter=userName%20eq%20%22NINA%22&startIndex=1&count=1")
    assert (found.json["totalResults"], found.json["Resources"][0]["id"]) == (1, id_)
    assert (await scim_("GET", f"/Users/{id_}")).json == made.json
    group = await scim_("POST", "/Groups", {"displayName": "clerks", "members": [{"value": id_}]})
    assert group.status == 201
    listed = await scim_("GET", "/Groups?excludedAttributes=members&filter=displayName%20eq%20%22clerks%22")
    assert "members" not in listed.json["Resources"][0]
    session = Session((await town.sign_in(sub="u-nina", groups=None)).token)
    assert (await world.keyroom.ask(WhoAmI(session))).roles == ("reader",)
    assert (await scim_("GET", f"/Users/{id_}")).json["groups"][0]["display"] == "clerks"
    assert (await scim_("PUT", f"/Users/{id_}", user(), if_match=tag)).status == 412
    put = await scim_("PUT", f"/Users/{id_}", user(displayName="Nina Neu"))
    assert (put.status, put.json["displayName"]) == (200, "Nina Neu")
    left = await scim_.patch(f"/Users/{id_}", {"op": "Replace", "path": "active", "value": "False"})
    assert (left.status, left.json["active"]) == (200, False)
    await refused(world.keyroom.ask(WhoAmI(session)), "not-authenticated")
    gone = await scim_("DELETE", f"/Users/{id_}")
    assert (gone.status, gone.body) == (204, b"")
    assert (await scim_("GET", f"/Users/{id_}")).status == 404
    assert (await scim_("GET", "/Users")).json["totalResults"] == 0
    assert (await scim_("DELETE", f"/Groups/{group.json['id']}")).status == 204


@in_folk
async def test_patches_at_once_all_happen(world):
    _, scim_ = await opened(world)
    ids = [(await scim_("POST", "/Users", user(f"u{n}"))).json["id"] for n in range(3)]
    group = (await scim_("POST", "/Groups", {"displayName": "clerks"})).json["id"]
    adding = [
        scim_.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": id_}]})
        for id_ in ids
    ]
    done = await asyncio.gather(*adding)
    members = {one["value"] for one in (await scim_("GET", f"/Groups/{group}")).json["members"]}
    accepted = {id_ for id_, answer in zip(ids, done, strict=True) if answer.status == 200}
    assert members == accepted
    assert {answer.status for answer in done} <= {200, 412}
    assert len(accepted) >= 2
    version = (await scim_("GET", f"/Groups/{group}")).header("etag")
    both = await asyncio.gather(
        *(
            scim_.patch(
                f"/Groups/{group}", {"op": "Replace", "path": "displayName", "value": n}, if_match=version
            )
            for n in ("one", "two")
        )
    )
    assert sorted(answer.status for answer in both) == [200, 412]


@in_folk
async def test_leaving_races_with_being_changed_and_leaving_wins(world):
    town, scim_ = await opened(world)
    id_ = (await scim_("POST", "/Users", user())).json["id"]
    session = Session((await town.sign_in(sub="u-nina")).token)
    rename = {"op": "replace", "path": "displayName", "value": "N"}
    leave = {"op": "replace", "value": {"active": False}}
    done = await asyncio.gather(
        scim_.patch(f"/Users/{id_}", rename),
        scim_.patch(f"/Users/{id_}", leave),
        scim_.patch(f"/Users/{id_}", rename),
    )
    assert done[1].status == 200
    now = await scim_("GET", f"/Users/{id_}")
    assert not now.json["active"]  # a rename made on the active row was done again on the one that had left
    await refused(world.keyroom.ask(WhoAmI(session)), "not-authenticated")


@in_folk
async def test_who_may_and_what_is_wrong(world):
    _, scim_ = await opened(world)
    for token in ("crd-nobody.x", world.olga.token.token, world.token.token):
        answer = await scim_("GET", "/Users", token=token)
        assert answer.status in {401, 404}
        assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    for path, plain, raw, kind in (
        ("/Users", None, b"{", "invalidSyntax"),
        ("/Users", None, b'{"userName": "a", "userName": "b"}', "invalidSyntax"),
        ("/Users", [], None, "invalidSyntax"),
        ("/Users", {}, None, "invalidValue"),
        ("/Users", user(active="perhaps"), None, "invalidValue"),
        ("/Groups", {"displayName": "g", "members": [{"value": "per-none"}]}, None, None),
        ("/Groups", {}, None, "invalidValue"),
    ):
        answer = await scim_("POST", path, plain, raw=raw)
        assert answer.status in {400, 404}, path
        assert answer.json.get("scimType") == kind
    assert (await scim_("GET", "/Users?filter=userName%20co%20%22n%22")).json["scimType"] == "invalidFilter"
    assert (await scim_("GET", "/Users?count=x")).status == 400
    assert (await scim_("GET", "/Users?count=-1&startIndex=-7")).json["itemsPerPage"] == 0
    assert (await scim_("GET", "/Groups/per-none")).status == 404
    assert (await scim_("POST", "/Bulk", {})).status == 404
    assert (await scim_("PUT", "/Users", user())).status == 405
    answer = await driven(
        scim_.front, "POST", "/scim/v2/Users", b"a=b", [("authorization", f"Bearer {scim_.token.token}")]
    )
    assert answer.status == 415


@pytest.mark.parametrize(
    "path", ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas"]
)
def test_what_the_service_says_of_itself(path, tmp_path):
    @in_folk
    async def look(world):
        front = Front(scim(world.keyroom), face(Log(lambda _: None, world.clock), world.dice, "http://x"))
        answer = await driven(front, "GET", f"/scim/v2{path}", b"", [("host", "c.example")])
        assert answer.status == 200
        assert answer.json["schemas"]

    look(tmp_path)
