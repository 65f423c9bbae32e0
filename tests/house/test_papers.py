"""The papers of the project: licence, public code, how to report, the verbs, the change log."""

import hashlib
import re
import subprocess
import tomllib

import yaml

from custodes import __version__
from house.tree import ROOT

APACHE_2_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
PUBLICCODE_KEYS = {  # yml.publiccode.tools, keys that must be there
    "publiccodeYmlVersion",
    "name",
    "url",
    "platforms",
    "developmentStatus",
    "softwareType",
    "description",
    "legal",
    "maintenance",
    "localisation",
}
DEVELOPMENT = {"concept", "development", "beta", "stable", "obsolete"}
VERSION = re.compile(r"## \[(Unreleased|\d+\.\d+\.\d+)\](?: - \d{4}-\d{2}-\d{2})?")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_licence_is_whole():
    assert hashlib.sha256(read("LICENSE").encode()).hexdigest() == APACHE_2_SHA256
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])


def test_publiccode_has_what_the_standard_demands():
    paper = yaml.safe_load(read("publiccode.yml"))
    assert PUBLICCODE_KEYS - set(paper) == set()
    assert re.fullmatch(r"0(\.\d+)?(\.\d+)?", str(paper["publiccodeYmlVersion"]))
    assert paper["developmentStatus"] in DEVELOPMENT
    assert ("softwareVersion" in paper) == ("releaseDate" in paper)  # both once there was a release
    assert paper.get("softwareVersion", __version__) == __version__
    assert paper["legal"]["license"] == "Apache-2.0"
    assert paper["maintenance"]["type"] in {"internal", "contract", "community", "none"}
    assert paper["maintenance"].get("contacts") or paper["maintenance"]["type"] in {"contract", "none"}
    for language in ("en", "de"):
        said = paper["description"][language]
        assert len(said["shortDescription"]) <= 150
        assert len(said["genericName"]) <= 35
        assert 500 <= len(said["longDescription"]) <= 10_000
        assert said["features"]
    assert set(paper["localisation"]["availableLanguages"]) == set(paper["description"])


def test_the_change_log_keeps_its_form():
    lines = read("CHANGELOG.md").splitlines()
    versions = [line for line in lines if line.startswith("## ")]
    assert versions
    assert versions[0] == "## [Unreleased]"
    assert [line for line in versions if not VERSION.fullmatch(line)] == []
    assert {line.removeprefix("### ") for line in lines if line.startswith("### ")} <= KINDS


def test_reports_of_holes_go_to_nobody_invented():
    for paper in ("SECURITY.md", "GOVERNANCE.md", "CONTRIBUTING.md", "publiccode.yml", "README.md"):
        assert re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", read(paper)) == [], paper


def test_plain_make_lists_the_verbs():
    verbs = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE))
    demanded = {"run", "test", "check", "deps", "conformance", "bench", "lock", "docs", "clean", "env"}
    assert demanded - verbs == set()
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z]+) ", said, re.MULTILINE)) == verbs
    assert [verb for verb in verbs if f"make {verb}" not in read("CONTRIBUTING.md")] == []


def test_continuous_integration_runs_what_people_run():
    path = ROOT / ".ci" / "run"
    assert path.stat().st_mode & 0o111
    assert path.read_text().rstrip().endswith("exec make test")
