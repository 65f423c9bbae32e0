import msgspec
from openapi_spec_validator import OpenAPIV31SpecValidator

from custodes.web.api.openapi import openapi
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Body, Endpoint, table


class Inner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    count: int


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked."""

    wrapped: bytes
    inner: Inner | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    first: int
    size: int = 50


async def does(call: Call) -> Reply:
    return Reply()


ROWS = table(
    [
        Endpoint(
            method="POST",
            path="/v1/keys/{key}/unwrap",
            name="unwrap",
            action="key.use",
            does=does,
            takes=Ask,
            gives=Inner,
            body_bytes_max=4_096,
            refusals=("key-killed",),
        ),
        Endpoint(
            method="GET", path="/v1/keys", name="keys", action="key.list", does=does, query=Page, gives=Inner
        ),
        Endpoint(
            method="PUT",
            path="/b/{name:path}",
            name="put",
            action="w",
            does=does,
            takes=Body.STREAM,
            body_bytes_max=9,
        ),
        Endpoint(
            method="PUT",
            path="/b/{name:path}",
            name="copy",
            action="w",
            does=does,
            takes=Body.STREAM,
            body_bytes_max=9,
            marks=("x-copy",),
        ),
        Endpoint(method="GET", path="/health", name="health", action=None, does=does, media="text/plain"),
    ]
)


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(openapi(ROWS, title="t", version="1")).validate()


def test_it_says_what_the_table_says() -> None:
    doc = openapi(ROWS, title="t", version="1")
    unwrap = doc["paths"]["/v1/keys/{key}/unwrap"]["post"]
    assert unwrap["operationId"] == "unwrap"
    assert unwrap["x-action"] == "key.use"
    assert unwrap["x-body-bytes-max"] == 4_096
    assert unwrap["security"] == [{"token": []}]
    assert "key-killed" in unwrap["x-refusals"]
    assert [p["name"] for p in unwrap["parameters"]] == ["key"]
    assert doc["components"]["schemas"]["Ask"]["additionalProperties"] is False
    query = {p["name"]: p["required"] for p in doc["paths"]["/v1/keys"]["get"]["parameters"]}
    assert query == {"first": True, "size": False}
    assert doc["paths"]["/health"]["get"]["security"] == []
    assert "copy" in doc["paths"]["/b/{name}"]["put"]["description"]


def test_a_problems_type_is_a_pointer_into_the_document() -> None:
    doc = openapi(ROWS, title="t", version="1")
    for row in ROWS:
        for code in row.all_refusals():
            assert code in doc["components"]["responses"]
