"""AWS's own test client for external key store proxies, over HTTP, against a house that runs.

Its version is pinned by commit; it is fetched into .cache, or taken from the checkout or bare repository that
CUSTODES_XKS_CLIENT names. It ends with 0 even when every test failed, so its last line is read. Where it
cannot be had, or its tools are missing, it is not judged.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fakes.cloud_house import CloudHouse
from house.tree import ROOT

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]
REPOSITORY = "https://github.com/aws-samples/aws-kms-xksproxy-test-client"
COMMIT = "5982a4b0fb78536496c13088d7da43e1f09442a5"
TESTS = 49
SUMMARY = re.compile(r"All (\d+) tests PASSED\.")


def client(folder: Path) -> Path:
    """The client's files at the pinned commit."""
    source = os.environ.get("CUSTODES_XKS_CLIENT")
    kept = Path(source) if source else ROOT / ".cache" / "judges" / "xks-client"
    if not source and not kept.exists():
        done = subprocess.run(["git", "clone", "-q", REPOSITORY, str(kept)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("not judged: the XKS test client cannot be fetched (CUSTODES_XKS_CLIENT)")
    made = folder / "client"
    made.mkdir()
    whole = subprocess.run(["git", "-C", str(kept), "archive", COMMIT], capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(made)], input=whole.stdout, check=True)
    return made


def environment(house: CloudHouse, folder: Path) -> dict[str, str]:
    shim = folder / "bin"
    shim.mkdir()
    (shim / "uuidgen").write_text("#!/bin/sh\ncat /proc/sys/kernel/random/uuid\n")
    (shim / "uuidgen").chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{shim}:{os.environ['PATH']}",
        "XKS_PROXY_HOST": house.host,
        "SCHEME": "http://",
        "URI_PREFIX": house.connection.id,
        "SIGV4_ACCESS_KEY_ID": house.pair[0],
        "SIGV4_SECRET_ACCESS_KEY": house.pair[1],
        "KEY_ID": "both",
        "ENCRYPT_ONLY_KEY_ID": "seal",
        "DECRYPT_ONLY_KEY_ID": "open",
        "IMPOTENT_KEY_ID": "none",
        "ANSI_ESCAPE": "0",
    }


def test_the_client_passes_every_test(tmp_path, record_property):
    for tool in ("bash", "curl", "jq", "xxd"):
        if shutil.which(tool) is None:
            pytest.skip(f"not judged: no {tool} on this machine")
    house = CloudHouse(tmp_path / "house").found()
    folder = client(tmp_path)
    with house.running("keyroom", "logkeeper", "xks"):
        done = subprocess.run(
            ["./test-xks-proxy", "-a"],
            cwd=folder,
            env=environment(house, tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
    last = done.stdout.strip().splitlines()[-1]
    found = SUMMARY.search(last)
    failed = [line for line in done.stdout.splitlines() if "FAILED" in line]
    assert found is not None, (last, failed)
    record_property("figure", f"{found.group(1)} of {TESTS}")
    assert int(found.group(1)) == TESTS
    said = "".join(path.read_text() for path in house.said.values())
    assert house.pair[1] not in said
    assert "SGVsbG8gV29ybGQh" not in said, "a plaintext in a process's own log"
