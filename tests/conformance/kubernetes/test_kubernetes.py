"""The KMS plugin as it runs, judged by upstream's own interface file and by an API server of Kubernetes.

Wanted: a Go toolchain with a way to the module proxy, which gives the interface file and, in a quarter of an
hour, `kube-apiserver` and `etcd` (kept in .cache/judges/kubernetes); or CUSTODES_KUBE_APISERVER and
CUSTODES_ETCD, which name programs. What cannot be had is not judged.
"""

import base64
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import CreateKey, MoveKey
from custodes.settings import FILE_NAME, to_toml
from fakes.ports import free_port
from fakes.served import served
from house.tree import ROOT
from judges import environment

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(3_600)]
HERE = Path(__file__).parent
BUILT = ROOT / ".cache" / "judges" / "kubernetes"
VERSION = "0.35.4"  # of k8s.io/*; the server's is 1.35.4
ETCD = "3.6.5"
STAGED = (  # parts of the server that are modules of their own
    "api",
    "apiextensions-apiserver",
    "apimachinery",
    "apiserver",
    "cli-runtime",
    "client-go",
    "cloud-provider",
    "cluster-bootstrap",
    "code-generator",
    "component-base",
    "component-helpers",
    "controller-manager",
    "cri-api",
    "cri-client",
    "csi-translation-lib",
    "dynamic-resource-allocation",
    "endpointslice",
    "externaljwt",
    "kms",
    "kube-aggregator",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
    "metrics",
    "mount-utils",
    "pod-security-admission",
    "sample-apiserver",
)
SECRET = "canary-of-the-cluster"
OPENER = "opener-of-the-cluster"


def go(*words, folder, seconds=600):
    if shutil.which("go") is None:
        pytest.skip("not judged: no Go toolchain on this machine")
    return subprocess.run(
        ["go", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=seconds
    )


@pytest.fixture(scope="session")
def interface(tmp_path_factory):
    """`api.proto` as Kubernetes publishes it."""
    got = go("mod", "download", "-json", f"k8s.io/kms@v{VERSION}", folder=tmp_path_factory.mktemp("kms"))
    if got.returncode:
        pytest.skip(f"not judged: k8s.io/kms cannot be had: {got.stdout[-200:]}{got.stderr[-200:]}")
    return Path(json.loads(got.stdout)["Dir"]) / "apis" / "v2" / "api.proto"


@pytest.fixture(scope="session")
def programs():
    """(kube-apiserver, etcd), named or built."""
    named = [os.environ.get(name) for name in ("CUSTODES_KUBE_APISERVER", "CUSTODES_ETCD")]
    if all(named):
        return named
    wanted = [BUILT / "kube-apiserver", BUILT / "server"]
    if not all(one.is_file() for one in wanted):
        BUILT.mkdir(parents=True, exist_ok=True)
        lines = ["module judge", "go 1.25.0", f"require k8s.io/kubernetes v1{VERSION[1:]}"]
        lines += [f"require go.etcd.io/etcd/server/v3 v{ETCD}"]
        lines += [f"replace k8s.io/{one} => k8s.io/{one} v{VERSION}" for one in STAGED]
        (BUILT / "go.mod").write_text("\n".join(lines) + "\n")
        places = ("go.etcd.io/etcd/server/v3", "k8s.io/kubernetes/cmd/kube-apiserver")
        imports = "\n".join(f'import _ "{one}"' for one in places)
        (BUILT / "judge.go").write_text(f"//go:build judge\n\npackage judge\n\n{imports}\n")
        done = go("mod", "tidy", "-e", folder=BUILT, seconds=900)
        flag = f"-s -w -X k8s.io/component-base/version.gitVersion=v1{VERSION[1:]}"
        done = go("build", "-trimpath", "-ldflags", flag, "-o", ".", *places, folder=BUILT, seconds=3_000)
        if done.returncode:
            pytest.skip(f"not judged: kube-apiserver cannot be built: {done.stderr[-300:]}")
    return [str(one) for one in wanted]


class Cluster:
    """A house with a KMS plugin in its own process, and what an API server needs to find it."""

    def __init__(self, house, folder):
        self.house, self.world, self.folder = house, house.world, folder
        world = self.world
        self.key = house.call(
            world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "etcd"))
        ).id
        self.socket = folder / "kms" / "kms.sock"
        self.socket.parent.mkdir()
        for place in (house.settings.meters, house.settings.stores, house.settings.public_log):
            place.mkdir(exist_ok=True)
        token = folder / "kms.token"
        token.touch(mode=0o600)
        token.write_text(world.token.token)
        settings = type(house.settings)(kms_socket="kms/kms.sock", kms_key="etcd", demo=True)
        (folder / FILE_NAME).write_text(to_toml(settings))

    def rotate(self):
        ask = MoveKey(self.world.olga.token, self.key, "rotate", "yearly")
        self.house.call(self.world.keyroom.ask(ask))

    def kill(self):
        world = self.world
        scope = KillScope("customer", world.customer_row.id)
        self.house.call(world.keyroom.ask(Kill(world.karl.token, scope, "drill")))

    @contextmanager
    def plugin(self):
        command = [sys.executable, "-m", "custodes.wiring", "kms", str(self.folder / FILE_NAME)]
        with process(command, self.folder / "kms.log", PYTHONPATH=str(ROOT / "src")):
            until(self.socket.exists, "the plugin's socket")
            yield


