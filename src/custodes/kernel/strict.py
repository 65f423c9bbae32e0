"""JSON of strangers, read strictly: one reading, no member twice, bounded."""

import json
from typing import Any

from .refusal import malformed


def members(raw: bytes, code: str, *, bytes_max: int) -> dict[str, Any]:
    """A JSON object with every member once (RFC 8259 leaves it open which of two counts: so none does).

    Refuses with `code` (malformed): too long, not UTF-8, no object, a member twice, NaN, too deep.
    """
    try:
        if len(raw) > bytes_max:
            raise ValueError("too long")
        found = json.loads(raw.decode("utf-8", "strict"), object_pairs_hook=_once, parse_constant=_none)
    except (ValueError, RecursionError) as error:
        raise malformed(code) from error
    if not isinstance(found, dict):
        raise malformed(code)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


def _none(text: str) -> Any:  # noqa: ANN401 - json's own hook
    raise ValueError(text)
