"""What comes from outside (time, chance, files, the environment, SQL) comes in at pinned places only."""

import ast
import re

import pytest

from house.tree import PURE, modules, name, parsed, room
from house.tree import called as read
from house.tree import imported as imports

CLOCK = re.compile(
    r"(datetime\.)?datetime\.(now|utcnow|today)|(datetime\.)?date\.today"
    r"|time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|localtime|gmtime)"
)
CHANCE = re.compile(r"(random|secrets)(\..*)?|os\.(urandom|getrandom)|uuid\.uuid[14]|numpy\.random.*")
ENVIRONMENT = re.compile(r"os\.(environ|environb|getenv|getenvb)(\..*)?")
FILES = re.compile(r"(os|io|pathlib|glob|fcntl|urllib\.(request|error)|importlib\.resources)(\..*)?")
SQL = re.compile(
    r"^\s*(select\s.+\sfrom\s|insert\s+(or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s|pragma\s"
    r"|create\s+(table|index|trigger)\s|begin\s+immediate)",
    re.IGNORECASE | re.DOTALL,
)
CLOCK_HOME = {
    "src/custodes/adapters/system.py",
    "src/custodes/wiring/inspecting/installation.py",  # how long the disk takes; it tells no time
    "src/custodes/wiring/meters/keyroom.py",  # how long asks and commits took, for metrics only
    "src/custodes/web/kit/logs.py",  # how long an answer took; it tells no time
}
CHANCE_HOME = {"src/custodes/adapters/system.py"}
ENVIRONMENT_HOME = {
    "src/custodes/settings.py",
    "src/custodes/wiring/supervisor.py",  # hands its own environment to what it starts
}
FILES_HOME = {"law"}  # dated tables are files of the package, read once when the room is imported


def hits(source: ast.Module, pattern: re.Pattern[str]) -> set[int]:
    """Lines that read a name the pattern matches whole, aliases resolved."""
    found = {line for dotted, line in read(source) if pattern.fullmatch(dotted)}
    return found | {line for dotted, line in imports(source) if pattern.fullmatch(dotted)}


def _elsewhere(pattern: re.Pattern[str], homes: set[str]) -> list[str]:
    strangers = [path for path in modules() if name(path) not in homes]
    return [f"{name(path)}:{line}" for path in strangers for line in sorted(hits(parsed(path), pattern))]


def test_time_comes_from_the_clock_port():
    assert _elsewhere(CLOCK, CLOCK_HOME) == []


def test_chance_comes_from_the_dice_port():
    assert _elsewhere(CHANCE, CHANCE_HOME) == []


def test_the_environment_is_read_by_settings():
    assert _elsewhere(ENVIRONMENT, ENVIRONMENT_HOME) == []


def test_pure_rooms_touch_no_file():
    found = []
    for path in modules():
        if room(path) in PURE and room(path) not in FILES_HOME:
            source = parsed(path)
            opens = {
                node.lineno
                for node in ast.walk(source)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
            }
            found += [f"{name(path)}:{line}" for line in sorted(hits(source, FILES) | opens)]
    assert found == []


def test_pure_rooms_are_synchronous():
    kinds = ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith
    found = [
        f"{name(path)}:{node.lineno}"
        for path in modules()
        if room(path) in PURE
        for node in ast.walk(parsed(path))
        if isinstance(node, kinds)
    ]
    assert found == []


def sql(source: ast.Module) -> list[int]:
    """Lines of string literals that are SQL."""
    texts = [node for node in ast.walk(source) if isinstance(node, ast.Constant)]
    return [text.lineno for text in texts if isinstance(text.value, str) and SQL.match(text.value)]


def test_sql_lives_in_the_store():
    outside = [path for path in modules() if room(path) != "store"]
    assert [f"{name(path)}:{line}" for path in outside for line in sql(parsed(path))] == []


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        ("import datetime as d\nd.datetime.now()", CLOCK),
        ("from datetime import datetime\ndatetime.now(UTC)", CLOCK),
        ("from time import monotonic", CLOCK),
        ("import time as t\nt.time_ns()", CLOCK),
        ("from os import urandom as u", CHANCE),
        ("import secrets", CHANCE),
        ("import random\nrandom.random()", CHANCE),
        ("import uuid\nuuid.uuid4()", CHANCE),
        ("import os\nos.environ['X']", ENVIRONMENT),
        ("from os import getenv", ENVIRONMENT),
        ("import urllib.request", FILES),
        ("from pathlib import Path", FILES),
    ],
)
def test_a_forbidden_name_is_seen_under_any_alias(source, pattern):
    assert hits(ast.parse(source), pattern)


def test_a_statement_is_told_from_a_sentence():
    assert sql(ast.parse('x = "SELECT id FROM entry"')) == [1]
    assert sql(ast.parse('x = "insert or ignore into entry values (?)"')) == [1]
    assert sql(ast.parse('x = "Select a bucket first"')) == []
