"""docs/operations/applications.md as a newcomer reads it: every block is executed as printed, in its order.

One thing is another than in the page, as it is for its reader: the endpoint. A program that is missing is
*not judged*, under its name.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

from house.tree import ROOT
from judges import environment

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]

PAGE = ROOT / "docs" / "operations" / "applications.md"
PRINTED = "http://localhost:9000"
FILES = {"ini": ".config/rclone/rclone.conf", "hcl": "main.tf"}
BLOCK = re.compile(
    r"^(?:## (?P<title>[^\n]+)|```(?P<kind>sh|python|ini|hcl)\n(?P<text>.*?)^```)$", re.M | re.S
)
NEEDS = {"restic": "restic", "s3cmd": "s3cmd", "Terraform, OpenTofu": "terraform"}
BY_PACKAGE = {"AWS CLI": "awscli", "rclone": "rclone"}


def blocks():
    """(chapter, kind, text), as they stand in the page."""
    title, found = "", []
    for one in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        title = one["title"] or title
        if one["kind"]:
            found.append((title, one["kind"], one["text"]))
    return found


def run(kind, text, folder, told):
    """Carry out one block; a file is written where the page says it belongs."""
    if kind in FILES:
        file = folder / FILES[kind]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return
    python = sys.executable
    if kind == "python" and "s3fs" in text:
        python = str(environment("s3fs") / "python")
    call = ["bash", "-euo", "pipefail", "-c", text] if kind == "sh" else [python, "-W", "ignore", "-c", text]
    done = subprocess.run(call, cwd=folder, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"


def test_the_page_has_the_chapters_that_are_played():
    titles = [title for title, _, _ in blocks()]
    assert titles.count("AWS CLI") == 1
    assert {*NEEDS, *BY_PACKAGE, "Python: boto3, s3fs, DuckDB"} == set(titles)


def test_every_block_does_as_printed(places, tmp_path):
    place = places["http"]
    paths = [str(environment(name)) for name in BY_PACKAGE.values()]
    told = {
        **place.environment,
        "PATH": os.pathsep.join([*paths, os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": place.endpoint,
        "LC_ALL": "C.UTF-8",
    }
    missing = []
    for title, kind, text in blocks():
        needed = NEEDS.get(title)
        if needed and shutil.which(needed) is None:
            missing.append(needed)
            continue
        assert kind == "sh" or title == "Python: boto3, s3fs, DuckDB" or PRINTED in text
        run(kind, text.replace(PRINTED, place.endpoint), tmp_path, told)
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "file.txt").read_bytes() or missing
    if missing:
        pytest.skip(f"not judged: {', '.join(sorted(set(missing)))} missing; the other chapters were played")
