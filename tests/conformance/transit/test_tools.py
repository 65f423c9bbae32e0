"""Foreign tools against the transit process as it runs, and OpenBao's own engine beside it as the reference.

Wanted: `bao` (CUSTODES_BAO, or on the path) and `sops` (CUSTODES_SOPS, or on the path; `go install
github.com/getsops/sops/v3/cmd/sops@latest` makes one). Where one is missing, its part is not judged.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from custodes.settings import FILE_NAME, to_toml
from fakes.folk import FolkWorld
from fakes.ports import free_port
from fakes.served import served
from house.tree import ROOT

pytestmark = pytest.mark.conformance
ROOT_TOKEN = "root-of-the-test"
HELLO = base64.b64encode(b"hello").decode()


def program(name, variable):
    found = os.environ.get(variable) or shutil.which(name)
    if found is None:
        pytest.skip(f"not judged: no {name} on this machine ({variable})")
    return found


def started(command, log, address, env=None):
    """The process, once something answers at its address."""
    with log.open("wb") as out:
        own = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env or own)
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/v1/sys/health", timeout=10).close()
        except urllib.error.HTTPError:
            return process
        except OSError:
            time.sleep(0.1)
            continue
        return process
    raise AssertionError(log.read_text())


def ran(command, environment):
    """The command to its end; it must succeed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Engine:
    """One engine: where it is, and a token that may do all."""

    def __init__(self, url, token, use_token=None):
        self.url, self.token, self.use_token = url, token, use_token or token

    def ask(self, method, path, body=None, token=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/{path}", data, method=method)
        request.add_header("X-Vault-Token", token or self.use_token)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                raw = answer.read()
                return answer.status, json.loads(raw) if raw else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def make(self, name, **body):
        return self.ask("POST", f"transit/keys/{name}", body, self.token)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with served(folder, FolkWorld) as house:
        port = free_port()
        for place in (house.settings.meters, house.settings.stores, house.settings.public_log):
            place.mkdir(exist_ok=True)
        settings = type(house.settings)(transit_port=port, demo=True)
        (folder / FILE_NAME).write_text(to_toml(settings))
        command = [sys.executable, "-m", "custodes.wiring", "transit", str(folder / FILE_NAME)]
        log = folder / "transit.log"
        process = started(command, log, f"http://127.0.0.1:{port}")
        try:
            world = house.world
            yield Engine(f"http://127.0.0.1:{port}", world.olga.token.token, world.token.token)
        finally:
            process.terminate()
            process.wait(60)
        said = log.read_text()
        for secret in (HELLO, "canary", world.token.token.partition(".")[2], world.olga.token.token):
            assert secret not in said


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    bao = program("bao", "CUSTODES_BAO")
    folder, port = tmp_path_factory.mktemp("bao"), free_port(behind=1)
    command = [bao, "server", "-dev", f"-dev-root-token-id={ROOT_TOKEN}", "-dev-no-store-token"]
    command.append(f"-dev-listen-address=127.0.0.1:{port}")
    process = started(command, folder / "out", f"http://127.0.0.1:{port}", {"HOME": str(folder)})
    try:
        engine = Engine(f"http://127.0.0.1:{port}", ROOT_TOKEN)
        engine.ask("POST", "sys/mounts/transit", {"type": "transit"})
        yield engine
    finally:
        process.terminate()
        process.wait(60)


def shape(value):
    """What has to be alike: names, types, and texts that tools compare; not ids, times and ciphertexts."""
    if isinstance(value, dict):
        own = {"request_id", "reference", "supports_derivation"}  # Ed25519 is not derived here
        return {name: shape(one) for name, one in value.items() if name not in own}
    if isinstance(value, list):
        named = all(isinstance(one, str) for one in value)  # names of keys: other tests make some
        return ["names"] if named and len(value) > 1 else [shape(one) for one in value]
    if isinstance(value, str):
        return value[:9] if value.startswith("vault:v") else type(value).__name__
    return value if isinstance(value, bool | type(None)) else type(value).__name__


REQUESTS = [
    ("POST", "transit/encrypt/aes", {"plaintext": HELLO}),
    ("POST", "transit/encrypt/aes", {"plaintext": HELLO, "associated_data": HELLO}),
    ("POST", "transit/encrypt/aes", {}),
    ("POST", "transit/encrypt/aes", {"plaintext": "%"}),
    ("POST", "transit/encrypt/aes", {"batch_input": []}),
    ("POST", "transit/encrypt/aes", {"batch_input": [{"plaintext": HELLO}, {"plaintext": HELLO}]}),
    ("POST", "transit/encrypt/aes", {"batch_input": [{"plaintext": HELLO}, {"plaintext": "%"}]}),
    ("POST", "transit/encrypt/rows", {"plaintext": HELLO}),
    ("POST", "transit/encrypt/rows", {"plaintext": HELLO, "context": HELLO}),
    ("POST", "transit/decrypt/aes", {"ciphertext": "x"}),
    ("POST", "transit/decrypt/aes", {"ciphertext": "vault:v9:AAAA"}),
    ("POST", "transit/decrypt/aes", {"ciphertext": "vault:v1:" + "A" * 48}),
    ("POST", "transit/decrypt/aes", {"batch_input": [{"ciphertext": "x"}]}),
    ("POST", "transit/decrypt/none", {"ciphertext": "vault:v1:" + "A" * 48}),
    ("POST", "transit/datakey/plaintext/aes", {}),
    ("POST", "transit/datakey/wrapped/aes", {"bits": 128}),
    ("POST", "transit/hmac/aes", {"input": HELLO}),
    ("POST", "transit/hmac/aes/sha2-512", {"input": HELLO}),
    ("POST", "transit/sign/aes", {"input": HELLO}),
    *(("POST", f"transit/sign/{kind}", {"input": HELLO}) for kind in ("ed25519", "ecdsa-p256", "rsa-2048")),
    ("POST", "transit/sign/ecdsa-p256", {"input": HELLO, "marshaling_algorithm": "jws"}),
    ("POST", "transit/sign/rsa-2048/sha2-512", {"input": HELLO, "signature_algorithm": "pkcs1v15"}),
    ("POST", "transit/verify/ed25519", {"input": HELLO}),
    ("POST", "transit/verify/ed25519", {"input": HELLO, "signature": "vault:v1:AAAA"}),
    ("POST", "transit/verify/ed25519", {"input": HELLO, "hmac": "vault:v1:AAAA"}),
    *(("GET", f"transit/keys/{kind}", None) for kind in ("aes", "ed25519", "ecdsa-p256", "rsa-2048", "none")),
    ("GET", "transit/keys?list=true", None),
]


def test_the_same_requests_have_answers_of_the_same_shape(ours, theirs):
    for engine in (ours, theirs):
        engine.make("aes")
        engine.make("rows", derived=True)
        for kind in ("ed25519", "ecdsa-p256", "rsa-2048"):
            engine.make(kind, type=kind)
    differing = []
    for method, path, body in REQUESTS:
        mine, reference = (engine.ask(method, path, body) for engine in (ours, theirs))
        if (mine[0], shape(mine[1])) != (reference[0], shape(reference[1])):
            differing.append((method, path, body, mine, reference))
    assert [one[:2] for one in differing] == [], json.dumps(differing, indent=1)


def test_what_one_engine_signs_the_others_verifier_takes(ours, theirs):
    """By the public half as each engine shows it, and a third party's verifier."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    for engine in (ours, theirs):
        engine.make("crossed", type="ecdsa-p256")
        made = engine.ask("POST", "transit/sign/crossed", {"input": HELLO})[1]["data"]["signature"]
        shown = engine.ask("GET", "transit/keys/crossed")[1]["data"]["keys"]["1"]["public_key"]
        signature = base64.b64decode(made.partition(":v1:")[2])
        load_pem_public_key(shown.encode()).verify(signature, b"hello", ec.ECDSA(hashes.SHA256()))


def test_the_command_line_of_openbao(ours, tmp_path):
    bao = program("bao", "CUSTODES_BAO")

    def run(*words, token=ours.use_token):
        environment = {"HOME": str(tmp_path), "BAO_ADDR": ours.url, "BAO_TOKEN": token, "BAO_FORMAT": "json"}
        said = ran([bao, *words], environment)
        return json.loads(said) if said.strip() else None

    assert run("status")["sealed"] is False
    run("write", "-f", "transit/keys/by-cli", token=ours.token)
    sealed = run("write", "transit/encrypt/by-cli", f"plaintext={HELLO}")["data"]["ciphertext"]
    opened = run("write", "transit/decrypt/by-cli", f"ciphertext={sealed}")
    assert opened["data"]["plaintext"] == HELLO
    assert "by-cli" in run("list", "transit/keys")
    assert run("read", "transit/keys/by-cli")["data"]["latest_version"] == 1
    assert run("token", "lookup")["data"]["id"] == ours.use_token.partition(".")[0]


def test_sops_seals_a_file_and_opens_it(ours, tmp_path):
    sops = program("sops", "CUSTODES_SOPS")
    ours.make("sops-key", type="rsa-2048")
    plain = tmp_path / "secrets.yaml"
    plain.write_text("password: canary\nport: 5432\n")
    environment = {"HOME": str(tmp_path), "VAULT_TOKEN": ours.use_token, "VAULT_ADDR": ours.url}
    for key in ("sops-key", "aes-of-sops"):
        if key == "aes-of-sops":
            ours.make(key)
        at = f"{ours.url}/v1/transit/keys/{key}"
        sealed = ran([sops, "encrypt", "--hc-vault-transit", at, str(plain)], environment)
        assert "canary" not in sealed
        assert "vault:v1:" in sealed
        file = tmp_path / f"{key}.enc.yaml"
        file.write_text(sealed)
        assert ran([sops, "decrypt", str(file)], environment) == plain.read_text()


def test_the_command_line_of_openbao_brings_a_key_from_openbao(ours, theirs, tmp_path):
    """One key in both engines, by the same command: what one sealed the other opens, their codes are one."""
    bao = program("bao", "CUSTODES_BAO")

    def run(engine, *words):
        environment = {"HOME": str(tmp_path), "BAO_ADDR": engine.url, "BAO_TOKEN": engine.token}
        ran([bao, *words], environment)

    raw = base64.b64encode(bytes(range(32))).decode()
    for engine in (theirs, ours):
        for kind in ("aes256-gcm96", "hmac"):
            more = ["key_size=32"] if kind == "hmac" and engine is theirs else []
            run(engine, "transit", "import", f"transit/keys/own-{kind}", raw, f"type={kind}", *more)
    bound = {"associated_data": HELLO}
    sealed = theirs.ask("POST", "transit/encrypt/own-aes256-gcm96", {"plaintext": HELLO, **bound})[1]["data"]
    found = {"ciphertext": sealed["ciphertext"], **bound}
    assert ours.ask("POST", "transit/decrypt/own-aes256-gcm96", found)[1]["data"]["plaintext"] == HELLO
    codes = [one.ask("POST", "transit/hmac/own-hmac", {"input": HELLO})[1]["data"] for one in (ours, theirs)]
    assert codes[0] == codes[1]
    shapes = [shape(one.ask("GET", "transit/keys/own-aes256-gcm96")[1]) for one in (ours, theirs)]
    assert shapes[0] == shapes[1]
    run(
        ours,
        "transit",
        "import-version",
        "transit/keys/own-aes256-gcm96",
        base64.b64encode(b"\1" * 31 + b"\2").decode(),
    )
    assert ours.ask("GET", "transit/keys/own-aes256-gcm96")[1]["data"]["latest_version"] == 2
    assert ours.ask("POST", "transit/decrypt/own-aes256-gcm96", found)[1]["data"]["plaintext"] == HELLO
