"""MSST-S3 (linux-kdevops) against a real house: what failed is what `msst.json` says, each with its reason.

A second suite of others, written after versitygw's and tried by its makers on MinIO. `CUSTODES_S3_WRITE=1`
writes down what was found, as for s3-tests; `CUSTODES_MSST` names a checkout.
"""

import json
import os
import subprocess

import pytest

from conformance.s3.suite import Judged, fetched, read
from house.tree import ROOT, tool
from judges import environment

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(3_000)]
URL = "https://github.com/linux-kdevops/msst-s3"
COMMIT = "b84a323cca5ee862e87677043f672f156c46b448"
WRITTEN = ROOT / "tests" / "conformance" / "s3" / "msst.json"
PASSED_MIN = 560


def run(judged, folder):
    key, report = judged.house.key, folder / "report.xml"
    told = {
        **os.environ,
        "S3_ENDPOINT": judged.house.endpoint,
        "S3_ACCESS_KEY": key.access_key,
        "S3_SECRET_KEY": key.secret,
        "S3_REGION": "us-east-1",
    }
    told.pop("PYTEST_ADDOPTS", None)
    python = environment("s3tests") / "python"
    call = [str(python), "-m", "pytest", "-q", "--timeout=120", "-p", "no:cacheprovider", "--tb=line"]
    checked = fetched("CUSTODES_MSST", "msst-checkout", URL, COMMIT)
    call += [f"--junitxml={report}", "tests"]
    subprocess.run(call, cwd=checked, env=told, capture_output=True, check=False)
    return read(report, with_file=True)


def test_what_fails_is_known_and_explained(tmp_path, record_property):
    judged = Judged(tmp_path)
    with judged.house.running("keyroom", "s3"):
        found = run(judged, tmp_path)
    written = json.loads(WRITTEN.read_text())
    failed = sorted(name for name, said in found.items() if said == "failed")
    passed = sum(said == "passed" for said in found.values())
    if os.environ.get("CUSTODES_S3_WRITE"):
        reasons = {name: written["failed"].get(name, "unexplained") for name in failed}
        said = {"commit": COMMIT, "passed": passed, "judged": len(found), "failed": reasons}
        WRITTEN.write_text(json.dumps({**written, **said}, indent=1) + "\n")
    record_property("figure", f"{passed} of {len(found)}")
    assert passed >= PASSED_MIN
    assert set(failed) <= set(written["failed"])


def test_the_page_lists_what_failed():
    written = json.loads(WRITTEN.read_text())
    assert set(written["failed"].values()) <= set(written["reasons"])
    page = tool("s3_judged")
    assert page.drawn_second(written) in page.PAGE.read_text(encoding="utf-8")
