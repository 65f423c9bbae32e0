"""Small blobs in company: each is durable before it is said to be, and what befalls one befalls no other."""

import asyncio
import contextlib
import errno
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from custodes.adapters.stores.company import COMPANY_BYTES_MAX, Company
from custodes.adapters.stores.files import begun, create, folder_of, forget, refusal_of, settle
from custodes.adapters.stores.folder import FolderStore, remove_orphans
from custodes.adapters.stores.syncs import TOGETHER_MAX, Syncs
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, unavailable
from fakes import SeededDice

DICE = SeededDice(11)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def threads():
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool


@pytest.fixture(params=["synced at once", "synced one by one"])
def company(request, threads):
    return Company(threads, lambda: None, Syncs(is_together=request.param == "synced at once"))


@pytest.fixture
def synced(monkeypatch):
    """Told of each path before it is synced; what is raised is what befalls that one."""
    told, real = [], Syncs.all_of

    def noting(self, files, folders=()):
        errors = real(self, files, folders)
        for n, handle in enumerate((*files, *folders)):
            for hear in told:
                try:
                    hear(named(handle))
                except OSError as error:
                    errors[n] = error
        return errors

    monkeypatch.setattr(Syncs, "all_of", noting)
    return told


def paths(tmp_path, count, shards=("aa",)):
    return [f"{tmp_path}/{shards[n % len(shards)]}/blob-{n}" for n in range(count)]


def files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}


async def all_at_once(company, wanted):
    return await asyncio.gather(*(company.put(p, p.encode()) for p in wanted), return_exceptions=True)


@contextlib.contextmanager
def held(threads):
    """Nothing begins before everything waits, so that it goes in one company."""
    gate = threading.Event()
    blocked = [threads.submit(gate.wait, 30) for _ in range(4)]
    yield gate.set
    gate.set()
    [one.result() for one in blocked]


def in_one_company(threads, company, wanted):
    async def run():
        with held(threads) as go:
            asyncio.get_running_loop().call_later(0, go)
            return await all_at_once(company, wanted)

    return asyncio.run(run())


def named(first):
    """The path a system call is about, whether it was given that or a handle."""
    return str(Path(f"/proc/self/fd/{first}").readlink()) if isinstance(first, int) else str(first)


def noting(monkeypatch, *names):
    """What was done to which file or folder, in order."""
    deeds: list[tuple[str, str]] = []
    for name in names:
        real = getattr(os, name)

        def noted(first, *more, real=real, name=name):
            deeds.append((name, named(first)))
            return real(first, *more)

        monkeypatch.setattr(os, name, noted)
    return deeds


def test_many_are_synced_each_and_their_folders_once(tmp_path, threads, company, monkeypatch, synced):
    wanted = paths(tmp_path, 40, ("aa", "bb"))
    [Path(folder).mkdir() for folder in {folder_of(path) for path in wanted}]
    deeds = noting(monkeypatch, "rename")
    synced.append(lambda path: deeds.append(("sync", path)))
    assert in_one_company(threads, company, wanted) == [None] * 40
    assert all(Path(path).read_bytes() == path.encode() for path in wanted)
    assert files(tmp_path) == set(wanted)
    names = [n for n, (deed, _) in enumerate(deeds) if deed == "rename"]
    assert deeds[: len(names)] == [("rename", begun(path)) for path in wanted]
    syncs = Counter(there for deed, there in deeds if deed == "sync")
    assert syncs == dict.fromkeys([*wanted, f"{tmp_path}/aa", f"{tmp_path}/bb"], 1)


def test_one_alone_is_synced_before_it_has_its_name(tmp_path, company, monkeypatch):
    (tmp_path / "aa").mkdir()
    deeds = noting(monkeypatch, "fdatasync", "rename", "fsync")
    asyncio.run(all_at_once(company, paths(tmp_path, 1)))
    assert [deed for deed, _ in deeds] == ["fdatasync", "rename", "fsync"]


@pytest.mark.parametrize(
    ("deed", "error", "code"),
    [
        ("open", errno.ENOSPC, "store-full"),
        ("write", errno.EDQUOT, "store-full"),
        ("fdatasync", errno.EIO, "store-gone"),
        ("rename", errno.ENOENT, "store-gone"),
    ],
)
def test_what_befalls_one_befalls_no_other(
    tmp_path, threads, company, monkeypatch, synced, deed, error, code
):
    wanted, real = paths(tmp_path, 9), getattr(os, deed, lambda _: None)

    def failing(first, *more):
        if "blob-4" in named(first):
            raise OSError(error, "planted")
        return None if deed == "fdatasync" else real(first, *more)

    if deed == "fdatasync":
        synced.append(lambda path: failing(path, 0))
    else:
        monkeypatch.setattr(os, deed, failing)
    found = in_one_company(threads, company, wanted)
    assert isinstance(found[4], Refusal)
    assert found[4].code == code
    assert [one for n, one in enumerate(found) if n != 4] == [None] * 8
    assert files(tmp_path) == {*wanted} - {wanted[4]}, "nothing half stays"


