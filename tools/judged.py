"""Take reports of `make conformance` into tests/conformance/judged.json; write docs/reference/judges.md.

Usage: python tools/judged.py [REPORT.xml ...]
A row is replaced by what a report says of it; without a report only the page is written anew.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from conformance import judged  # noqa: E402 - tests are no package of the environment

PAGE = ROOT / "docs" / "reference" / "judges.md"
TOP = """# Judges

What programs of others say of Custodes. Each row is a part of `make conformance`, and a run ends with the
same list. *not judged* means that the judge could not be had there; it never counts as passed. Written by
`tools/judged.py` from the reports of runs, row by row, so rows may be of different days and commits.
*differs* counts what the reference (Ceph RGW) does otherwise than Custodes, each with its reason in
[s3.md][differs]. A commit with a `+` had changes that were not recorded yet.

[differs]: ../protocols/s3.md#the-same-clients-against-ceph-rgw

| judge | what it judges | version | passed | failed | figure | date | commit |
|---|---|---|---|---|---|---|---|
"""


def cases(report: Path) -> tuple[list[judged.Case], str, str]:
    """Every test of a report, its day and its commit."""
    found, day, commit = [], "", ""
    root = ElementTree.parse(report).getroot()  # noqa: S314 - written by pytest a moment ago
    for suite in root.iter("testsuite"):
        day = str(suite.get("timestamp", ""))[:10]
        told = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}
        commit = str(told.get("commit") or "")
    for case in root.iter("testcase"):
        module = str(case.get("classname")).partition("conformance.")[2].replace(".", "/")
        figure = next(
            (str(one.get("value")) for one in case.iter("property") if one.get("name") == "figure"), ""
        )
        outcome, why = "passed", ""
        for child in case:
            if child.tag in ("failure", "error"):
                outcome = "failed"
            elif child.tag == "skipped":
                outcome, why = "skipped", str(child.get("message"))
        said = judged.said_of(outcome, why)
        found.append(judged.Case(f"{module}.py::{case.get('name')}", said, judged.reason(why), figure))
    return found, day, commit


def version(of: str) -> str:
    """What a row's `version` stands for: a pin, what a program says, or the version itself."""
    if of.startswith("$ "):
        program, *more = of[2:].split()
        program = os.environ.get(f"CUSTODES_{program.upper()}", program)
        try:
            done = subprocess.run([program, *more], capture_output=True, text=True, check=False)
        except OSError:
            return ""
        found = re.search(r"\d+\.\d+(?:\.\d+)*", done.stdout + done.stderr)
        return found[0] if found else ""
    package, _, requirements = of.partition("@")
    if not requirements:
        return of
    place = "" if requirements in ("run", "demo", "test") else "judges/"
    text = (ROOT / "requirements" / f"{place}{requirements}.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==(\S+)", text, re.MULTILINE)
    return found[1] if found else ""


def taken(reports: list[Path]) -> dict[str, dict[str, Any]]:
    """What stood there, with what these reports say in its place."""
    kept: dict[str, dict[str, Any]] = judged.written() if judged.WRITTEN.exists() else {}
    for report in reports:
        found, day, commit = cases(report)
        for at, said in judged.folded(found).items():
            row = next(row for row in judged.ROWS if row.at == at)
            kept[at] = {**said, "version": version(row.version), "date": day, "commit": commit}
    return {row.at: kept[row.at] for row in judged.ROWS if row.at in kept}


def drawn(written: dict[str, dict[str, Any]]) -> str:
    """The page."""
    lines, reasons = [], []
    for row in judged.ROWS:
        said = written.get(row.at)
        if said is None:
            lines.append(f"| {row.judge} | {row.what} | | | | *not run since this list is kept* | | |")
            continue
        counts = [str(said.get("passed", "")), str(said.get("failed", ""))]
        figure = [str(said["figure"])] if "figure" in said else []
        figure += [f"differs: {said['differs']}"] if "differs" in said else []
        figure += [f"*not judged*: {said[judged.NOT_JUDGED]}"] if judged.NOT_JUDGED in said else []
        reasons += [f"- {row.judge}: {why}" for why in said.get("why", ())]
        cells = [
            row.judge,
            row.what,
            said["version"],
            *counts,
            ", ".join(figure),
            said["date"],
            said["commit"],
        ]
        lines.append("| " + " | ".join(cells) + " |")
    never = [f"- {name}: {why}." for name, why in judged.NEVER]
    return TOP + "\n".join([*lines, "", "## Not judged", "", *reasons, *never]) + "\n"


def main(arguments: list[str]) -> int:
    """Returns a process exit code."""
    found = taken([Path(one) for one in arguments])
    judged.WRITTEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(drawn(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
