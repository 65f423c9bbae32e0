"""The floors hold, and every contract that guards them bites: one violation of each is planted in a copy."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from house.tree import PURE, ROOT, SRC

FLOORS = (  # highest first; sisters on one line do not see each other
    ("cli", "client"),
    ("wiring",),
    ("settings",),
    ("web", "store", "adapters"),
    ("acts",),
    ("desks", "protocols", "assurance"),
    ("custody", "ledger", "policy", "boundary", "parties", "objects", "law"),
    ("kernel",),
)
ROOMS = tuple(room for floor in FLOORS for room in floor)
INSIDE = (
    *("web/console", "web/api", "web/planes", "web/kit"),
    *("acts/asks", "acts/streams", "acts/plans", "acts/sequencer"),
)
PLANTS = {  # what is planted where, and the contract that must break
    "upward": ("kernel", "from custodes import ledger", "Floors"),
    "two-floors-up": ("custody", "import custodes.store", "Floors"),
    "desk-knows-protocol": ("desks", "import custodes.protocols", "Floors"),
    "console-knows-database": ("web/console", "import custodes.store", "Floors"),
    "sisters": ("ledger", "import custodes.custody", "Floors"),
    "room-on-no-floor": ("attic", "", "Floors"),
    "api-knows-console": ("web/api", "import custodes.web.console", "Inside web"),
    "kit-knows-planes": ("web/kit", "import custodes.web.planes", "Inside web"),
    "web-room-on-no-floor": ("web/cellar", "", "Inside web"),
    "web-knows-the-sequencer": ("web/planes", "import custodes.acts.sequencer", "The process border"),
    "web-kit-knows-acts": ("web/kit", "from custodes.acts import sequencer", "The process border"),
    "acts-speak-sql": ("acts", "import sqlalchemy", "SQL lives in the store"),
    "console-speaks-sql": ("web/console", "import sqlite3", "SQL lives in the store"),
    **{f"{room}-reaches-out": (room, "import socket", "Pure rooms") for room in PURE},
    "plans-reach-out": ("acts/plans", "import socket", "Pure rooms"),
    "pure-room-waits": ("desks", "async def f() -> None:\n    import asyncio", "Pure rooms"),
    "pure-room-through-a-friend": ("law", "if True:\n    from sqlalchemy import text", "Pure rooms"),
}
ALLOWED = {
    "web-asks": ("web/planes", "from custodes.acts import asks, plans, streams"),
    "downward": ("acts", "from custodes import custody, kernel"),
}


def check(root: Path) -> tuple[int, str]:
    """Run the floors check over a tree: exit code, and what it says on one line."""
    command = [sys.executable, str(ROOT / "tools" / "floors.py"), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of every room there may be, each empty, under the real contracts."""
    root = tmp_path_factory.mktemp("bare")
    shutil.copy(ROOT / ".importlinter", root)
    for package in ("", *ROOMS, *INSIDE):
        folder = root / "src" / "custodes" / package
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text("")
    return root


def test_the_floors_hold():
    code, said = check(ROOT)
    assert code == 0, said


def test_empty_rooms_hold(bare: Path):
    code, said = check(bare)
    assert (code, "5 kept, 0 broken" in said) == (0, True), said


@pytest.mark.parametrize(("where", "line", "contract"), PLANTS.values(), ids=PLANTS)
def test_a_planted_violation_is_caught(bare: Path, where: str, line: str, contract: str):
    folder = bare / "src" / "custodes" / where
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    planted = folder / "planted.py"
    planted.write_text(line + "\n")
    try:
        code, said = check(bare)
    finally:
        shutil.rmtree(folder) if is_new else planted.unlink()
    assert code != 0
    broken = said[said.index("Broken contracts") :] if "Broken contracts" in said else said
    assert contract in broken, said


@pytest.mark.parametrize(("where", "line"), ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_is_not_caught(bare: Path, where: str, line: str):
    planted = bare / "src" / "custodes" / where / "planted.py"
    planted.write_text(line + "\n")
    try:
        code, said = check(bare)
    finally:
        planted.unlink()
    assert code == 0, said


def test_the_contracts_name_every_room():
    """The lists of .importlinter and of these tests agree, so that no room is left out of a contract."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    lines = config["importlinter:contract:floors"]["layers"].split("\n")
    layers = [tuple(part.strip(" ()") for part in line.split("|")) for line in lines if line.strip()]
    assert tuple(layers) == FLOORS
    pure = config["importlinter:contract:pure"]["source_modules"].split()
    assert sorted(pure) == sorted(f"custodes.{room}" for room in (*PURE, "acts.plans"))


def test_every_room_stands_on_a_floor():
    found = {
        path.name.removesuffix(".py") for path in SRC.iterdir() if path.suffix == ".py" or _is_room(path)
    }
    assert found - set(ROOMS) - {"__init__", "__main__"} == set()


def _is_room(path: Path) -> bool:
    return path.is_dir() and any(path.rglob("*.py"))
