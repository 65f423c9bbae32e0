"""A kill while every plane is at work: how long it takes, and what is still done afterwards.

One user of each plane, one use after the other. Not timed by a goal but by a law: nothing begun after the
kill's answer may be done (`tests/attack/test_every_plane.py` holds it).
"""

import sys
import tempfile
from pathlib import Path

from .figures import machine, spread

ROUNDS = 3


def main() -> None:
    """Print the figures."""
    from fakes.every_plane import PROCESSES, EveryPlane  # noqa: PLC0415 - the tests' own house
    from fakes.killing import killed_under_load  # noqa: PLC0415

    found = []
    with tempfile.TemporaryDirectory(prefix="k") as place:
        folder = Path(place)
        sys.stdout.write(f"machine: {machine(folder)}\n")
        for turn in range(ROUNDS):
            (folder / str(turn)).mkdir()
            house = EveryPlane(folder / str(turn)).found()
            with house.running(*PROCESSES):
                found.append(killed_under_load(house))
    sys.stdout.write(f"the kill's own answer: {spread([one.kill_ms for one in found])} ms\n")
    for name in found[0].planes:
        of = [one.planes[name] for one in found]
        sys.stdout.write(
            f"{name}: last use done {spread([one.last_done_at for one in of])} ms after that answer, "
            f"first refused {spread([one.first_refused_at for one in of])} ms; "
            f"begun after it and done: {sum(one.begun_after_and_done for one in of)} of "
            f"{sum(one.begun_after_and_done + one.refused_after for one in of)}\n"
        )


if __name__ == "__main__":
    main()
