"""Which part of the suite a file's tests are in: `make test` runs the parts one after another.

A part is an expression over marks. A mark is written in the file, or given by the folder the file lies in; so
a file that cannot hold a test of the part asked for is not even read, four times over.
"""

from collections import Counter

MARKED = ("browser", "conformance")  # folders whose tests bear the mark of that name, said or not
# Folders whose tests found a whole house each, or play long: not in the fast part, but side by side.
WHOLE = (
    ("ports",),
    ("property",),
    ("attack",),
    ("unit", "cli"),
    ("unit", "wiring"),
    ("unit", "acts", "audit"),
)
# What takes longest with the fewest tests, longest first: begun first, so that at the end of a part no worker
# stands idle while another has just begun one of these.
LONGEST = (
    "attack/test_runbook_restore.py",
    "attack/test_every_plane.py",
    "attack/test_crash.py",
    "attack/test_front.py",
    "attack/test_store_gone.py",
    "attack/test_stopped.py",
    "attack/test_holder_move.py",
    "attack/test_erasure_crash.py",
    "attack/test_runbooks_running.py",
    "ports/test_demo.py",
    "world/test_world.py",
    "property/desks/test_lockbox_promises.py",
    "ports/planes/test_s3_bounds.py",
    "house/test_environment.py",
)
# Folder whose files share one house of real processes, but for these, which need none.
SHARING, APART = "tests/browser/", ("tests/browser/test_pages.py",)
WRITTEN = ("slow", "whole", "browser", "conformance")


def given(parts: tuple[str, ...]) -> set[str]:
    """The marks that lying in a folder gives; `parts` is the file's path below tests/."""
    marks = {parts[0]} & set(MARKED)
    if any(parts[: len(folder)] == folder for folder in WHOLE):
        marks.add("whole")
    return marks


def can_hold(parts: tuple[str, ...], text: str, expression: str) -> bool:
    """Whether the file can hold a test the expression asks for; True wherever that is not plain."""
    words = [word.strip() for word in expression.split(" and ")]
    if not all(word.removeprefix("not ") in WRITTEN for word in words):
        return True
    by_folder = given(parts)
    wanted = {word for word in words if not word.startswith("not ")}
    unwanted = {word.removeprefix("not ") for word in words} - wanted
    can_bear = by_folder | {word for word in wanted if f"mark.{word}" in text}
    # what tests/ports/conftest.py leaves to `make conformance` is marked there
    can_bear |= {"conformance"} if parts[:2] == ("ports", "keyroom") else set()
    return wanted <= can_bear and not unwanted & by_folder


def in_order(files: list[str]) -> dict[str, int]:
    """The place of each file in a run side by side: the long ones, then those with many tests."""
    counted = Counter(files)
    last = len(LONGEST)
    rank = {name: LONGEST.index(name) if name in LONGEST else last for name in counted}
    return {name: place for place, name in enumerate(sorted(counted, key=lambda n: (rank[n], -counted[n])))}


def together(nodeid: str) -> str:
    """What one worker has to have whole: all tests of one house, or this test alone."""
    file = nodeid.partition("::")[0]
    return SHARING if file.startswith(SHARING) and file not in APART else nodeid
