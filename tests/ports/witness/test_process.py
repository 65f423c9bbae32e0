"""A witness as a process of its own: over HTTP, over a SIGKILL, with nothing of a keyroom in it."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from custodes.ledger import cosign
from custodes.ledger.note import Vkey
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.wiring.watch import witness as wiring
from custodes.wiring.watch.witness import MEMORY, WitnessSettings, load
from fakes.ledger import AT, ORIGIN, head, leaves, log_signer
from fakes.ports import free_port

NAME = "witness.example/w1"
SRC = Path(__file__).parents[3] / "src"


@pytest.fixture
def folder(tmp_path):
    wiring.found(tmp_path / "w", WitnessSettings(name=NAME, port=free_port()), None)
    return tmp_path / "w"


@pytest.mark.whole
def test_a_running_witness_cosigns_remembers_over_a_kill_and_holds_no_keyroom(folder):
    wiring.add_log(folder, WitnessedLog(origin=ORIGIN, vkeys=(log_signer().vkey,)))
    base = f"http://127.0.0.1:{load(folder).port}"
    hashes = leaves(8)
    vkeys = [log_signer().vkey, *(Vkey.parse(text) for text in wiring.vkeys(folder, b""))]
    process = started(folder, base)
    try:
        note = cosign.publish(head(hashes[:5]), [log_signer()], AT).encode()
        status, lines = posted(base, b"old 0\n\n" + note)
        assert status == 200
        checked = [one for one in cosign.verify(note + lines, vkeys, ORIGIN).lines if one.name == NAME]
        assert [one.is_checked for one in checked] == [True, True]
        assert (folder / "held").read_text() == ""
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process = started(folder, base)
        fork = cosign.publish(head(leaves(5, "fork")), [log_signer()], AT).encode()
        assert posted(base, b"old 0\n\n" + fork) == (409, b"5\n")
        assert posted(base, b"old 5\n\n" + fork)[0] == 422
        with urllib.request.urlopen(
            f"{base}/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
        ) as kept:
            assert cosign.verify(kept.read(), vkeys, ORIGIN).checkpoint.size == 5
        assert (folder / MEMORY).is_file()
    finally:
        process.terminate()
        assert process.wait(20) == 0


def started(folder, base):
    line = [sys.executable, "-c", SPIED, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(line, env=environment, stdout=quiet, stderr=quiet)
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(base, timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return process
    raise AssertionError("the witness does not answer")


# Runs the command and writes down, once it serves, what of a keyroom is loaded.
SPIED = """
import pathlib, sys
from custodes.wiring.watch import witness
folder = pathlib.Path(sys.argv[1])
held = [n for n in sys.modules if n.startswith((
    "custodes.acts.keyroom", "custodes.acts.writing", "custodes.acts.footing", "custodes.acts.answers",
    "custodes.acts.socket", "custodes.store.books", "custodes.policy", "custodes.desks"))]
(folder / "held").write_text(" ".join(held))
witness.run(folder, b"")
"""


def posted(base, body):
    asked = urllib.request.Request(f"{base}/add-checkpoint", data=body, method="POST")
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