def test_a_name_that_is_not_durable_is_not_there(tmp_path, threads, company, synced):
    wanted = paths(tmp_path, 6, ("aa", "bb"))

    def failing(path):
        if path.endswith("/bb"):
            raise OSError(errno.EIO, "planted")

    synced.append(failing)
    found = in_one_company(threads, company, wanted)
    assert [one is None for one in found] == [True, False] * 3
    assert {one.code for one in found if one is not None} == {"store-gone"}
    assert files(tmp_path) == {*wanted[::2]}


@pytest.mark.parametrize("lost_at", [0, 1])
def test_a_store_that_went_away_takes_nothing(tmp_path, threads, lost_at):
    asked = []

    def demand():
        asked.append(len(asked))
        if asked[-1] >= lost_at:
            raise unavailable("store-not-this-one")

    found = in_one_company(threads, Company(threads, demand), paths(tmp_path, 5))
    assert [one.code for one in found] == ["store-not-this-one"] * 5
    assert all(not name.endswith(".new") for name in files(tmp_path))


def test_who_goes_away_costs_the_others_nothing(tmp_path, threads, company):
    wanted = paths(tmp_path, 5)

    async def run():
        with held(threads) as go:
            tasks = [asyncio.ensure_future(company.put(path, path.encode())) for path in wanted]
            await asyncio.sleep(0)
            tasks[2].cancel()
            go()
            found = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(found[2], asyncio.CancelledError)
        assert [found[n] for n in (0, 1, 3, 4)] == [None] * 4

    asyncio.run(run())
    threads.shutdown()
    assert files(tmp_path) == set(wanted), "what was under way came to its end"


def test_a_fault_of_ours_is_told_to_everybody_and_the_next_are_served(tmp_path, threads):
    faults = [ZeroDivisionError()]

    def demand():
        if faults:
            raise faults.pop()

    company = Company(threads, demand)
    found = in_one_company(threads, company, paths(tmp_path, 1))
    assert isinstance(found[0], ZeroDivisionError)
    assert in_one_company(threads, company, paths(tmp_path, 3)) == [None] * 3


def test_what_comes_when_the_threads_have_ended_is_told_so(tmp_path):
    with ThreadPoolExecutor(max_workers=1) as ended:
        company = Company(ended, lambda: None)
    found = asyncio.run(all_at_once(company, paths(tmp_path, 3)))
    assert [type(one) for one in found] == [RuntimeError] * 3


def test_no_handle_stays_open(tmp_path, threads, company):
    before = len([*Path("/proc/self/fd").iterdir()])
    (tmp_path / "aa").mkdir()
    Path(begun(paths(tmp_path, 3)[1])).write_bytes(b"somebody else writes it")
    found = in_one_company(threads, company, paths(tmp_path, 3))
    assert [one is None for one in found] == [True, False, True]
    assert len([*Path("/proc/self/fd").iterdir()]) <= before


@pytest.mark.parametrize("is_together", [True, False])
def test_each_file_has_its_own_word_about_its_sync(tmp_path, is_together):
    syncs, count = Syncs(is_together=is_together), TOGETHER_MAX + 3
    handles = [os.open(tmp_path / f"{n}", os.O_WRONLY | os.O_CREAT) for n in range(count)]
    assert syncs.all_of(handles) == [None] * count
    assert syncs.all_of(handles[:1]) == [None]
    assert syncs.all_of([]) == []
    gone, (reads, writes) = handles.pop(2), os.pipe()
    os.close(gone)
    for wrong, number in ((gone, errno.EBADF), (writes, errno.EINVAL)):
        for at in (0, 1, 5):
            errors = syncs.all_of([*handles[:at], wrong, *handles[at:9]])
            assert [n for n, error in enumerate(errors) if error is not None] == [at]
            assert errors[at].errno == number
    for handle in (*handles, reads, writes):
        os.close(handle)


@pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="unknown system call numbers")
def test_the_kernel_is_asked_once_for_many(tmp_path, monkeypatch):
    handles = [os.open(tmp_path / f"{n}", os.O_WRONLY | os.O_CREAT) for n in range(9)]
    alone = []
    monkeypatch.setattr(os, "fdatasync", alone.append)
    assert Syncs().all_of(handles) == [None] * 9
    assert alone == []
    monkeypatch.setattr(Syncs, "_call", lambda *_: -1)
    assert Syncs().all_of(handles) == [None] * 9
    assert alone == handles, "a kernel that will not have it"
    for handle in handles:
        os.close(handle)


def test_one_file_is_begun_settled_or_forgotten(tmp_path):
    path = f"{tmp_path}/aa/one"
    forget(create(path, os.open), path)
    assert files(tmp_path) == set()
    handle = create(path, os.open)
    assert files(tmp_path) == {begun(path)}
    settle(handle, path)
    os.close(handle)
    assert files(tmp_path) == {path}
    assert refusal_of(OSError(errno.ENOSPC, "")).code == "store-full"


def test_what_is_larger_goes_alone(tmp_path, threads, monkeypatch):
    store = FolderStore(tmp_path, threads)
    came = []

    async def noted(_self, path, _whole):
        came.append(path)

    monkeypatch.setattr(Company, "put", noted)

    async def run():
        await store.put(new_id("blb", DICE), bytes(COMPANY_BYTES_MAX))
        await store.put(new_id("blb", DICE), bytes(COMPANY_BYTES_MAX + 1))

    asyncio.run(run())
    assert len(came) == 1
    assert [Path(name).stat().st_size for name in files(tmp_path)] == [COMPANY_BYTES_MAX + 1]


KILLED = """
import asyncio, os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from custodes.adapters.stores.folder import FolderStore
from custodes.adapters.stores.syncs import Syncs
from custodes.adapters.system import SystemDice
from custodes.kernel.ids import new_id
from pathlib import Path

folder, deed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
place = os if hasattr(os, deed) else Syncs
real, left = getattr(place, deed), [count]

def dying(*given):
    found = real(*given)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return found

setattr(place, deed, dying)

async def main(threads):
    store, dice = FolderStore(Path(folder), threads), SystemDice()

    async def client():
        while True:
            name = new_id("blb", dice)[:-2] + "aa"
            await store.put(name, name.encode() * 100)
            os.writev(1, [name.encode() + b"\\n"])

    await asyncio.gather(*(client() for _ in range(8)))

with ThreadPoolExecutor(4) as threads:
    asyncio.run(main(threads))
"""


@pytest.mark.whole
@pytest.mark.parametrize(("deed", "count"), [("write", 29), ("all_of", 4), ("rename", 29)])
def test_a_kill_between_two_steps_loses_nothing_that_was_said_to_be_there(tmp_path, deed, count):
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), deed, str(count)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert ran.returncode == -9
    said = ran.stdout.decode().split()
    remove_orphans(tmp_path)
    there = {Path(name).name: Path(name).read_bytes() for name in files(tmp_path)}
    assert said
    assert set(said) <= set(there)
    assert all(content == name.encode() * 100 for name, content in there.items()), "nothing half is there"


TOGETHER = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
from custodes.adapters.stores.company import Company

async def main(threads):
    company = Company(threads, lambda: None)
    await asyncio.gather(*(company.put(f"{sys.argv[1]}/aa/blob-{n}", b"x" * 5000) for n in range(9)))

with ThreadPoolExecutor(1) as threads:
    asyncio.run(main(threads))
"""


@pytest.mark.whole
@pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="unknown system call numbers")
def test_the_kernel_syncs_each_and_its_folder_after_it_has_its_name(tmp_path):
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: make deps")
    watched = "trace=io_submit,io_getevents,rename"
    command = [
        "strace",
        "-f",
        "-y",
        "-s",
        "4096",
        "-e",
        watched,
        "-o",
        str(tmp_path / "said"),
        sys.executable,
    ]
    subprocess.run(
        [*command, "-c", TOGETHER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=120,
        check=True,
    )
    said = (tmp_path / "said").read_text()
    names = [m.start() for m in re.finditer(r'rename\("[^"]*/\.blob-\d\.new", "[^"]*/blob-\d"\) += 0', said)]
    submit = said.index("io_submit(")
    assert len(names) == 9
    assert max(names) < submit
    for n in range(9):
        assert re.search(rf"IOCB_CMD_FDSYNC, aio_fildes=\d+<[^>]*/blob-{n}>", said[submit:])
    assert re.search(r"IOCB_CMD_FSYNC, aio_fildes=\d+<[^>]*/aa>", said[submit:])
    assert re.search(r"= 10$", said[said.index("io_getevents(", submit) :], re.MULTILINE)
