"""Judges from other ecosystems: Go's x/mod note and tlog, and @sigstore/verify from npm.

A judge whose tool cannot be had is reported as not judged, never as passed.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from custodes.kernel.canonical import b64
from custodes.ledger import cosign, merkle, tiles
from fakes.ledger import AT, ORIGIN, head, leaves, log_mldsa, log_signer, witness

HERE = Path(__file__).parent
SIGSTORE = "@sigstore/verify@4.1.3"
SIZES = [1, 256, 700, 70_000, 256_300]  # the last has tiles x001/000 and above

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]


def ran(command, folder, given=None):
    return subprocess.run(
        command, cwd=folder, input=given, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="session")
def go_judge(tmp_path_factory):
    """Built from the x/mod sources that every Go toolchain carries, so no network is needed."""
    if shutil.which("go") is None:
        pytest.skip("not judged: x/mod needs a Go toolchain")
    folder = tmp_path_factory.mktemp("xmod")
    root = Path(ran(["go", "env", "GOROOT"], folder).stdout.strip())
    vendored = root / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod" / "sumdb"
    if not vendored.is_dir():
        pytest.skip("not judged: this Go toolchain carries no x/mod sources")
    for name in ("note", "tlog"):
        shutil.copytree(vendored / name, folder / "mod" / "sumdb" / name)
    language = ".".join(ran(["go", "env", "GOVERSION"], folder).stdout.removeprefix("go").split(".")[:2])
    (folder / "mod" / "go.mod").write_text(f"module golang.org/x/mod\n\ngo {language.strip()}\n")
    (folder / "go.mod").write_text(
        f"module judge\n\ngo {language.strip()}\n\nrequire golang.org/x/mod v0.0.0\n\n"
        "replace golang.org/x/mod => ./mod\n"
    )
    shutil.copy(HERE / "xmod" / "main.go", folder / "main.go")
    built = ran(["go", "build", "-o", "judge", "."], folder)
    assert built.returncode == 0, built.stderr
    return folder / "judge"


@pytest.fixture(scope="session")
def sigstore(tmp_path_factory):
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("not judged: @sigstore/verify needs node and npm")
    folder = tmp_path_factory.mktemp("sigstore")
    (folder / "package.json").write_text('{"private": true}')
    installed = ran(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", SIGSTORE], folder)
    if installed.returncode != 0:
        pytest.skip(f"not judged: {SIGSTORE} could not be installed")
    return folder


def published(folder, hashes):
    for put in tiles.extend(0, hashes, {}):
        path = folder / tiles.tile_path(put.level, put.n, put.width)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(put.hashes)
    signers = [log_signer(), log_mldsa(), witness("w1.example")]
    (folder / "checkpoint").write_bytes(cosign.publish(head(hashes), signers, AT).encode())
    size, reader = len(hashes), merkle.reader_of(hashes)
    inclusion = [
        {
            "Index": index,
            "Leaf": b64(hashes[index]),
            "Path": [b64(step) for step in merkle.inclusion_proof(reader, index, size)],
        }
        for index in sorted({0, size // 3, size - 1})
    ]
    consistency = [
        {
            "Old": old,
            "Root": b64(merkle.root_of(hashes[:old])),
            "Path": [b64(step) for step in merkle.consistency_proof(reader, old, size)],
        }
        for old in sorted({1, size // 2 or 1, size})
    ]
    proofs = {"Inclusion": inclusion, "Consistency": consistency}
    (folder / "proofs.json").write_text(json.dumps(proofs))
    return proofs


@pytest.mark.parametrize("size", SIZES)
def test_x_mod_accepts_our_log(go_judge, tmp_path, size):
    published(tmp_path, leaves(size))
    judged = ran([go_judge, tmp_path, log_signer().vkey.text()], tmp_path)
    assert (judged.returncode, judged.stdout) == (0, "ok\n")


def test_x_mod_refuses_what_was_changed(go_judge, tmp_path):
    proofs = published(tmp_path, leaves(700))
    vkey = log_signer().vkey.text()

    def refused():
        return ran([go_judge, tmp_path, vkey], tmp_path).returncode == 1

    for path in ["checkpoint", "tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2"]:
        good = (tmp_path / path).read_bytes()
        (tmp_path / path).write_bytes(good[:5] + bytes([good[5] ^ 1]) + good[6:])
        assert refused(), path
        (tmp_path / path).write_bytes(good)
    for kind in proofs:
        bad = json.loads(json.dumps(proofs))
        bad[kind][1]["Path"][0] = b64(bytes(32))
        (tmp_path / "proofs.json").write_text(json.dumps(bad))
        assert refused(), kind
    (tmp_path / "proofs.json").write_text(json.dumps(proofs))
    assert not refused()
    vkey = log_signer("other.example").vkey.text()
    assert refused()


def case(size, index):
    signers = [log_signer(), witness("w1.example")]
    hashes = leaves(size)
    vkey = signers[0].vkey
    return {
        "name": ORIGIN,
        "key_id": vkey.key_id.hex(),
        "public": vkey.public.hex(),
        "checkpoint": cosign.publish(head(hashes), signers, AT).encode().decode(),
        "index": index,
        "entry": f"leaf {index}".encode().hex(),
        "path": [step.hex() for step in merkle.inclusion_proof(merkle.reader_of(hashes), index, size)],
    }


def by_sigstore(folder, given):
    return ran(["node", HERE / "sigstore" / "judge.cjs", folder], folder, json.dumps(given))


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (700, 255), (700, 699), (4097, 4096)])
def test_sigstore_accepts_our_checkpoint_and_proof(sigstore, size, index):
    judged = by_sigstore(sigstore, case(size, index))
    assert (judged.returncode, judged.stdout) == (0, "ok\n"), judged.stderr


@pytest.mark.parametrize("fault", ["entry", "path", "index", "public", "checkpoint"])
def test_sigstore_refuses_what_was_changed(sigstore, fault):
    given = case(700, 255)
    given[fault] = {
        "entry": "00",
        "path": given["path"][:-1],
        "index": 256,
        "public": log_signer("other.example").vkey.public.hex(),
        "checkpoint": given["checkpoint"].replace("\n700\n", "\n701\n"),
    }[fault]
    assert by_sigstore(sigstore, given).returncode == 1
