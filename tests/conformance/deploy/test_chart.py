"""Helm's own words about the chart: it lints, and what it renders is what each container should be."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest
import yaml

from conformance.deploy.golang import judge
from custodes.settings import Settings
from custodes.wiring.processes import PROCESSES, wanted
from house.tree import ROOT

HELM = "helm.sh/helm/v3/cmd/helm@v3.17.4"
CHART = str(ROOT / "deploy" / "helm" / "custodes")
KUBERNETES = ("--kube-version", "1.30.0")

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def helm() -> str:
    """Helm, of this machine or built by its Go toolchain once."""
    found = shutil.which("helm")
    if found is not None:
        return found
    folder = ROOT / ".cache" / "judges" / "go"
    if (folder / "helm").is_file():
        return str(folder / "helm")
    if shutil.which("go") is None:
        pytest.skip("not judged: helm needs a Go toolchain")
    environment = {**os.environ, "GOBIN": str(folder)}
    done = subprocess.run(
        ["go", "install", HELM], env=environment, capture_output=True, text=True, timeout=1200, check=False
    )
    if done.returncode:
        pytest.skip(f"not judged: helm cannot be built: {done.stderr[-300:]}")
    return str(folder / "helm")


def ran(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_chart_lints(helm: str):
    assert "0 chart(s) failed" in ran(helm, "lint", "--strict", *KUBERNETES, CHART)


def test_what_is_rendered_is_one_house_shut_in(helm: str, tmp_path: Path):
    values = tmp_path / "values.yaml"
    values.write_text("volumes: {keyroom: {existingClaim: mine}}\nsettings: {outside_hosts: [idp.example]}\n")
    text = ran(helm, "template", "one", CHART, *KUBERNETES, "--values", str(values))
    found = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(text) if one}
    claims = {name for kind, name in found if kind == "PersistentVolumeClaim"}
    assert claims == {"one-logkeeper", "one-log", "one-stores"}
    told = found["ConfigMap", "one-settings"]["data"]["custodes.toml"]
    settings = msgspec.convert(tomllib.loads(told), Settings, dec_hook=lambda kind, value: kind(value))
    assert settings.outside_hosts == ("idp.example",)
    assert settings.house == Path("/var/lib/custodes")
    pod = found["StatefulSet", "one"]["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["containers"]] == list(PROCESSES)
    volumes = {one["name"]: one for one in pod["volumes"]}
    assert volumes["keyroom"]["persistentVolumeClaim"]["claimName"] == "mine"
    for container in pod["containers"]:
        shut = container["securityContext"]
        assert shut["readOnlyRootFilesystem"]
        assert shut["capabilities"] == {"drop": ["ALL"]}
        assert not shut["allowPrivilegeEscalation"]
        seen = {one["name"] for one in container["volumeMounts"]}
        assert seen <= set(volumes)
        assert ("keyroom" in seen) == (container["name"] == "keyroom")
    policy = found["NetworkPolicy", "one"]["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= pod_labels(found).items()
    assert policy["policyTypes"] == ["Ingress", "Egress"]


def test_the_wires_of_the_clouds_are_containers_where_their_ports_are_set(helm: str):
    ports = {"xks": 8445, "transit": 8200, "dke": 8444}
    given = [word for name, port in ports.items() for word in ("--set", f"settings.{name}_port={port}")]
    text = ran(helm, "template", "one", CHART, *KUBERNETES, *given)
    found = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(text) if one}
    told = tomllib.loads(found["ConfigMap", "one-settings"]["data"]["custodes.toml"])
    settings = msgspec.convert(told, Settings, dec_hook=lambda kind, value: kind(value))
    containers = {
        one["name"]: one for one in found["StatefulSet", "one"]["spec"]["template"]["spec"]["containers"]
    }
    assert tuple(containers) == wanted(settings) == (*PROCESSES, *ports)
    for name, port in ports.items():
        one = containers[name]
        assert one["ports"] == [{"containerPort": port}]
        assert one["securityContext"] == containers["console"]["securityContext"]
        assert one["readinessProbe"]["exec"]["command"][-2:] == [
            f"/var/lib/custodes/meters/{name}.sock",
            "/readyz",
        ]
        assert {mount["name"] for mount in one["volumeMounts"]} == {"settings", "tmp", "meters", "sockets"}
        assert one["resources"]["limits"]["memory"]
    service = {one["name"]: one["port"] for one in found["Service", "one"]["spec"]["ports"]}
    let_in = {one["port"] for one in found["NetworkPolicy", "one"]["spec"]["ingress"][0]["ports"]}
    assert ports.items() <= service.items()
    assert set(service.values()) == let_in


def test_kubernetes_own_types_know_every_field(helm: str, tmp_path: Path):
    """Strictly: a field that is misspelt is in no type. There was no cluster to install it in."""
    reader = judge("kinds", "k8s.io/api@v0.32.3", "k8s.io/apimachinery@v0.32.3", "sigs.k8s.io/yaml@v1.4.0")
    given = ("--set", "settings.xks_port=8445,settings.transit_port=8200,settings.dke_port=8444")
    text = ran(helm, "template", "one", CHART, *KUBERNETES, *given)
    done = subprocess.run([reader], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(set(done.stdout.splitlines())) == [
        "apps/v1 StatefulSet",
        "networking.k8s.io/v1 NetworkPolicy",
        "v1 ConfigMap",
        "v1 PersistentVolumeClaim",
        "v1 Service",
    ]
    wrong = text.replace("readOnlyRootFilesystem", "readOnlyRootFiles")
    done = subprocess.run([reader], input=wrong, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "readOnlyRootFiles" in done.stderr


@pytest.mark.parametrize("setting", ["kms_socket=/run/kms.sock", "xks_socket=/run/xks.sock"])
def test_what_a_pod_cannot_offer_is_refused(helm: str, setting: str):
    command = [helm, "template", "one", CHART, *KUBERNETES, "--set", f"settings.{setting}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "the chart's README" in done.stderr


def pod_labels(found: dict[tuple[str, str], dict]) -> dict[str, str]:
    return found["StatefulSet", "one"]["spec"]["template"]["metadata"]["labels"]
