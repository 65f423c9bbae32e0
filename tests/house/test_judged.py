"""The list of judges is complete, and the page shows it."""

import ast
import json

from conformance import judged
from house.tree import ROOT, tool


def test_every_test_of_a_judge_is_in_a_row():
    for path in sorted(judged.HERE.rglob("test_*.py")):
        place = path.relative_to(judged.HERE).as_posix()
        tests = [
            node.name for node in ast.walk(ast.parse(path.read_text())) if hasattr(node, "decorator_list")
        ]
        for name in tests:
            if name.startswith("test_"):
                parameters = "[minio-duckdb]" if "another_maker" in name else ""
                assert judged.row_of(f"{place}::{name}{parameters}"), (
                    f"{place}::{name} is in no row of judged.py"
                )


def test_every_row_holds_a_test():
    for row in judged.ROWS:
        place, _, test = row.at.partition("::")
        assert f"def {test.partition('[')[0]}" in (judged.HERE / place).read_text(encoding="utf-8")


def test_the_page_shows_what_was_written():
    page = tool("judged")
    assert page.PAGE.read_text(encoding="utf-8") == page.drawn(judged.written())


def test_the_page_of_s3_lists_what_differs_at_the_reference():
    page = (ROOT / "docs" / "protocols" / "s3.md").read_text(encoding="utf-8")
    differences = json.loads((judged.HERE / "s3" / "differences.json").read_text(encoding="utf-8"))
    for name, why in differences["differs"].items():
        assert f"- `{name}`: {why}." in page


def test_what_a_run_said_is_counted_by_judge():
    cases = [
        judged.Case("s3/test_clients.py::test_rclone[http]", "passed"),
        judged.Case("s3/test_clients.py::test_rclone[rgw]", "differs"),
        judged.Case("s3/test_libraries.py::test_a_library_of_another_maker[http-minio-x]", "failed"),
        judged.Case(
            "test_openbao.py::test_sealed_it_is_gone", judged.NOT_JUDGED, judged.reason("not judged: no bao")
        ),
    ]
    lines = judged.closing(cases)
    assert lines[:2] == [
        "rclone (S3: `check`, `check --download`): 1 passed, 1 differs",
        "minio-py (S3): 1 failed",
    ]
    assert lines[2:4] == ["OpenBao (as holder of a root): 1 not judged", "    not judged: no bao"]
    assert judged.said_of("skipped", "the reference differs: x") == "differs"
