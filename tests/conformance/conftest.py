"""What stands over all judges: the closing lines of a run say each by name; and no log may hold a secret.

Every house that was founded is remembered with the secrets lent out of it. When the last judge is done, every
log that any process of the run wrote is searched for them, and for what was stored.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import judged
from fakes import SeededDice
from fakes.cloud_house import CloudHouse
from fakes.houses import House

PLAIN = [SeededDice(n).draw(70_001)[:32] for n in range(8)]  # how the files of `fakes.folders` begin
PLAIN += [b"SGVsbG8gV29ybGQh", b"Hello World!"]  # what AWS's client seals


@pytest.fixture(scope="session", autouse=True)
def canaries(tmp_path_factory: pytest.TempPathFactory, record_testsuite_property) -> Iterator[set[bytes]]:
    """The secrets of every house of this run; its report says of which commit it is."""
    record_testsuite_property("commit", judged.commit())
    secrets: set[bytes] = set()
    found = {made: made.found for made in (House, CloudHouse)}

    def remembering(made: type[House]):
        def founding(self: House) -> House:
            house = found[made](self)
            secrets.add(house.key.secret.encode())
            pair = getattr(house, "pair", None)
            secrets.update({pair[1].encode()} if pair else ())
            return house

        return founding

    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        for made in found:
            patch.setattr(made, "found", remembering(made))
        yield secrets
    planted = base / "planted.log"
    planted.write_bytes(b"x" * 99 + b"a canary of the search itself")
    assert _holding(base, {b"a canary of the search itself"}) == [planted.name]
    planted.unlink()
    assert _holding(base, {*secrets, *PLAIN}) == []


def _holding(base: Path, needles: set[bytes]) -> list[str]:
    """Logs that hold one of these."""
    logs = (path for path in base.rglob("*.log") if path.is_file() and not path.is_symlink())
    return sorted(path.relative_to(base).as_posix() for path in logs if _holds(path, needles))


def _holds(path: Path, needles: set[bytes]) -> bool:
    with path.open("rb") as file:
        kept = b""
        while piece := file.read(1 << 20):
            text = kept + piece
            if any(needle in text for needle in needles):
                return True
            kept = text[-256:]
    return False


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    cases = []
    for outcome in ("passed", "failed", "error", "skipped", "xfailed"):
        for report in terminalreporter.getreports(outcome):
            place, _, name = report.nodeid.partition("conformance/")
            if place.endswith("tests/") and (report.when == "call" or outcome != "passed"):
                cases.append(_case(name, outcome, report))
    if cases:
        terminalreporter.section("judges")
        for line in judged.closing(cases):
            terminalreporter.line(line)


def _case(name: str, outcome: str, report: pytest.TestReport) -> judged.Case:
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
    figure = dict(report.user_properties).get("figure", "")
    if outcome == "xfailed":
        return judged.Case(name, "differs", "", figure)
    said = judged.said_of("failed" if outcome == "error" else outcome, why)
    return judged.Case(name, said, judged.reason(why) if said == judged.NOT_JUDGED else "", figure)
