"""Which processor threads are bound to, out of looks; and that what is bound is what was asked for."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from custodes.wiring.processors import together
from custodes.wiring.processors.together import Look, Together, chosen
from fakes import SeededDice

S = 10**9


def look(at: float, waited: float, *idle: float) -> Look:
    return Look(int(at * S), int(waited * S), {n: int(one * S) for n, one in enumerate(idle)})


class TestChosen:
    def test_stays_where_it_does_not_wait(self) -> None:
        assert chosen(look(0, 0, 0, 0), look(1, 0.05, 0.1, 0.9), 0, {0, 1}) == 0

    def test_stays_where_no_other_has_time_to_spare(self) -> None:
        assert chosen(look(0, 0, 0, 0), look(1, 0.8, 0.0, 0.15), 0, {0, 1}) == 0

    def test_moves_when_it_waits_and_another_idles(self) -> None:
        assert chosen(look(0, 0, 0, 0), look(1, 0.2, 0.1, 0.5), 0, {0, 1}) == 1

    def test_only_among_those_allowed(self) -> None:
        assert chosen(look(0, 0, 0, 0, 0), look(1, 0.2, 0.1, 0.5, 0.9), 0, {0, 1}) == 1

    def test_says_nothing_without_figures(self) -> None:
        assert chosen(look(0, 0), look(1, 1), 1, {0, 1}) == 1
        assert chosen(look(1, 0, 0, 0), look(1, 1, 0.1, 0.5), 1, {0, 1}) == 1


class Machine:
    """A /proc of two processors, and who was bound where."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.bound = folder, dict[int, set[int]]()
        self.gone: set[int] = set()

    def is_as(self, idle_ticks: tuple[int, int], waited: dict[int, int]) -> None:
        lines = "".join(f"cpu{n} 9 9 9 {ticks} 0 9 9\n" for n, ticks in enumerate(idle_ticks))
        (self.proc / "stat").write_text(f"cpu 1 2 3 4 5\n{lines}intr 5 5\n")
        for thread, ns in waited.items():
            task = self.proc / "self/task" / str(thread)
            task.mkdir(parents=True, exist_ok=True)
            (task / "schedstat").write_text(f"1000 {ns} 7\n")

    def bind(self, thread: int, processors: object) -> None:
        if thread in self.gone:
            raise ProcessLookupError
        self.bound[thread] = set(processors)  # type: ignore[call-overload]


def test_binds_what_belongs_together_and_frees_the_rest(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    both = Together(lambda: {11, 12, 99}, {0, 1}, proc=tmp_path, bind=machine.bind)
    machine.is_as((100, 100), {11: 0, 12: 0, 13: 0})
    both.round(0)
    assert machine.bound == {11: {1}, 12: {1}, 13: {0, 1}}
    machine.gone = {12}
    machine.is_as((190, 110), {11: S // 2, 12: 0, 13: 0, 14: 0})  # it waited, and the other one idled
    both.round(S)
    assert machine.bound == {11: {0}, 12: {1}, 13: {0, 1}, 14: {0, 1}}
    both.part()  # the one that is gone keeps nobody else bound, whichever comes first
    assert machine.bound == {11: {0, 1}, 12: {1}, 13: {0, 1}, 14: {0, 1}}


def test_who_waits_for_himself_stays(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    all_ = Together(lambda: {11, 12}, {0, 1}, proc=tmp_path, bind=machine.bind)
    for second, waited in enumerate((0, 0, S, 2 * S)):
        machine.is_as((100, 100 + 100 * second), {11: waited, 12: 0})
        all_.round(second * S)
    assert machine.bound == {11: {1}, 12: {1}}


def test_one_processor_is_no_choice(tmp_path: Path) -> None:
    one = Together(set, {3}, proc=tmp_path)
    assert not one.has_choice
    asyncio.run(together.keep(one, SeededDice(1)))  # ends at once


def test_where_the_kernel_refuses_threads_are_left_alone(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.is_as((100, 100), {11: 0})
    calls: list[set[int]] = []

    def bind(_thread: int, processors: object) -> None:
        calls.append(set(processors))  # type: ignore[call-overload]
        if len(calls) == 1:
            raise PermissionError

    refused = Together(lambda: {11}, {0, 1}, proc=tmp_path, bind=bind)
    asyncio.run(asyncio.wait_for(together.keep(refused, SeededDice(1)), 10))
    assert calls == [{1}, {0, 1}]


@pytest.mark.skipif(len(together.anywhere()) < 2, reason="one processor is no choice")
def test_for_real_a_thread_of_ours_is_bound_and_let_go() -> None:
    end = threading.Event()
    mine = threading.Thread(target=end.wait)
    mine.start()
    try:
        real = Together(lambda: {mine.native_id or 0})
        real.round(1)
        assert os.sched_getaffinity(mine.native_id or 0) == {real.processor}
        assert os.sched_getaffinity(0) == together.anywhere()
        real.part()
        assert os.sched_getaffinity(mine.native_id or 0) == together.anywhere()
    finally:
        end.set()
        mine.join()
