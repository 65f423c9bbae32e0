"""Rules for every test: under CI=true a skip is a failure, and a seed that failed can be replayed.

A judge that cannot be had is skipped with a reason that begins `not judged:`; only conformance tests may do
so, and the closing lines list them.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from parts import can_hold, given, in_order, together
from roomy import memory

TESTS = Path(__file__).parent
CI = os.environ.get("CI") == "true"

settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if CI else "here")

if roomy := memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(roomy))  # below it pytest makes its folders


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file is not imported for a part none of whose tests it can hold."""
    expression = str(config.option.markexpr)
    if not expression or collection_path.suffix != ".py":
        return None
    place = collection_path.relative_to(TESTS).parts
    return None if can_hold(place, collection_path.read_text(encoding="utf-8"), expression) else True


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    for item in items:
        for mark in given(item.path.relative_to(TESTS).parts):
            item.add_marker(getattr(pytest.mark, mark))
    if hasattr(config, "workerinput"):  # one of the workers of a run side by side
        place = in_order([_file(item) for item in items])
        items.sort(key=lambda item: place[_file(item)])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """`--dist loadgroup`: tests that share one house stay together, the others go one by one."""
    return Together(config, log) if config.option.dist == "loadgroup" else None


class Together(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
    """Which tests of the browser one worker has to have, as `parts.together` says."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).as_posix()


def _forbid(report: pytest.TestReport | pytest.CollectReport, *, is_conformance: bool) -> None:
    if not (CI and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if is_conformance and "not judged:" in reason:
        return
    report.outcome = "failed"
    report.longrepr = f"{reason}\n(CI=true: what is missing is a failure, never a skip; see `make deps`)"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid(report, is_conformance=item.get_closest_marker("conformance") is not None)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid(report, is_conformance=False)
    return report
