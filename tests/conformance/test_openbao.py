"""The transit holder against a real OpenBao in dev mode with TLS.

Wanted: `bao` on the path, or named by CUSTODES_BAO (`go install github.com/openbao/openbao/v2@latest` makes
one). Where there is none, the contract is not judged.
"""

import os
import shutil
import socket
import subprocess
import time

import hvac
import msgspec
import pytest

from custodes.adapters.holders.openbao import OpenBaoHolder
from custodes.custody.wrap import Context, Purpose
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

pytestmark = pytest.mark.conformance
ROOT_TOKEN = "root-of-the-test"
WHERE = Context(
    house="hse-a", customer="cus-a", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="cus-a"
)
POLICY = """
path "transit/encrypt/house" { capabilities = ["update"] }
path "transit/decrypt/house" { capabilities = ["update"] }
path "transit/keys/house" { capabilities = ["read"] }
"""


@pytest.fixture(scope="module")
def bao(tmp_path_factory):
    yield from _served(tmp_path_factory)


@pytest.fixture
def own_bao(tmp_path_factory):
    """One that a test may seal."""
    yield from _served(tmp_path_factory)


def _served(tmp_path_factory):
    program = os.environ.get("CUSTODES_BAO") or shutil.which("bao")
    if program is None:
        pytest.skip("not judged: no OpenBao on this machine (CUSTODES_BAO)")
    folder = tmp_path_factory.mktemp("bao")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [program, "server", "-dev", "-dev-tls", f"-dev-tls-cert-dir={folder}", "-dev-no-store-token"]
    command += [f"-dev-root-token-id={ROOT_TOKEN}", f"-dev-listen-address=127.0.0.1:{port}"]
    audit = folder / "audit.json"
    conf = folder / "audit.hcl"
    conf.write_text(f'audit "file" "uses" {{ options {{ file_path = "{audit}" }} }}\n')
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [*command, f"-config={conf}"], stdout=out, stderr=out, env={"HOME": str(folder)}
        )
    try:
        client = _client(port, folder, process)
        client.sys.enable_secrets_engine("transit")
        client.secrets.transit.create_key("house", derived=True)
        client.sys.create_or_update_policy("custodes", POLICY)
        yield client, port, folder
    finally:
        process.terminate()
        process.wait(20)


def _client(port, folder, process):
    for _ in range(300):
        found = list(folder.glob("*ca.pem"))
        assert process.poll() is None, (folder / "out").read_text()
        if found:
            client = hvac.Client(f"https://127.0.0.1:{port}", token=ROOT_TOKEN, verify=str(found[0]))
            try:
                client.sys.read_health_status(method="GET")
            except Exception:
                time.sleep(0.1)
                continue
            return client
        time.sleep(0.1)
    raise AssertionError((folder / "out").read_text())


@pytest.fixture
def uri(bao):
    return _uri(bao)


def _uri(bao):
    _, port, folder = bao
    (ca,) = folder.glob("*ca.pem")
    return f"openbao+https://127.0.0.1:{port}/transit/house?ca={ca}"


@pytest.fixture
def token(bao):
    made = bao[0].auth.token.create(policies=["custodes", "default"], ttl="1h")
    return made["auth"]["client_token"].encode()


def code_of(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code


def test_the_whole_contract(uri, token):
    holder = OpenBaoHolder(uri)
    assert code_of(holder.unseal, b"s.wrong") == "wrong-secret"
    assert code_of(holder.wrap, WHERE, b"root", SeededDice(1)) == "holder-sealed"
    holder.unseal(token)
    holder.probe()
    wrapped = holder.wrap(WHERE, b"root", SeededDice(1))
    assert holder.unwrap(WHERE, wrapped) == b"root"
    for field in ("house", "customer", "subject"):
        moved = msgspec.structs.replace(WHERE, **{field: "other"})
        assert code_of(holder.unwrap, moved, wrapped) == "wrap-mismatch"
    for broken in (wrapped[:-1], wrapped[:-9] + b"AAAAAAA" + wrapped[-2:], b"\x03vault:v7:" + wrapped[10:]):
        assert code_of(holder.unwrap, WHERE, broken) == "wrap-mismatch"


def test_rotated_the_old_still_opens(bao, uri, token):
    holder = OpenBaoHolder(uri)
    holder.unseal(token)
    old = holder.wrap(WHERE, b"root", SeededDice(1))
    bao[0].secrets.transit.rotate_key("house")
    new = holder.wrap(WHERE, b"root", SeededDice(1))
    assert new[:9] != old[:9]
    assert (holder.unwrap(WHERE, old), holder.unwrap(WHERE, new)) == (b"root", b"root")


def test_a_role_logs_in_again_after_its_token_was_revoked(bao, uri, tmp_path):
    client = bao[0]
    if "approle/" not in client.sys.list_auth_methods()["data"]:
        client.sys.enable_auth_method("approle")
    client.auth.approle.create_or_update_approle("custodes", token_policies=["custodes"])
    role_id = client.auth.approle.read_role_id("custodes")["data"]["role_id"]
    file = tmp_path / "secret-id"
    file.write_text(client.auth.approle.generate_secret_id("custodes")["data"]["secret_id"])
    file.chmod(0o600)
    holder = OpenBaoHolder(f"{uri}&role-id={role_id}&secret-id-file={file}")
    holder.unseal(b"")
    wrapped = holder.wrap(WHERE, b"root", SeededDice(1))
    client.auth.token.revoke(holder._client.token)
    assert holder.unwrap(WHERE, wrapped) == b"root"


def test_a_key_that_could_be_exported_or_is_not_derived_is_not_used(bao, uri, token):
    transit = bao[0].secrets.transit
    transit.create_key("plain")
    transit.create_key("open", derived=True, exportable=True)
    root = ROOT_TOKEN.encode()
    for name in ("plain", "open"):
        assert code_of(OpenBaoHolder(uri.replace("/house?", f"/{name}?")).unseal, root) == "holder-unsafe"
    assert code_of(OpenBaoHolder(uri.replace("/house?", "/absent?")).unseal, root) == "holder-key-missing"


def test_a_token_without_the_right_is_refused(bao, uri):
    made = bao[0].auth.token.create(policies=["default"], ttl="1h")["auth"]["client_token"]
    holder = OpenBaoHolder(uri)
    holder.unseal(made.encode())
    assert code_of(holder.wrap, WHERE, b"root", SeededDice(1)) == "holder-refuses"


def test_sealed_it_is_gone(own_bao):
    holder = OpenBaoHolder(_uri(own_bao))
    holder.unseal(ROOT_TOKEN.encode())
    wrapped = holder.wrap(WHERE, b"root", SeededDice(1))
    own_bao[0].sys.seal()
    assert code_of(holder.unwrap, WHERE, wrapped) == "holder-gone"
    assert code_of(holder.probe) == "holder-gone"
