import gzip
import hashlib
from pathlib import Path

import pytest

from custodes.web.console.statics import KEPT, Statics
from custodes.web.kit.endpoint import table
from custodes.web.kit.front import Face, Front
from custodes.web.kit.logs import Log
from fakes import SeededDice, SetClock
from fakes.asgi import Answer, drive

CSS = b"body { color: red } " * 50


@pytest.fixture
def statics(tmp_path: Path) -> Statics:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "a.css").write_bytes(CSS)
    (tmp_path / "vendor" / "b.woff2").write_bytes(b"font")
    (tmp_path / ".stamp").write_bytes(b"hidden")
    return Statics(tmp_path)


def get(statics: Statics, target: str, *headers: tuple[str, str]) -> Answer:
    face = Face(log=Log(lambda line: None, SetClock()), dice=SeededDice())
    return drive(Front(table(statics.endpoints()), face), "GET", target, headers=headers)


def test_a_file_is_kept_for_ever_under_its_hash(statics: Statics) -> None:
    answer = get(statics, statics.url("a.css"))
    assert (answer.status, answer.body) == (200, CSS)
    assert answer.header("cache-control") == KEPT
    assert answer.header("content-type") == "text/css; charset=utf-8"
    assert answer.header("vary") == "accept-encoding"
    assert answer.header("content-encoding") is None
    font = get(statics, statics.url("vendor/b.woff2"), ("accept-encoding", "gzip"))
    assert (font.body, font.header("content-type"), font.header("content-encoding")) == (
        b"font",
        "font/woff2",
        None,
    )


def test_squeezed_where_the_browser_takes_it(statics: Statics) -> None:
    answer = get(statics, statics.url("a.css"), ("accept-encoding", "br, gzip"))
    assert answer.header("content-encoding") == "gzip"
    assert gzip.decompress(answer.body) == CSS


def test_another_set_of_files_has_another_name(statics: Statics, tmp_path: Path) -> None:
    (tmp_path / "a.css").write_bytes(CSS + b" ")
    assert Statics(tmp_path).tree != statics.tree
    assert statics.manifest()["a.css"] == hashlib.sha256(CSS).hexdigest()


@pytest.mark.parametrize(
    "name", [".stamp", "c.css", "vendor", "", "vendor/../a.css", "%2e%2e/pages.py", "vendor%2fb.woff2"]
)
def test_nothing_else_is_served(statics: Statics, name: str) -> None:
    assert get(statics, f"/static/{statics.tree}/{name}").status in {400, 404}


def test_an_old_tree_is_gone_and_a_missing_file_is_named(statics: Statics) -> None:
    assert get(statics, "/static/0000000000000000/a.css").status == 404
    with pytest.raises(KeyError, match=r"c\.css"):
        statics.url("c.css")
