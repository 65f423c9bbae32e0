"""A foreign witness: litewitness cosigns our log as a client of its own protocol, and refuses its fork.

Its control program is not needed: a log is a row of its database, as that program writes it.
"""

import asyncio
import base64
import re
import shutil
import sqlite3
import subprocess
import time
from contextlib import contextmanager

import pytest

from conformance.ledger.test_watch_foreign import go_tool
from custodes.acts.logkeeper.gathering import verified
from custodes.adapters.http.witness import HttpWitness
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, merkle
from custodes.ledger.merkle import EMPTY_ROOT
from custodes.ledger.note import Vkey
from fakes.ledger import AT, ORIGIN, head, leaves, log_mldsa, log_signer
from fakes.ports import free_port

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]
LITEWITNESS = "filippo.io/torchwood/cmd/litewitness@v0.9.0"
NAME = "witness.example/lite"


@contextmanager
def running(folder):
    """litewitness with a key in an ssh-agent, told of our log; (its vkey, its address)."""
    program = go_tool(folder, LITEWITNESS)
    for tool in ("ssh-agent", "ssh-keygen", "ssh-add"):
        if shutil.which(tool) is None:
            pytest.skip(f"not judged: litewitness needs {tool}")
    agent, key, database = folder / "agent", folder / "key", folder / "lite.db"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    connection = sqlite3.connect(database)
    connection.executescript(
        "CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);"
        "CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL,"
        " FOREIGN KEY(origin) REFERENCES log(origin));"
    )
    root = base64.b64encode(EMPTY_ROOT).decode()
    connection.execute("INSERT INTO log VALUES (?, 0, ?)", (ORIGIN, root))
    connection.execute("INSERT INTO key VALUES (?, ?)", (ORIGIN, log_signer().vkey.text()))
    connection.commit()
    connection.close()
    shown = subprocess.run(["ssh-keygen", "-lf", key], capture_output=True, text=True, check=True).stdout
    print_ = shown.split()[1]
    quiet = {"stdout": subprocess.DEVNULL}
    processes = [subprocess.Popen(["ssh-agent", "-D", "-a", agent], **quiet)]
    port = free_port()
    try:
        for _ in range(100):
            added = subprocess.run(
                ["ssh-add", "-q", key], env={"SSH_AUTH_SOCK": str(agent)}, capture_output=True, check=False
            )
            if added.returncode == 0:
                break
            time.sleep(0.1)
        line = [program, "-db", database, "-key", print_, "-name", NAME, "-ssh-agent", agent]
        said = folder / "said"
        with said.open("w") as stderr:
            listen = ["-listen", f"127.0.0.1:{port}"]
            processes.append(subprocess.Popen([*line, *listen], stderr=stderr, cwd=folder))
        for _ in range(300):
            found = re.search(rf"{re.escape(NAME)}\+[0-9a-f]{{8}}\+[A-Za-z0-9+/=]+", said.read_text())
            if found:
                break
            time.sleep(0.1)
        vkey = found[0] if found else ""
        yield vkey, f"http://127.0.0.1:{port}/"
    finally:
        for one in processes:
            one.terminate()
            one.wait(30)


def note(hashes):
    return cosign.publish(head(hashes), [log_signer(), log_mldsa()], AT).encode()


def test_litewitness_cosigns_our_log_and_refuses_its_fork(tmp_path):
    with running(tmp_path) as (vkey, url):
        assert vkey, "litewitness did not say its key"
        key = Vkey.parse(vkey)
        ours = HttpWitness("lite", key, url, timeout_s=30.0)

        async def run():
            hashes, old = leaves(700), 0
            for size in (1, 255, 256, 700):
                made = note(hashes[:size])
                proof = merkle.consistency_proof(merkle.reader_of(hashes), old, size) if old else []
                for _ in range(100):  # it may not listen yet
                    try:
                        lines = await ours.cosign(old, proof, made)
                        break
                    except Refusal as refusal:
                        if refusal.code != "witness-gone" or old:
                            raise
                        await asyncio.sleep(0.1)
                assert verified(made, lines, key), "its line does not hold over our checkpoint"
                old = size
            with pytest.raises(Refusal, match="witness-behind") as behind:
                await ours.cosign(256, (), note(hashes))
            assert behind.value.facts["size"] == 700
            forked = leaves(701, "other")
            path = merkle.consistency_proof(merkle.reader_of(forked), 700, 701)
            with pytest.raises(Refusal, match="witness-conflict"):
                await ours.cosign(700, path, note(forked))

        asyncio.run(run())
