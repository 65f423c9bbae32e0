"""From a row of a noun's table to an endpoint: which ask it is, and where each of its members comes from.

A member of the ask comes from the path (`{key}`), is fixed by the row, or stands in the body (POST, PUT) or
the query (GET) under its own name. Members that are canonical JSON travel as JSON, other bytes as base64.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from custodes.acts.asks import Ask, Doors
from custodes.kernel import canonical
from custodes.kernel.refusal import malformed
from custodes.web.kit.call import JSON, Call, Reply
from custodes.web.kit.endpoint import Body, Endpoint

from .evidence import evidence_of

BODY_BYTES_MAX = 131_072
SIGNED_IN = "signed-in"  # any live credential: what is one's own needs no policy
_EVIDENCE = "evidence"
_NO_BUCKET = ("bucket-absent",)  # whatever names one in its path


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a noun's table.

    `action` is the policy's name, None where nobody needs a credential. `documents` are members that are
    canonical JSON, in the ask or in the answer. `paths` says which member a name of the path is, where it is
    another; `raw` gives an answer as it is, with its media type and `headers`; `make` makes members of the
    call, and `form` is then what body or query hold where the ask's own members do not say it.
    """

    method: str
    path: str
    name: str
    action: str | None
    ask: type[Ask[Any]]
    gives: type[msgspec.Struct]
    summary: str
    fixed: Mapping[str, object] = msgspec.field(default_factory=dict)
    paths: Mapping[str, str] = msgspec.field(default_factory=dict)
    documents: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    body_bytes_max: int = BODY_BYTES_MAX
    timeout_ms: int = 15_000
    raw: Callable[[Any], bytes] | None = None
    media: str = JSON
    headers: Callable[[Any], tuple[tuple[str, str], ...]] | None = None
    make: Callable[[Call], Mapping[str, object]] | None = None
    form: type[msgspec.Struct] | None = None


def endpoints(doors: Doors, rows: tuple[Row, ...]) -> tuple[Endpoint, ...]:
    """Each row as the kit's endpoint."""
    return tuple(_endpoint(doors, row) for row in rows)


def _endpoint(doors: Doors, row: Row) -> Endpoint:
    shape = taken(row)
    has_body = row.method != "GET"
    is_empty = not shape.__struct_fields__
    return Endpoint(
        method=row.method,
        path=row.path,
        name=row.name,
        action=row.action,
        does=_doer(doors, row),
        summary=row.summary,
        takes=shape if has_body and not is_empty else Body.NONE,
        query=shape if not has_body and not is_empty else None,
        gives=None if row.raw else shown(row.gives, row.documents),
        media=row.media,
        body_bytes_max=row.body_bytes_max if has_body and not is_empty else 0,
        timeout_ms=row.timeout_ms,
        refusals=(*row.refusals, *(_NO_BUCKET if "{bucket}" in row.path else ())),
    )


def taken(row: Row) -> type[msgspec.Struct]:
    """What stands in body or query: the ask's members that come from nowhere else."""
    if row.form is not None:
        return row.form
    elsewhere = {_EVIDENCE, *row.fixed, *_path_members(row)}
    fields: list[Any] = []
    for field in msgspec.structs.fields(row.ask):
        if field.name in elsewhere:
            continue
        kind: Any = Any if field.name in row.documents else field.type
        if field.name in row.documents and isinstance(field.default, bytes):
            fields.append((field.name, kind, _plain(field.default)))
        elif field.default is not msgspec.NODEFAULT:
            fields.append((field.name, kind, field.default))
        elif field.default_factory is not msgspec.NODEFAULT:
            fields.append((field.name, kind, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((field.name, kind))
    name = "".join(part.title() for part in row.name.split("-"))
    return msgspec.defstruct(name, fields, kw_only=True, frozen=True, forbid_unknown_fields=True)


@cache
def shown(answer: type[msgspec.Struct], documents: tuple[str, ...]) -> type[msgspec.Struct]:
    """The answer as JSON, with its canonical documents as JSON in it."""
    if not set(documents) & set(answer.__struct_fields__):
        return answer
    fields: list[Any] = []
    for field in msgspec.structs.fields(answer):
        kind: Any = field.type
        if field.name in documents:
            kind = msgspec.Raw
        fields.append((field.name, kind) if field.required else (field.name, kind, field.default))
    return msgspec.defstruct(answer.__name__, fields, kw_only=True, frozen=True)


def _doer(doors: Doors, row: Row) -> Callable[[Call], Any]:
    members = _path_members(row)
    form = taken(row)
    names = tuple(name for name in form.__struct_fields__ if name in row.ask.__struct_fields__)
    gives = shown(row.gives, row.documents)
    needs_evidence = _EVIDENCE in row.ask.__struct_fields__

    async def do(call: Call) -> Reply:
        given = call.body if row.method != "GET" else call.query
        values: dict[str, Any] = dict(row.fixed)
        for name in names:
            value = getattr(given, name)
            values[name] = _document(value, name) if name in row.documents else value
        for member, place in members.items():
            values[member] = _of_path(row.ask, member, call.path[place])
        if needs_evidence and row.action is not None:
            values[_EVIDENCE] = evidence_of(call)
        if row.make is not None:
            values |= row.make(call)
        answer = await doors.ask(row.ask(**values))
        if row.raw is not None:
            more = row.headers(answer) if row.headers is not None else ()
            return Reply(raw=row.raw(answer), media=row.media, headers=more)
        return Reply(gives=answer if gives is row.gives else _shown(answer, gives, row.documents))

    return do


def _path_members(row: Row) -> dict[str, str]:
    """Which member of the ask comes from which name of the path."""
    places = [part[1:-1].partition(":")[0] for part in row.path.split("/") if part.startswith("{")]
    members = {row.paths.get(place, place): place for place in places}
    return {member: place for member, place in members.items() if member in row.ask.__struct_fields__}


def _of_path(ask: type[Ask[Any]], member: str, text: str) -> object:
    kind = next(field.type for field in msgspec.structs.fields(ask) if field.name == member)
    if kind is not int:
        return text
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise malformed("malformed-path")
    return int(text)


def _plain(document: bytes) -> Any:  # noqa: ANN401 - what msgspec calls a field
    """A canonical document as the default of a member that travels as JSON."""
    return msgspec.field(default_factory=lambda: canonical.decode(document))


def _document(value: object, name: str) -> bytes:
    try:
        return canonical.encode(value)
    except (TypeError, ValueError) as error:
        raise malformed("malformed-body", path=f"$.{name}", why="not canonical JSON") from error


def _shown(answer: Any, gives: type[msgspec.Struct], documents: tuple[str, ...]) -> msgspec.Struct:  # noqa: ANN401
    values = {name: getattr(answer, name) for name in answer.__struct_fields__}
    for name in documents:
        if name in values:
            values[name] = msgspec.Raw(values[name] or b"null")
    return gives(**values)
