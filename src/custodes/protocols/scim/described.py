"""What this service says of itself (RFC 7643 sections 5 to 7): data, the same for everybody."""

from typing import Any

from .messages import CORE, GROUP, USER

PAGE_MAX = 200
_TEXT = {"type": "string", "multiValued": False, "required": False, "caseExact": True}


def _attribute(name: str, **more: object) -> dict[str, Any]:
    common = {"name": name, **_TEXT, "mutability": "readWrite", "returned": "default", "uniqueness": "none"}
    return {**common, **more}


def configuration(base: str) -> dict[str, Any]:
    """ServiceProviderConfig."""
    return {
        "schemas": [f"{CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": PAGE_MAX},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "Made by an officer, with an end",
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_types(base: str) -> list[dict[str, Any]]:
    """ResourceTypes."""
    return [
        {
            "schemas": [f"{CORE}:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "schema": schema,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
        }
        for name, schema in (("User", USER), ("Group", GROUP))
    ]


def schemas(base: str) -> list[dict[str, Any]]:
    """Schemas: exactly the attributes that are kept."""
    parts = [_attribute(name) for name in ("formatted", "givenName", "familyName")]
    value = _attribute("value")
    user = [
        _attribute("userName", required=True, caseExact=False, uniqueness="server"),
        _attribute("displayName"),
        _attribute("name", type="complex", subAttributes=parts),
        _attribute("emails", type="complex", multiValued=True, subAttributes=[value]),
        _attribute("active", type="boolean"),
        _attribute("groups", type="complex", multiValued=True, mutability="readOnly", subAttributes=[value]),
    ]
    group = [
        _attribute("displayName", required=True, uniqueness="server"),
        _attribute("members", type="complex", multiValued=True, subAttributes=[value]),
    ]
    return [
        {
            "schemas": [f"{CORE}:Schema"],
            "id": id_,
            "name": name,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{id_}"},
        }
        for id_, name, attributes in ((USER, "User", user), (GROUP, "Group", group))
    ]
