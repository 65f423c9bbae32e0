"""deploy/oci/Containerfile built for real, and what is in it run: as nobody, read-only, without a capability.

A house is founded in it by the commands of deploy/oci/README.md, and each process started as the compose file
says (user, mounts, network), and answers its health check. *Not judged*: arm64, Docker, a registry's base.
"""

import hashlib
import json
import platform
import re
import shutil
import subprocess
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from conformance.deploy import oci
from conformance.deploy.oci import Runtime, as_docker
from custodes.ledger.cosign import Ed25519Cosigner
from custodes.settings import Settings, to_toml
from custodes.wiring.processes import PROCESSES
from fakes.ports import free_port
from house.test_containers import HOUSE, composed
from house.tree import ROOT

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1800)]
README = (ROOT / "deploy" / "oci" / "README.md").read_text(encoding="utf-8")
PASSPHRASE = "correct horse battery staple"
WIRES = ("xks", "transit", "dke")
WITHIN_S = 120
POLICY = "witness w1 {vkey} https://witness.example/\n#: party w1 other\nquorum w1\n"


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    oci.demand_tools()
    folder = tmp_path_factory.mktemp("image")
    yield oci.build(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def runtime(layout, tmp_path_factory):
    return Runtime(layout, tmp_path_factory.mktemp("crun"))


def test_the_layout_is_whole_and_is_for_this_architecture(layout):
    index = json.loads((layout / "index.json").read_text())
    manifest = blob(layout, index["manifests"][0])
    config = blob(layout, manifest["config"])
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    assert (config["architecture"], config["os"]) == (machine, "linux")
    assert config["config"]["User"] == "10002:10000"
    assert config["config"]["Entrypoint"] == ["/opt/custodes/bin/python", "-m", "custodes.wiring"]
    for layer in manifest["layers"]:
        assert (layout / "blobs" / "sha256" / layer["digest"].partition(":")[2]).stat().st_size == layer[
            "size"
        ]
    said = json.dumps(config)
    assert "npmrc" not in said
    assert "pip.conf" not in said


def blob(layout: Path, named: dict[str, Any]) -> dict[str, Any]:
    """A blob whose bytes are what they are named by."""
    raw = (layout / "blobs" / "sha256" / named["digest"].partition(":")[2]).read_bytes()
    assert named["digest"] == f"sha256:{hashlib.sha256(raw).hexdigest()}"
    found: dict[str, Any] = json.loads(raw)
    return found


def test_it_runs_as_nobody_and_can_write_nowhere(runtime: Runtime):
    done = runtime.run("--version", entrypoint="/opt/custodes/bin/custodes")
    assert done.stdout.startswith("custodes, version "), done.stderr
    tried = """
import os, socket
print(os.getuid(), os.getgid(), [name for _, name in socket.if_nameindex()])
print([line for line in open("/proc/self/status") if line.startswith("CapEff")][0].split()[1])
for place in ("/opt/custodes/x", "/etc/x", "/var/lib/custodes/x", "/x"):
    try:
        open(place, "w")
    except OSError as error:
        print(error.strerror)
"""
    said = runtime.run("-c", tried, entrypoint="/opt/custodes/bin/python").stdout.splitlines()
    assert said == ["10002 10000 ['lo']", "0" * 16, *["Read-only file system"] * 4]


def test_nothing_is_in_it_that_builds_or_that_nobody_listed(runtime: Runtime):
    packages = next((runtime.rootfs / "opt/custodes/lib").glob("python3*")) / "site-packages"
    found = {}
    for path in packages.glob("*.dist-info"):
        text = (path / "METADATA").read_text(encoding="utf-8")
        name, version = (re.search(rf"^{what}: (.+)$", text, re.MULTILINE)[1] for what in ("Name", "Version"))
        found[re.sub(r"[-_.]+", "-", name).lower()] = version
    assert found.keys().isdisjoint({"pip", "setuptools", "hatchling", "editables", "pytest", "ruff"})
    sbom = json.loads((runtime.rootfs / "opt/custodes/sbom.cdx.json").read_text())
    listed = {
        re.sub(r"[-_.]+", "-", one["name"]).lower(): one["version"]
        for one in sbom["components"]
        if one["purl"].startswith("pkg:pypi/")
    }
    own = sbom["metadata"]["component"]
    assert found == {**listed, own["name"]: own["version"]}
    assert all(one.get("properties") for one in sbom["components"])  # each with the hashes that were demanded
    vendored = packages / "custodes/web/console/static/vendor"
    assert (vendored / "kern/kern.min.css").is_file()
    assert {"htmx.org", "@kern-ux/native"} <= {one["name"] for one in sbom["components"]}
    assert (
        not (runtime.rootfs / "root/.npmrc").exists() or (runtime.rootfs / "root/.npmrc").stat().st_size == 0
    )


@pytest.fixture(scope="module")
def home(runtime: Runtime, tmp_path_factory):
    """A house founded in a container, by the README's own lines, its parts given to their users."""
    place = tmp_path_factory.mktemp("home") / "custodes"
    policy = place.with_name("policy")
    policy.write_text(POLICY.format(vkey=made_vkey("w1.example")))
    block = next(text for text in re.findall(r"```\n(.*?)```", README, re.DOTALL) if "docker run" in text)
    for line in block.replace("\\\n", "").splitlines():
        if line.startswith("docker run"):
            where = {HOUSE: str(place), "$PWD/policy": str(policy)}
            as_docker(runtime, line, where, f"{PASSPHRASE}\n{PASSPHRASE}\n")
        else:
            subprocess.run(["sh", "-ec", line.replace(HOUSE, str(place))], check=True)
    for part in (place, *place.parents):  # containers' users have to reach it; a test's folder is shut
        if str(part).startswith(str(tmp_path_factory.getbasetemp().parent)):
            part.chmod(0o755)
    return place


def made_vkey(name: str) -> str:
    """A witness nobody can reach: it is never asked here."""
    return Ed25519Cosigner(name, Ed25519PrivateKey.from_private_bytes(bytes(range(32)))).vkey.text()


def test_each_process_runs_as_the_compose_file_says(runtime: Runtime, home: Path):
    settings = ready_settings(home)
    names = (*PROCESSES, *WIRES)
    services = composed()
    try:
        for name in names:
            runtime.start(
                name,
                *services[name]["command"],
                user=services[name]["user"],
                mounts=mounts_of(services[name], home),
                has_network=services[name].get("network_mode") != "none",
            )
            until(runtime, name, "/livez", services[name]["healthcheck"]["test"])
        sealed = runtime.inside("keyroom", "/opt/custodes/bin/custodes", "status", "--folder", HOUSE)
        assert re.search(r"sealed\s+yes", sealed.stdout), sealed.stderr
        done = runtime.inside("keyroom", *unsealing(), typed=f"{PASSPHRASE}\n")
        assert done.returncode == 0, done.stdout + done.stderr
        for name in ("console", "xks", "transit", "dke"):
            until(runtime, name, "/readyz", services[name]["healthcheck"]["test"])
        without(runtime, settings)
    finally:
        codes = runtime.stop()
    assert set(codes.values()) == {0}, (codes, {name: runtime.said(name)[-1500:] for name in codes})


def unsealing() -> list[str]:
    """The README's own command, without the engine's part."""
    found = re.search(r"`docker exec -it -u 10001 KEYROOM ([^`]+)`", README)
    assert found is not None
    return found[1].split()


def ready_settings(home: Path) -> Settings:
    """Ports that are free here: the planes share this machine's network, as with `network_mode: host`."""
    file = home / "custodes.toml"
    told = tomllib.loads(file.read_text())
    settings = msgspec.convert(told, Settings, dec_hook=lambda kind, value: kind(value))
    names = ("console", "s3", "log", *WIRES)
    settings = msgspec.structs.replace(settings, **{f"{name}_port": free_port() for name in names})
    file.write_text(to_toml(settings))
    return settings


def mounts_of(service: dict[str, Any], home: Path) -> tuple[str, ...]:
    found = []
    for line in service["volumes"]:
        if "/run/custodes" in line:  # XKS over a port here
            continue
        found.append(line.replace("${CUSTODES_HOME:-/var/lib/custodes}", str(home)))
    return tuple(found)


def until(runtime: Runtime, name: str, page: str, probe: list[str]) -> None:
    """Until the service's own health check is content."""
    command = [*probe[1:-1], page]
    ends = time.monotonic() + WITHIN_S
    while (done := runtime.inside(name, *command)).returncode:
        assert not runtime.has_ended(name), runtime.said(name)[-3000:]
        assert time.monotonic() < ends, (name, done.stdout, done.stderr, runtime.said(name)[-3000:])
        time.sleep(0.2)


def without(runtime: Runtime, settings: Settings) -> None:
    """What each container must not have: the keys, another's folders, a network where none is due."""
    look = "print([line.split()[4] for line in open('/proc/self/mountinfo')])"
    shown = {name: runtime.inside(name, "/opt/custodes/bin/python", "-c", look).stdout for name in PROCESSES}
    assert [name for name, said in shown.items() if f"'{HOUSE}/keyroom'" in said] == ["keyroom"]
    assert [name for name, said in shown.items() if f"'{HOUSE}/logkeeper'" in said] == ["logkeeper"]
    assert [name for name, said in shown.items() if f"'{HOUSE}/stores'" in said] == ["s3"]
    assert all(f"'{HOUSE}/meters'" in said for said in shown.values())
    look = f"print(open('{HOUSE}/keyroom/custodes.db'))"  # the mount points are all containers' here
    assert "FileNotFoundError" in runtime.inside("s3", "/opt/custodes/bin/python", "-c", look).stderr
    look = "import socket; print([name for _, name in socket.if_nameindex()])"
    assert runtime.inside("keyroom", "/opt/custodes/bin/python", "-c", look).stdout.strip() == "['lo']"
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.console_port}/sign-in", timeout=20) as page:
        assert b"kern.min" in page.read()
