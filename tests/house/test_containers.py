"""What is written for containers names processes, settings, users and paths that exist, and shuts each in."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from custodes.settings import Settings
from custodes.web.serving.server import MALLOC
from custodes.wiring.processes import OPTIONAL, PROCESSES, wanted
from house.test_runbooks import why_wrong
from house.tree import ROOT

HOUSE = "/var/lib/custodes"
PYTHON = "/opt/custodes/bin/python"
PROBE = "custodes.wiring.meters.probe"
OWN = {"keyroom": 10001, "logkeeper": 10003, "console": 10002, "s3": 10002, "log": 10002}
OWN |= {"xks": 10002, "transit": 10002, "dke": 10002, "kms": 10004}
WIRES = {"xks": 8445, "transit": 8200, "dke": 8444}  # the ports that compose, chart, units and front name
BESIDE = {"${CUSTODES_FRONT:-/run/custodes/front}": "/run/custodes/front"}
BESIDE |= {"${CUSTODES_KMS:-/run/custodes/kms}": "/run/custodes/kms"}
CHART = ROOT / "deploy" / "helm" / "custodes"
CONTAINERFILE = (ROOT / "deploy" / "oci" / "Containerfile").read_text(encoding="utf-8")


def composed() -> dict[str, dict[str, Any]]:
    """The services, with their anchors resolved."""
    text = (ROOT / "deploy" / "compose" / "compose.yaml").read_text(encoding="utf-8")
    services: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return services


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Path below the house -> `rw` or `ro`."""
    found = {}
    for line in service["volumes"]:
        beside = next((path for given, path in BESIDE.items() if line == f"{given}:{path}"), None)
        if beside is not None:
            found[beside] = "rw"
            continue
        source, path, *mode = line.replace("${CUSTODES_HOME:-/var/lib/custodes}", "HOME").split(":")
        assert source.removeprefix("HOME") == path.removeprefix(HOUSE)
        found[path.removeprefix(f"{HOUSE}/")] = mode[0] if mode else "rw"
    return found


def test_each_process_is_a_service_that_is_shut_in():
    services = composed()
    assert set(services) == {*PROCESSES, *OPTIONAL}
    for name, service in services.items():
        assert service.get("profiles", []) == ([name] if name in OPTIONAL else [])
        assert service["command"] == [name, f"{HOUSE}/custodes.toml"]
        assert service["user"] == f"{OWN[name]}:10000"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["healthcheck"]["test"] == [
            "CMD", PYTHON, "-m", PROBE, f"{HOUSE}/meters/{name}.sock", "/livez",
        ]  # fmt: skip
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_only_the_keyroom_has_keys_and_it_has_no_network():
    services = composed()
    for name, service in services.items():
        seen = mounts(service)
        assert ("keyroom" in seen) == (name == "keyroom")
        assert ("logkeeper" in seen) == (name == "logkeeper")
        assert ("stores" in seen) == (name == "s3")
        assert seen["sockets"] == ("rw" if name == "keyroom" else "ro")
        assert seen["custodes.toml"] == "ro"
        assert ("kms.token" in seen) == ("/run/custodes/kms" in seen) == (name == "kms")
        assert ("/run/custodes/front" in seen) == (name == "xks")
        assert (service.get("network_mode") == "none") == (name in {"keyroom", "kms"})
    assert mounts(services["kms"])["kms.token"] == "ro"
    settings = Settings(house=Path(HOUSE))
    for path in (
        settings.keyroom,
        settings.logkeeper,
        settings.sockets,
        settings.public_log,
        settings.stores,
    ):
        assert any(f"{HOUSE}/{part}" == str(path) for one in services.values() for part in mounts(one))


def test_ports_are_those_of_the_settings():
    settings, services = Settings(), composed()
    for name in ("console", "s3", "log"):
        port = getattr(settings, f"{name}_port")
        assert services[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    front = (ROOT / "deploy" / "nginx" / "custodes.conf").read_text(encoding="utf-8")
    told = (ROOT / "deploy" / "systemd" / "README.md").read_text(encoding="utf-8")
    for name, port in WIRES.items():
        assert services[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
        assert f"upstream custodes_{name} " in front
        assert f"server 127.0.0.1:{port};" in front
        assert f"`{name}_port = {port}`" in told
    assert len(set(WIRES.values())) == len(WIRES)


def test_the_image_is_built_by_hash_and_needs_no_shell():
    steps = re.findall(r"^(RUN|ENTRYPOINT|COPY|USER|ENV) (.+)$", CONTAINERFILE, re.M)
    for verb, rest in steps:
        if verb in {"RUN", "ENTRYPOINT"}:
            words = json.loads(rest)
            if "install" in words and "-r" in words:
                assert {"--require-hashes", "--only-binary=:all:"} <= set(words)
            for word in words:
                assert not word.startswith(("requirements/", "tools/")) or (ROOT / word).is_file(), word
        if verb == "COPY" and not rest.startswith("--from"):
            assert all((ROOT / source).exists() for source in rest.split()[:-1]), rest
    assert json.loads(steps[-1][1]) == [PYTHON, "-m", "custodes.wiring"]
    assert ("USER", "10002:10000") in steps
    assert all(f"{name}={value}" in CONTAINERFILE for name, value in MALLOC.items())
    assert importlib.util.find_spec(PROBE) is not None


@pytest.mark.parametrize("page", ["deploy/oci/README.md", "deploy/helm/custodes/README.md"])
def test_commands_in_containers_exist(page: str):
    text = (ROOT / page).read_text(encoding="utf-8").replace("\\\n", "")
    found = re.findall(r"/opt/custodes/bin/custodes(?: custodes)? +([^`\n]+)", text)
    assert found
    assert [said for line in found if (said := why_wrong(f"custodes {line}"))] == []


def test_the_wheel_carries_the_consoles_assets(tmp_path: Path):
    vendor = "src/custodes/web/console/static/vendor/kern/kern.min.css"
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "src/custodes/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / vendor).parent.mkdir(parents=True)
    (tmp_path / vendor).write_text("x")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "made"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "made").iterdir()
    assert vendor.removeprefix("src/") in zipfile.ZipFile(wheel).namelist()


def test_the_charts_values_are_settings_that_exist():
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    settings = msgspec.convert(values["settings"], Settings)
    assert settings.is_exposed
    assert set(wanted(settings)) == set(PROCESSES)  # a wire of the clouds is off until somebody sets its port
    assert set(values["resources"]) == {*PROCESSES, *WIRES}
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["name"] == CHART.name
    parts = {
        path.name for path in (settings.keyroom, settings.logkeeper, settings.public_log, settings.stores)
    }
    assert set(values["volumes"]) == parts


def test_the_chart_gives_each_process_the_user_it_has_elsewhere():
    text = (CHART / "templates" / "house.yaml").read_text(encoding="utf-8")
    found = dict(re.findall(r'"name" "(\w+)" "user" (\d+)', text))
    assert {name: int(user) for name, user in found.items()} == {one: OWN[one] for one in PROCESSES}
    writes = dict(re.findall(r'"name" "(\w+)" .*?"writes" \(list([^)]*)\)', text))
    for name, service in composed().items():
        if name in OPTIONAL:
            continue
        own = {part for part, mode in mounts(service).items() if mode == "rw"} - {"meters"}
        assert set(re.findall(r'"(\w+)"', writes[name])) == own
    for line in ("readOnlyRootFilesystem: true", "runAsNonRoot: true", "drop: [ALL]", PROBE):
        assert line in text
