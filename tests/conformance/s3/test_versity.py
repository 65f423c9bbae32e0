"""versitygw's integration tests (Apache-2.0, Go) against a real house: what failed stands in `versity.json`.

They compare the text of an error message too. Where only that differs, the code was right and the words are
ours: counted by itself, neither passed nor failed. Those that first make users by versitygw's own `admin`
command are not judged. `CUSTODES_S3_WRITE=1` writes down what was found, as for s3-tests.
"""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from conformance.deploy import golang
from conformance.s3.suite import Judged
from house.tree import tool

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(3_000)]
MODULE = "github.com/versity/versitygw@v1.8.0"
WRITTEN = Path(__file__).with_name("versity.json")
LEFT_OUT = "^(S3)?IAM|Website|^Scoutfs|^NoAcl"  # its own IAM service, web sites, other ways to start it
WORDS = "expected error message to be"
ITS_OWN = ("versitygw: no such file or directory", "failed to create user", "create user: ")
RIGHT_MIN = 480


def kind(said):
    """passed, words, alone (wants versitygw's own command) or failed."""
    if said == "passed":
        return said
    if any(mark in said for mark in ITS_OWN):
        return "alone"
    return "words" if WORDS in said else "failed"


def run(judged, folder):
    """Test -> what it said."""
    program = golang.judge("versity", MODULE, below=Path(__file__).parent)
    key = judged.house.key
    told = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    call = [program, judged.house.endpoint, key.access_key, key.secret, LEFT_OUT]
    done = subprocess.run(call, cwd=folder, env=told, capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return {row["name"]: row["said"] for row in rows}


def test_what_fails_is_known_and_explained(tmp_path, record_property):
    judged = Judged(tmp_path)
    with judged.house.running("keyroom", "s3"):
        found = run(judged, tmp_path)
    written = json.loads(WRITTEN.read_text())
    counts = Counter(kind(said) for said in found.values())
    failed = sorted(name for name, said in found.items() if kind(said) == "failed")
    if os.environ.get("CUSTODES_S3_WRITE"):
        reasons = {name: written["failed"].get(name, "unexplained") for name in failed}
        said = {"module": MODULE, "counts": dict(sorted(counts.items())), "failed": reasons}
        WRITTEN.write_text(json.dumps({**written, **said}, indent=1) + "\n")
    record_property(
        "figure", f"{counts['passed']} passed, {counts['words']} right in other words of {len(found)}"
    )
    assert counts["passed"] + counts["words"] >= RIGHT_MIN
    assert [name for name in failed if name not in written["failed"]] == []


def test_the_page_lists_what_failed():
    written = json.loads(WRITTEN.read_text())
    assert set(written["failed"].values()) <= set(written["reasons"])
    page = tool("s3_judged")
    assert page.drawn_third(written) in page.PAGE.read_text(encoding="utf-8")