@contextmanager
def process(command, log, **environment):
    with log.open("ab") as out:
        made = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **environment})
    try:
        yield made
    finally:
        made.terminate()
        try:
            made.wait(60)
        except subprocess.TimeoutExpired:
            made.kill()
            made.wait()


def until(does, what, seconds=180):
    """Wait for a state; what it was at last is the failure."""
    ends, said = time.monotonic() + seconds, None
    while time.monotonic() < ends:
        said = does()
        if said:
            return said
        time.sleep(0.2)
    raise AssertionError(f"{what}: {said!r}")


@pytest.fixture
def cluster():
    import tempfile

    with tempfile.TemporaryDirectory(prefix="k") as name, served(Path(name)) as house:
        yield Cluster(house, Path(name))
        said = (Path(name) / "kms.log").read_text()
        assert SECRET not in said
        assert house.world.token.token.partition(".")[2] not in said


def b64(raw):
    return base64.b64encode(raw).decode()


def test_a_client_made_from_the_interface_itself(cluster, interface):
    judge = environment("kms")
    with cluster.plugin():
        client = subprocess.Popen(
            [str(judge / "python"), str(HERE / "client.py"), str(interface), str(cluster.socket)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def call(name, **members):
            client.stdin.write(json.dumps([name, {key: b64(raw) for key, raw in members.items()}]) + "\n")
            client.stdin.flush()
            said = json.loads(client.stdout.readline())
            assert said.pop("is_all_known", True) is True
            return {key: base64.b64decode(raw) if key not in ("code", "details", "annotations") else raw
                    for key, raw in said.items()}  # fmt: skip

        try:
            status = call("Status")
            assert (status["version"], status["healthz"]) == (b"v2", b"ok")
            seed = cluster.world.dice.draw(32)
            made = call("Encrypt", plaintext=seed, uid=b"one")
            assert made["key_id"] == status["key_id"]
            assert made["annotations"] == 0
            assert len(made["ciphertext"]) <= 1_024  # upstream's bound, or the API server refuses it
            assert len(made["key_id"]) <= 1_024
            opened = call("Decrypt", ciphertext=made["ciphertext"], uid=b"two", key_id=made["key_id"])
            assert opened["plaintext"] == seed
            cluster.rotate()
            assert call("Status")["key_id"] != made["key_id"]
            opened = call("Decrypt", ciphertext=made["ciphertext"], uid=b"three", key_id=made["key_id"])
            assert opened["plaintext"] == seed
            bad = made["ciphertext"][:-1] + bytes([made["ciphertext"][-1] ^ 1])
            refused = call("Decrypt", ciphertext=bad, uid=b"four", key_id=made["key_id"])
            assert refused == {"code": "INVALID_ARGUMENT", "details": "ciphertext-mismatch"}
            cluster.kill()
            refused = call("Decrypt", ciphertext=made["ciphertext"], uid=b"five", key_id=made["key_id"])
            assert refused["code"] == "FAILED_PRECONDITION"
            assert call("Status")["healthz"] != b"ok"
        finally:
            client.stdin.close()
            client.stdout.close()
            client.wait(60)


class ApiServer:
    """etcd and an API server in front of it."""

    def __init__(self, cluster, programs):
        self.cluster, (self.program, self.etcd) = cluster, programs
        self.folder = cluster.folder
        self.port, self.etcd_port = free_port(), free_port(behind=1)
        key = self.folder / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        (self.folder / "tokens.csv").write_text(f'{OPENER},admin,admin,"system:masters"\n')
        (self.folder / "encryption.yaml").write_text(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
            "  - resources: [secrets]\n    providers:\n"
            "      - kms: {apiVersion: v2, name: custodes, timeout: 3s, "
            f"endpoint: 'unix://{cluster.socket}'}}\n"
        )

    @contextmanager
    def etcd_runs(self):
        own = f"http://127.0.0.1:{self.etcd_port}"
        command = [self.etcd, "--data-dir", str(self.folder / "etcd"), "--listen-client-urls", own]
        command += ["--advertise-client-urls", own, "--listen-peer-urls", "http://127.0.0.1:0"]
        command += ["--initial-advertise-peer-urls", "http://127.0.0.1:1"]
        command += ["--initial-cluster", "default=http://127.0.0.1:1", "--log-level", "error"]
        with process(command, self.folder / "etcd.log") as made:
            until(lambda: made.poll() is None and self._etcd_answers(), "etcd")
            yield

    @contextmanager
    def runs(self):
        command = [self.program, f"--etcd-servers=http://127.0.0.1:{self.etcd_port}"]
        command += [f"--secure-port={self.port}", "--bind-address=127.0.0.1"]
        command += [f"--cert-dir={self.folder / 'certs'}", f"--token-auth-file={self.folder / 'tokens.csv'}"]
        command += [f"--encryption-provider-config={self.folder / 'encryption.yaml'}"]
        command += ["--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/24"]
        command += ["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"]
        command += ["--service-account-issuer=https://kubernetes.default.svc"]
        for name in ("service-account-key-file", "service-account-signing-key-file"):
            command.append(f"--{name}={self.folder / 'accounts.key'}")
        with process(command, self.folder / "api.log") as made:
            self.process = made
            yield

    def ask(self, method, path, body=None):
        """(status, answer)."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {OPENER}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", data, headers, method=method)
        trusting = ssl._create_unverified_context()
        try:
            with urllib.request.urlopen(request, timeout=60, context=trusting) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            assert self.process.poll() is None, (self.folder / "api.log").read_text()[-3_000:]
            return 0, str(error)

    def is_ready(self):
        return self.ask("GET", "/readyz")[0] == 200

    def put(self, name, version="POST"):
        data = {"password": b64(SECRET.encode())}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
        place = "/api/v1/namespaces/kube-system/secrets"
        return (
            self.ask("POST", place, body) if version == "POST" else self.ask("PUT", f"{place}/{name}", body)
        )

    def got(self, name):
        status, said = self.ask("GET", f"/api/v1/namespaces/kube-system/secrets/{name}")
        return status, json.loads(said).get("data", {}).get("password") if status == 200 else said

    def stored(self, name):
        """What lies in etcd, as etcd gives it."""
        key = b64(f"/registry/secrets/kube-system/{name}".encode())
        url = f"http://127.0.0.1:{self.etcd_port}/v3/kv/range"
        request = urllib.request.Request(url, json.dumps({"key": key}).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return base64.b64decode(json.loads(answer.read())["kvs"][0]["value"])

    def _etcd_answers(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.etcd_port}/health", timeout=10).close()
        except OSError:
            return False
        return True


def test_an_api_server_keeps_its_secrets_by_a_key_held_here(cluster, programs):
    api = ApiServer(cluster, programs)
    with cluster.plugin(), api.etcd_runs():
        with api.runs():
            until(api.is_ready, "ready")
            assert "kms-providers" in api.ask("GET", "/readyz?verbose")[1]
            until(lambda: api.put("first")[0] in (201, 409), "a secret is written")
            assert api.got("first") == (200, b64(SECRET.encode()))
            lies = api.stored("first")
            assert lies.startswith(b"k8s:enc:kms:v2:custodes:")
            assert SECRET.encode() not in lies
            assert f"{cluster.key}/1".encode() in lies
            cluster.rotate()

            def moved():  # the API server asks for the status once a minute
                assert api.put("first", "PUT")[0] == 200
                return f"{cluster.key}/2".encode() in api.stored("first")

            api.put("second")
            until(moved, "written anew under the new version")
            assert api.got("first") == (200, b64(SECRET.encode()))
        with api.runs():  # it holds nothing in memory now and asks again for both versions
            until(api.is_ready, "ready again")
            assert [api.got(name)[0] for name in ("first", "second")] == [200, 200]
            cluster.kill()
            until(lambda: not api.is_ready(), "no longer ready")
        with api.runs():
            until(lambda: "kms" in api.ask("GET", "/readyz?verbose")[1], "it listens")
            until(lambda: api.got("first")[0] == 500, "a secret that cannot be read")
            assert SECRET not in str(api.got("second"))
            assert api.put("third")[0] == 500
