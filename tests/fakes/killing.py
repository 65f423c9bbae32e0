"""Uses through every plane at once, and a kill in the middle of them: what was still done, and when."""

import threading
import time
from dataclasses import dataclass, field
from typing import ClassVar

from .every_plane import EveryPlane


@dataclass
class Plane:
    """What became of one plane's uses. Times in milliseconds, 0 is when the kill was answered."""

    done_before: int = 0
    begun_after_and_done: int = 0
    refused_after: int = 0
    last_done_at: float = float("-inf")
    first_refused_at: float = float("inf")


@dataclass
class Found:
    """The kill's own duration, and each plane."""

    WANTED: ClassVar[int] = 5
    kill_ms: float = 0.0
    planes: dict[str, Plane] = field(default_factory=dict)


def killed_under_load(house: EveryPlane, secret: bytes = b"under load", wait_s: float = 60.0) -> Found:
    """One user of each plane, one after the other as fast as it is answered; a kill once all are at work."""
    taken: dict[str, list[tuple[float, float, bool]]] = {}
    faults: list[BaseException] = []
    stop = threading.Event()

    def drive(name: str, use) -> None:
        while not stop.is_set():
            began = time.perf_counter()
            try:
                done = use()
            except BaseException as error:
                faults.append(error)
                return
            taken[name].append((began, time.perf_counter(), done))

    users = house.users(secret)
    threads = []
    for name, use in users.items():
        taken[name] = []
        threads.append(threading.Thread(target=drive, args=(name, use), daemon=True))
    try:
        for thread in threads:
            thread.start()
        _until(lambda: all(_done(one) >= Found.WANTED for one in taken.values()), faults, wait_s)
        began = time.perf_counter()
        assert house.pull()
        answered = time.perf_counter()
        _until(lambda: all(_refused(one, answered) >= Found.WANTED for one in taken.values()), faults, wait_s)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    planes = {name: _seen(one, answered) for name, one in taken.items()}
    return Found(kill_ms=(answered - began) * 1e3, planes=planes)


def _until(is_so, faults: list[BaseException], wait_s: float) -> None:
    ends = time.monotonic() + wait_s
    while not is_so():
        if faults:
            raise faults[0]
        assert time.monotonic() < ends, "it does not come"
        time.sleep(0.005)


def _done(taken: list[tuple[float, float, bool]]) -> int:
    return sum(done for _, _, done in list(taken))


def _refused(taken: list[tuple[float, float, bool]], since: float) -> int:
    return sum(began >= since and not done for began, _, done in list(taken))


def _seen(taken: list[tuple[float, float, bool]], answered: float) -> Plane:
    done = [one for one in taken if one[2]]
    return Plane(
        done_before=sum(one[1] < answered for one in done),
        begun_after_and_done=sum(one[0] >= answered for one in done),
        refused_after=_refused(taken, answered),
        last_done_at=max((one[1] - answered) * 1e3 for one in done),
        first_refused_at=min((one[1] - answered) * 1e3 for one in taken if not one[2]),
    )
