"""docs/reference/api.md, drawn from the table: each endpoint with its action, what it takes and refuses."""

from typing import TypeVar

import msgspec

from custodes.acts.asks import Ask
from custodes.kernel.refusal import unavailable
from custodes.web.kit.endpoint import Body, Endpoint

from .app import api, described
from .asking import SIGNED_IN

T = TypeVar("T")
_HEAD = """# The API

Drawn from the endpoint table (`src/custodes/web/api`); [openapi.json](openapi.json) says the same for
programs, and a running installation serves it at `/openapi.json`.

Everything is JSON in UTF-8; bytes are standard base64, times RFC 3339 UTC. `Authorization: Bearer`
carries an API token (`crd-....`) or a session's token from `POST /v1/sign-in`. Where policy wants a
signed act, two headers come with it: `Custodes-Signed-At` (RFC 3339) and `Custodes-Signature` (base64 of
the signature's canonical JSON), over the document of docs/formats/signed-acts.md; its `fields` are the
members below, `customer` and the like from the path included.

Refusals are problem details (RFC 9457) with `code`, `kind` and `facts`: see
[web-kit.md](web-kit.md#refusals). Besides the codes of each endpoint any of them can answer `broken`,
`house-sealed`, `keyroom-busy`, `keyroom-gone`, `malformed-path`, `malformed-query`, `malformed-body`,
`method-not-allowed`, `no-credential`, `no-such-path` and `timed-out`. What is not the asker's is
*absent*, not *denied*.
"""


class _Nobody:
    """Doors behind which nobody is: to draw the table asks nothing."""

    async def ask(self, ask: Ask[T]) -> T:
        raise unavailable("keyroom-gone", ask=type(ask).__name__)


def markdown() -> str:
    """The whole page."""
    return _HEAD + "".join(_section(row) for row in api(_Nobody()))


def document() -> str:
    """openapi.json as it is committed: plain, sorted, one member a line."""
    plain = msgspec.json.decode(msgspec.json.encode(described(api(_Nobody())[:-1])))
    return msgspec.json.format(msgspec.json.encode(plain, order="sorted"), indent=1).decode() + "\n"


def _section(row: Endpoint) -> str:
    action = {None: "open to anyone", SIGNED_IN: "any live credential"}.get(row.action, f"`{row.action}`")
    lines = [f"\n## `{row.method} {row.path}`", "", f"{row.summary}. Action: {action}."]
    shape = row.query or (row.takes if isinstance(row.takes, type) else None)
    if shape is not None:
        where = "Query" if row.query else f"Body (at most {row.body_bytes_max:,} bytes)"
        lines += ["", f"{where}: {_members(shape)}."]
    elif row.takes is not Body.NONE:
        lines += ["", f"Body: {row.takes}, at most {row.body_bytes_max:,} bytes."]
    if row.gives is not None:
        lines += ["", f"Gives `{row.gives.__name__}`: {_members(row.gives)}."]
    else:
        lines += ["", f"Gives `{row.media}`."]
    if row.refusals:
        lines += ["", "Refuses " + ", ".join(f"`{code}`" for code in sorted(row.refusals)) + "."]
    return "\n".join(lines) + "\n"


def _members(shape: type[msgspec.Struct]) -> str:
    fields = msgspec.structs.fields(shape)
    return ", ".join(f"`{field.name}`" + ("" if field.required else " (optional)") for field in fields)
