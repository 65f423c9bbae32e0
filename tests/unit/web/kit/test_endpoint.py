import ast
from pathlib import Path
from typing import Any

import msgspec
import pytest

from custodes.web.kit import endpoint
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Body, Endpoint, choose, table


class Lax(msgspec.Struct):
    name: str


async def does(call: Call) -> Reply:
    return Reply()


def row(**more: Any) -> Endpoint:
    base = {"method": "GET", "path": "/a", "name": "a", "action": None, "does": does}
    return Endpoint(**(base | more))


def test_table_joins_groups() -> None:
    assert len(table([row()], [row(name="b", path="/b")], [row(name="c", marks=("?x",))])) == 3


@pytest.mark.parametrize(
    "more",
    [
        {"method": "TRACE"},
        {"method": "HEAD"},
        {"path": "a"},
        {"takes": Body.BYTES, "body_bytes_max": 1},
        {"method": "POST", "takes": Body.BYTES},
        {"method": "POST", "body_bytes_max": 9},
        {"method": "POST", "takes": Lax, "body_bytes_max": 9},
        {"query": Lax},
        {"timeout_ms": 0},
    ],
)
def test_a_wrong_row_is_named(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^a:"):
        table([row(**more)])


def test_one_place_one_endpoint() -> None:
    with pytest.raises(ValueError, match="twice"):
        table([row(), row(name="b")])
    with pytest.raises(ValueError, match="twice"):
        table([row(), row(path="/b")])


def test_the_most_marks_win() -> None:
    plain, flag = row(), row(name="b", marks=("?uploads",))
    both = row(name="c", marks=("?uploads", "x-copy"))
    rows = (plain, flag, both)
    assert choose(rows, {}, {}) is plain
    assert choose(rows, {}, {"x-copy": "1"}) is plain
    assert choose(rows, {"uploads": ""}, {}) is flag
    assert choose(rows, {"uploads": ""}, {"x-copy": "1"}) is both
    assert choose((flag,), {}, {}) is None


def test_refusals_include_what_the_kit_may_say() -> None:
    assert "no-credential" not in row().all_refusals()
    assert "no-credential" in row(action="look").all_refusals()
    form = row(method="POST", takes=Body.FORM, body_bytes_max=9, refusals=("mine",))
    assert {"cross-site", "stale-form", "body-too-large", "mine"} <= set(form.all_refusals())


def test_the_kit_stays_as_short_as_was_decided() -> None:
    """docs/decisions/0012: lines without blank lines, comments and docstrings."""
    count = 0
    for path in Path(endpoint.__file__).parent.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        documented: set[int] = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                documented |= set(range(node.lineno, (node.end_lineno or 0) + 1))
        for number, line in enumerate(source.splitlines(), 1):
            count += bool(line.strip()) and not line.strip().startswith("#") and number not in documented
    assert 600 < count <= 750, "the decision's figure is out of date"
