"""A foreign judge of what a mirror holds: Tessera's fsck over its folder.

A judge that cannot be had is not judged, never passed.
"""

import os
import shutil
import subprocess

import pytest

from custodes.acts.watch.mirror import Mirror
from custodes.adapters.log_files import WatchFolder
from custodes.ledger.slots import epoch_leaf
from fakes import SetClock
from fakes.ledger import ORIGIN, log_mldsa, log_signer
from fakes.logs import published

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]
FSCK = "github.com/transparency-dev/tessera/cmd/fsck@v1.0.4"


def go_tool(folder, what):
    """The path of a Go program, built by its own toolchain; skips by the word where it cannot be had."""
    name = what.partition("@")[0].rpartition("/")[2]
    if shutil.which("go") is None:
        pytest.skip(f"not judged: {name} needs a Go toolchain")
    environment = {"GOBIN": str(folder), "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "auto"}

    done = subprocess.run(
        ["go", "install", what],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"not judged: {name} cannot be built: {done.stderr.strip()[-300:]}")
    return str(folder / name)


def mirrored(tmp_path, count):
    leaves = [epoch_leaf(n + 1, bytes(32)) for n in range(count)]
    web = published(leaves, (log_signer(), log_mldsa()))
    folder = WatchFolder(tmp_path / "mirror")
    keys = (ORIGIN, (log_signer().vkey, log_mldsa().vkey))
    Mirror(folder, web, keys, SetClock()).round()
    return tmp_path / "mirror"


def test_tessera_fsck_agrees_with_a_mirrors_folder(tmp_path):
    fsck = go_tool(tmp_path, FSCK)
    folder = mirrored(tmp_path, 700)
    (tmp_path / "log.vkey").write_text(log_signer().vkey.text())
    line = [
        fsck,
        f"--storage_url=file://{folder}/",
        f"--origin={ORIGIN}",
        f"--public_key={tmp_path / 'log.vkey'}",
        "--ui=false",
    ]
    done = subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Successfully" in done.stderr
    bundle = folder / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"?")
    bent = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    try:
        _, said = bent.communicate(timeout=20)
    except subprocess.TimeoutExpired:  # it need not end when something differs
        bent.kill()
        _, said = bent.communicate()
    assert "Successfully" not in said
