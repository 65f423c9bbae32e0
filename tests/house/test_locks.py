"""What is installed is pinned and hashed, for every Python and processor promised, and names no index.

`make lock` also downloads every wheel for 3.11 and 3.13 on x86-64 and arm64; that needs the network, this
does not.
"""

import json
import re
import tomllib

import pytest

from house.tree import ROOT, name

REQUIREMENTS = sorted((ROOT / "requirements").rglob("*.txt"))
LAYERED = [path for path in REQUIREMENTS if path.parent.name == "requirements"]  # one environment
PIN = re.compile(r"^([A-Za-z0-9._-]+(?:\[[a-z0-9,-]+\])?)==([^ ;\\]+)([^\\]*?) *\\?$")
HASH = re.compile(r"^ {4}--hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(path) -> dict[str, str]:
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            found[match[1].lower().replace("_", "-").split("[")[0]] = match[2]
    return found


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def bare_name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("path", REQUIREMENTS, ids=name)
def test_every_line_is_a_pin_or_a_hash(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines
    assert [line for line in lines if not (PIN.match(line) or HASH.match(line))] == []
    for this, following in zip(lines, [*lines[1:], ""], strict=True):
        if PIN.match(this):
            assert HASH.match(following), f"{this}: no hash"
        assert this.endswith("\\") == bool(HASH.match(following)), this


def test_one_environment_has_one_version_of_each_package():
    seen: dict[str, str] = {}
    for path in LAYERED:
        for package, version in pins(path).items():
            assert seen.setdefault(package, version) == version, (name(path), package)


def test_every_declared_dependency_is_locked():
    declared = {"run": project()["project"]["dependencies"], **project()["dependency-groups"]}
    declared["run"] = declared["run"] + declared.pop("build")
    for group, requirements in declared.items():
        locked = pins(ROOT / "requirements" / f"{group}.txt")
        assert {bare_name(each) for each in requirements} - set(locked) == set(), f"{group}: run `make lock`"


def test_front_end_packages_are_pinned_by_hash():
    wanted = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    declared = {**wanted["dependencies"], **wanted["devDependencies"]}
    for package, version in declared.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{package} is not pinned"
        entry = lock[f"node_modules/{package}"]
        assert entry["version"] == version
    assert [
        each for each, entry in lock.items() if each and not entry["integrity"].startswith("sha512-")
    ] == []
