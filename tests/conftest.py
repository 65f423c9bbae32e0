"""Rules for every test: under CI=true a skip is a failure, and a seed that failed can be replayed.

A judge that cannot be had is skipped with a reason that begins `not judged:`; only conformance tests may do
so, and the closing lines list them.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
CI = os.environ.get("CI") == "true"

settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if CI else "here")


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        parts = item.path.relative_to(TESTS).parts
        if parts[0] in MARKED:
            item.add_marker(getattr(pytest.mark, parts[0]))
        if any(parts[: len(folder)] == folder for folder in WHOLE):
            item.add_marker(pytest.mark.whole)


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
