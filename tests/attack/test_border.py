"""The process border: what each process of the house must not contain, in its modules and in its memory.

The memory search has its positive control: the very secret that must be nowhere else is found in the process
that holds it, so an empty search means absence and not a search that cannot find.
"""

import asyncio
import contextlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from custodes.acts.asks.house import LookHouse
from custodes.acts.founding import Plan
from custodes.acts.logkeeper.keys import open_keys
from custodes.acts.socket import Client
from custodes.adapters import schemes
from custodes.kernel import canonical
from custodes.settings import Settings, load
from custodes.wiring import border, founding, logkeeper, supervisor  # noqa: F401 - tested here
from custodes.wiring.planes import serving  # noqa: F401
from fakes.ports import free_port

pytestmark = pytest.mark.slow
SRC = Path(border.__file__).parents[2]


@pytest.fixture
def house(tmp_path):
    folder = tmp_path / "h"
    plan = Plan(name="Test", demo=True, origin="log.example/t", console="http://localhost")
    ports = {f"{name}_port": free_port() for name in ("console", "s3", "log")}
    founding.found(folder, plan, None, Settings(**ports))
    return folder


@contextlib.contextmanager
def running(folder, *names):
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-m", "custodes.wiring", name, str(folder / "custodes.toml")],
            env={"PYTHONPATH": str(SRC), "PATH": "/usr/bin:/bin"},
        )
        for name in names
    }
    try:
        yield {name: process.pid for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        for process in processes.values():
            assert process.wait(20) == 0


async def until_open(folder):
    client = Client(load(folder / "custodes.toml").socket)
    for _ in range(200):
        with contextlib.suppress(Exception):
            if not (await client.ask(LookHouse())).sealed:
                return await client.close()
        await asyncio.sleep(0.05)
    raise AssertionError("the keyroom did not open")


def memory_holds(pid, secret):
    """Whether any readable, private memory of the process holds the bytes."""
    regions = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) r\S* ", Path(f"/proc/{pid}/maps").read_text(), re.M)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for first, end in regions:
            start, stop = int(first, 16), int(end, 16)
            try:
                memory.seek(start)
                if secret in memory.read(stop - start):
                    return True
            except (OSError, OverflowError, ValueError):
                continue
    return False


def wait_for_file(path):
    for _ in range(200):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(path)


def test_each_secret_is_in_its_own_process_and_in_no_other(house):
    settings = load(house / "custodes.toml")
    root = canonical.unb64(str(canonical.decode((settings.keyroom / "holder.key").read_bytes())["root"]))
    holder = schemes.holder(f"keyfile:{settings.logkeeper / 'holder.key'}")
    holder.unseal(b"")
    wrapped = msgspec.json.decode((settings.logkeeper / "keys.json").read_bytes(), type=dict[str, bytes])
    log_keys = open_keys(holder, "log.example/t", wrapped)
    with running(house, "keyroom", "logkeeper", "console", "s3", "log") as pids:
        asyncio.run(until_open(house))
        wait_for_file(settings.public_log / "checkpoint")
        assert memory_holds(pids["keyroom"], root), "the search cannot find what is there"
        assert memory_holds(pids["logkeeper"], log_keys.slots), "the search cannot find what is there"
        for name in ("logkeeper", "console", "s3", "log"):
            assert not memory_holds(pids[name], root), f"{name} holds the holder's root"
        for name in ("keyroom", "console", "s3", "log"):
            assert not memory_holds(pids[name], log_keys.slots), f"{name} holds a key of the log"


FORBIDDEN = {
    "planes.console": ("custodes.store", "custodes.adapters.file_holder", "sqlalchemy", "sqlite3"),
    "planes.s3": ("custodes.store", "custodes.adapters.file_holder", "sqlalchemy", "sqlite3"),
    "planes.log": ("custodes.store", "custodes.adapters.file_holder", "custodes.custody", "sqlalchemy"),
    "logkeeper": ("custodes.store.books", "custodes.acts.keyroom", "sqlalchemy"),
}


@pytest.mark.parametrize(("module", "absent"), FORBIDDEN.items())
def test_what_a_process_does_not_import_it_cannot_hold(module, absent):
    code = f"import custodes.wiring.{module}, sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "custodes.wiring" in loaded
    for name in absent:
        assert not [one for one in loaded if one == name or one.startswith(name + ".")], name


def test_a_process_that_holds_keys_is_not_dumpable_and_leaves_no_core():
    code = (
        "from custodes.wiring import border; import ctypes, resource; border.harden();"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0 (0, 0)"


def test_a_confined_process_opens_its_own_folders_and_nothing_else(tmp_path):
    if border.landlock_abi() == 0:
        pytest.skip("this kernel has no Landlock")
    for name in ("mine", "theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")
    code = f"""
import pathlib
from custodes.wiring import border
from custodes.wiring.planes import serving
base = pathlib.Path({str(tmp_path)!r})
assert border.confine(border.interpreter(), (base / "mine",)) == []
assert (base / "mine/file").read_text() == "text"
(base / "mine/new").write_text("written")
for bad in ("theirs/file",):
    try:
        (base / bad).read_text()
    except PermissionError:
        print("refused", bad)
try:
    (base / "theirs/new").write_text("x")
except PermissionError:
    print("refused write")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n") == ["refused theirs/file", "refused write", ""]
