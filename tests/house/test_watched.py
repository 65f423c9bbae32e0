"""Alert rules and board: valid, and over metrics that a process really tells; each alert has its runbook."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from custodes.adapters.system import SystemClock
from custodes.wiring.meters.keyroom import KeyroomMeters
from custodes.wiring.meters.logkeeper import LogkeeperMeters
from custodes.wiring.meters.planes import PlaneMeters
from house.tree import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
RULES = FOLDER / "custodes.rules.yaml"
TOLD = re.compile(r"\b(?:custodes|process)_\w+")


def names() -> set[str]:
    """Every name that a process tells, a histogram's three among them."""
    clock = SystemClock()
    keyroom = KeyroomMeters(clock)
    keyroom.watch(None)  # type: ignore[arg-type]  # nobody looks
    found = set()
    for meters in (keyroom.meters, LogkeeperMeters(clock).meters, PlaneMeters(clock).meters):
        for name, family in meters._families.items():
            found.add(name)
            if type(family).__name__ == "Histogram":
                found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")}
    return found


def rules() -> list[dict[str, Any]]:
    """Every rule of the file."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_rules_and_board_speak_of_metrics_that_are_told():
    board = json.loads((ROOT / "deploy" / "grafana" / "custodes.json").read_text(encoding="utf-8"))
    asked = [rule["expr"] for rule in rules()]
    asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += re.findall(r"```\n(.+?)```", (ROOT / "docs/operations/slo.md").read_text(encoding="utf-8"), re.S)
    words = [re.sub(r'\{[^}]*\}|"[^"]*"', "", text) for text in asked]
    found = {name for text in words for name in TOLD.findall(text)}
    assert len(found) > 15
    assert found <= names(), f"nobody tells {sorted(found - names())}"


def test_each_alert_says_how_grave_it_is_and_where_its_page_is():
    pages = (ROOT / "docs/operations/running.md").read_text(encoding="utf-8")
    for rule in rules():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        said = rule["annotations"]
        assert said["summary"]
        assert said["description"]
        assert (ROOT / said["runbook_url"]).is_file(), said["runbook_url"]
        assert f"`{rule['alert']}`" in pages, "docs/operations/running.md does not name it"


@pytest.mark.parametrize(
    "command", [("check", "rules", RULES.name), ("test", "rules", "custodes.rules.test.yaml")]
)
def test_promtool_agrees(command: tuple[str, ...]):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run([promtool, *command], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_played():
    """The test file fires all: 18 at once, two after an hour, two that speak of what is not told."""
    text = (FOLDER / "custodes.rules.test.yaml").read_text(encoding="utf-8")
    assert len(rules()) == 22
    assert "value: 18" in text
    assert {"CustodesCheckpointUnknown", "CustodesDrillNever"} <= set(re.findall(r"Custodes\w+", text))
