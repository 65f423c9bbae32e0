"""Programs of others over files their owner seals, with a real house's keys: each opening is an entry.

They lie in a folder, and in the gateway of another house (s3fs).
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

import judges
from fakes.folk import entries
from fakes.houses import House
from fakes.office import OfficeWorld
from fakes.served import api_of, served

pytestmark = pytest.mark.timeout(600)
SCRIPT = Path(__file__).with_name("tables.py")


def test_pandas_duckdb_pyarrow_and_dask(tmp_path):
    python = judges.environment("frames") / "python"
    house, kept, facts = tmp_path / "house", tmp_path / "kept", tmp_path / "facts.json"
    for folder in (house, kept, tmp_path / "store"):
        folder.mkdir()
    store = House(tmp_path / "store").found()
    with served(house, OfficeWorld) as found, api_of(found) as url, store.running("keyroom", "s3"):
        store.boto3().create_bucket(Bucket="sealed")
        world = found.world
        said = {"url": url, "token": world.token.token, "folder": str(kept), "reason": "nightly"}
        said["timeout_s"] = 60.0  # sixteen ask at once, and others may be at work on this machine
        said |= {"house": world.body.id, "customer": world.customer_row.id, "key": world.key}
        said["s3"] = {"key": store.key.access_key, "secret": store.key.secret, "endpoint_url": store.endpoint}
        facts.write_text(json.dumps(said))
        done = subprocess.run(
            [str(python), "-W", "ignore", str(SCRIPT), str(facts)],
            env={**os.environ, "PYTHONPATH": str(judges.ROOT / "src")},
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )
        assert done.returncode == 0, done.stdout + done.stderr[-9000:]
        log = f"{world.customer_row.id}/machine"
        assert len(entries(world, log, "key.wrap")) > 40
        assert len(entries(world, log, "key.unwrap")) > 60
