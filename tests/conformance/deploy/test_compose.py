"""Docker Compose's own reader about the compose file: it loads, with every profile, and means what was meant.

`compose-go` is the library that `docker compose` reads files with. No container is started by it.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.deploy.golang import judge
from custodes.wiring.processes import OPTIONAL, PROCESSES
from house.tree import ROOT

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1500)]
COMPOSE = "github.com/compose-spec/compose-go/v2@v2.4.7"
FILE = ROOT / "deploy" / "compose" / "compose.yaml"


@pytest.fixture(scope="module")
def reader() -> str:
    return judge("compose", COMPOSE)


def read(reader: str, file: Path, *profiles: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, **environment}
    return subprocess.run(
        [reader, str(file), *profiles], capture_output=True, text=True, env=given, check=False
    )


def services(reader: str, *profiles: str, **environment: str) -> dict[str, Any]:
    done = read(reader, FILE, *profiles, **environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_without_a_profile_it_is_the_house_alone(reader: str):
    assert set(services(reader)) == set(PROCESSES)
    assert set(services(reader, "xks", "kms")) == {*PROCESSES, "xks", "kms"}


def test_each_service_is_shut_in_as_compose_understands_it(reader: str):
    found = services(reader, *OPTIONAL)
    assert set(found) == {*PROCESSES, *OPTIONAL}
    for name, one in found.items():
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert one["user"].partition(":")[0] not in {"", "0", "root"}
        assert one["tmpfs"] == ["/tmp:mode=1777,noexec,nosuid,nodev"]
        assert not one.get("privileged")
        assert all(port["host_ip"] == "127.0.0.1" for port in one.get("ports", ()))
        written = {mount["target"] for mount in one["volumes"] if not mount.get("read_only")}
        assert ("/var/lib/custodes/keyroom" in written) == (name == "keyroom")
    assert {name for name, one in found.items() if one.get("network_mode") == "none"} == {"keyroom", "kms"}


def test_places_follow_the_environment(reader: str):
    found = services(reader, *OPTIONAL, CUSTODES_HOME="/srv/house", CUSTODES_IMAGE="here:1")
    assert {one["image"] for one in found.values()} == {"here:1"}
    for one in found.values():
        sources = {mount["source"] for mount in one["volumes"]}
        assert all(source.startswith(("/srv/house/", "/run/custodes/")) for source in sources)


def test_what_compose_does_not_know_is_seen(reader: str, tmp_path: Path):
    file = tmp_path / "compose.yaml"
    file.write_text(FILE.read_text(encoding="utf-8").replace("read_only: true", "readonly: true"))
    done = read(reader, file)
    assert done.returncode != 0
    assert "readonly" in done.stderr
