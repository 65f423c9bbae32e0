"""The OpenAPI 3.1 document, drawn from the endpoint table and nothing else."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from custodes.kernel.described import described
from custodes.web.kit.call import JSON
from custodes.web.kit.endpoint import Body, Endpoint
from custodes.web.kit.problems import PROBLEM_JSON, Problem

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def openapi(endpoints: Sequence[Endpoint], *, title: str, version: str) -> dict[str, Any]:
    """The document (spec.openapis.org/oas/v3.1.1); each refusal code is a response of its own."""
    shapes: list[type[msgspec.Struct]] = [Problem]
    for row in endpoints:
        shapes += [s for s in (row.takes, row.gives, row.query) if isinstance(s, type)]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF, schema_hook=_any)
    refs = dict(zip(shapes, schemas, strict=True))
    codes = sorted({code for row in endpoints for code in row.all_refusals()})
    paths: dict[str, Any] = {}
    for row in endpoints:
        path = _PARAMETER.sub(r"{\1}", row.path)
        same = paths.setdefault(path, {})
        if row.method.lower() in same:  # told apart by marks, which OpenAPI cannot say
            same[row.method.lower()]["description"] += f" Also `{row.name}` with {', '.join(row.marks)}."
        else:
            same[row.method.lower()] = _operation(row, refs, components)
    return {
        "openapi": "3.1.1",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": described(components),
            "responses": {code: _refusal(code) for code in codes},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _any(kind: type) -> dict[str, Any]:
    """The schema of what may be any JSON; everything else has one of its own."""
    if kind is object:
        return {"description": "Any JSON"}
    raise NotImplementedError


def _operation(
    row: Endpoint, refs: dict[type[msgspec.Struct], Any], components: dict[str, Any]
) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": row.summary or row.name}
    if row.gives is not None or row.media != JSON:
        answer["content"] = {row.media: {"schema": refs[row.gives]} if row.gives else {}}
    out: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.summary,
        "description": f"Action `{row.action}`." if row.action else "Open to anyone.",
        "parameters": [*_in_path(row), *_in_query(row, components)],
        "responses": {
            "2XX": answer,
            "default": {"$ref": "#/components/responses/broken"},
        },
        "security": [{"token": []}] if row.action else [],
        "x-action": row.action,
        "x-refusals": list(row.all_refusals()),
        "x-body-bytes-max": row.body_bytes_max,
        "x-timeout-ms": row.timeout_ms,
    }
    if isinstance(row.takes, type):
        out["requestBody"] = {"required": True, "content": {JSON: {"schema": refs[row.takes]}}}
    elif row.takes is not Body.NONE:
        media = "application/x-www-form-urlencoded" if row.takes is Body.FORM else "application/octet-stream"
        out["requestBody"] = {"required": True, "content": {media: {}}}
    return out


def _in_path(row: Endpoint) -> list[dict[str, Any]]:
    names = _PARAMETER.findall(row.path)
    return [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]


def _in_query(row: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    shape = components[row.query.__name__] if row.query else {}
    needed = shape.get("required", [])
    members = shape.get("properties", {}).items()
    return [{"name": n, "in": "query", "required": n in needed, "schema": schema} for n, schema in members]


def _refusal(code: str) -> dict[str, Any]:
    content = {PROBLEM_JSON: {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {"description": f"Refused: {code}", "content": content}
