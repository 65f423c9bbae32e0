"""The bench as a process: the real child, and children that misbehave."""

import asyncio
import os
import re
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

import custodes
from custodes.acts.benching.direct import Direct
from custodes.adapters.benches.process import ProcessBench
from custodes.custody.materials.halves import read
from custodes.custody.materials.signing import How, verify
from custodes.kernel.refusal import Kind, Refusal
from custodes.wiring import border
from custodes.wiring.benches import child
from custodes.wiring.processors.together import anywhere

_ANSWERING = "import socket, sys; s = socket.socket(fileno=int(sys.argv[-1])); s.recv(9); s.sendall"
PRIVATE = Direct().born(2_048)


@pytest.fixture(autouse=True)
def _found(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(custodes.__file__).parents[1]))  # as an installed package is


@pytest.fixture
def bench():
    made = ProcessBench(child.COMMAND)
    yield made
    made.close()


def sign(bench):
    return asyncio.run(bench.run(lambda halver: halver.sign(PRIVATE, b"m", How())))


def pid(bench):
    return bench._child[0].pid


def test_the_child_works_refuses_and_is_one(bench):
    assert verify(read(PRIVATE).public_key(), b"m", sign(bench), How())
    first = pid(bench)
    with pytest.raises(Refusal, match="ciphertext-mismatch"):
        asyncio.run(bench.run(lambda halver: halver.unseal(PRIVATE, "sha2-256", b"x" * 256)))
    sign(bench)
    assert pid(bench) == first


@pytest.mark.skipif(len(anywhere()) < 2, reason="one processor is no choice")
def test_the_child_is_not_bound_to_the_processor_of_whoever_asks():
    free = anywhere()
    made = ProcessBench(child.COMMAND, begin=partial(os.sched_setaffinity, 0, free))
    os.sched_setaffinity(0, {min(free)})  # as the keyroom's loop is
    try:
        sign(made)
        assert os.sched_getaffinity(pid(made)) == free
    finally:
        os.sched_setaffinity(0, free)
        made.close()


def test_it_leaves_no_core_and_gains_nothing(bench):
    sign(bench)
    limits = Path(f"/proc/{pid(bench)}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, flags=re.MULTILINE)
    status = Path(f"/proc/{pid(bench)}/status").read_text()
    confined = 1 if border.landlock_abi() else 0  # Landlock goes with it
    assert f"NoNewPrivs:\t{confined}" in status
    open_files = {str(one.readlink()) for one in Path(f"/proc/{pid(bench)}/fd").iterdir()}
    assert not any(one.endswith((".db", ".key", ".sqlite")) for one in open_files)


def test_a_child_that_died_costs_one_answer_and_never_a_wrong_one(bench):
    sign(bench)
    os.kill(pid(bench), signal.SIGKILL)
    with pytest.raises(Refusal) as caught:
        sign(bench)
    assert (caught.value.code, caught.value.kind) == ("bench-gone", Kind.UNAVAILABLE)
    assert verify(read(PRIVATE).public_key(), b"m", sign(bench), How())


def test_letting_go_ends_the_child(bench):
    sign(bench)
    gone = pid(bench)
    bench.let_go()
    with pytest.raises(ProcessLookupError):
        os.kill(gone, 0)


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit(3)",
        f"{_ANSWERING}(b'\\xff' * 9)",
        f"{_ANSWERING}(b'\\0\\0\\0\\1x')",
    ],
)
def test_a_child_that_answers_nonsense_is_believed_nothing(program):
    bench = ProcessBench((sys.executable, "-c", program))
    try:
        with pytest.raises(Refusal, match="bench-gone"):
            sign(bench)
    finally:
        bench.close()


def test_who_comes_when_too_many_wait_is_told_before_anything_is_done():
    bench = ProcessBench(child.COMMAND, waiting_max=1)

    async def crowd():
        loop = asyncio.get_running_loop()
        hold, began = asyncio.Event(), asyncio.Event()

        def work(_halver):
            loop.call_soon_threadsafe(began.set)
            asyncio.run_coroutine_threadsafe(hold.wait(), loop).result()
            return "done"

        first = asyncio.ensure_future(bench.run(work))
        await began.wait()
        with pytest.raises(Refusal) as caught:
            bench.refuse_if_full()
        assert (caught.value.code, caught.value.kind) == ("bench-full", Kind.LIMITED)
        with pytest.raises(Refusal, match="bench-full"):
            await bench.run(work)
        hold.set()
        assert await first == "done"
        bench.refuse_if_full()

    try:
        asyncio.run(crowd())
    finally:
        bench.close()
