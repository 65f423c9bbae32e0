"""Listing a bucket of a million objects: each kind of page, at its beginning, in the middle and at its end.

The rows are one real object's again, under names and versions of their own (`LISTING_OBJECTS`): folders of a
thousand in ten folders of a hundred, `f0421/7/000421700.pdf`, every tenth name with a second version. Each
figure is the time from a signed request to the last byte of its page, over one connection; beside it what
the keyroom and the plane spent. A page that reads through what lies before it shows in the middle.
"""

import os
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import s3, s3_load
from .figures import machine, percentile
from .s3_load import Connection, Target

if TYPE_CHECKING:
    from fakes.houses import House

OBJECTS = int(os.environ.get("LISTING_OBJECTS", "1000000"))
ROUNDS = int(os.environ.get("LISTING_ROUNDS", "30"))
SEED = "seed"
NAME = "printf('f%04d/%d/%09d.pdf', (i - 1) / 1000, (i - 1) % 1000 / 100, i - 1)"
NEWER = 10  # every so-manieth name has a second version
TWIN = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO object_version ({columns})
SELECT {values} FROM n, (SELECT * FROM object_version WHERE name = :seed LIMIT 1) AS one
WHERE i % :each = 0
"""
LATEST = """
INSERT INTO object_latest (bucket, name, seq, version, is_null, size, etag, at)
SELECT bucket, name, -min(rank), version, is_null, size, etag, at FROM object_version
WHERE name >= CAST('f' AS BLOB) AND name < CAST('g' AS BLOB) GROUP BY bucket, name
"""


def main() -> None:
    """Lay the rows down, list, print."""
    with tempfile.TemporaryDirectory(prefix="l", dir=os.environ.get("LISTING_FOLDER")) as folder:
        from fakes.houses import House  # noqa: PLC0415 - the tests' own house

        house = House(Path(folder)).found()
        with house.running("keyroom", "s3"):
            house.boto3().create_bucket(Bucket="bench")
            house.boto3().put_object(Bucket="bench", Key=SEED, Body=b"%PDF" * 1024)
        fill(house, OBJECTS)
        sys.stdout.write(machine(Path(folder)) + "\n")
        with house.running("keyroom", "s3"):
            measure(s3.target(house))


def fill(house: "House", objects: int) -> None:
    """So many rows in the place where listings look, and every tenth of them twice."""
    began = time.perf_counter()
    database = sqlite3.connect(house.settings.database)
    for hurry in ("synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY", "journal_mode=MEMORY"):
        database.execute(f"PRAGMA {hurry}")
    columns = [row[1] for row in database.execute("PRAGMA table_info(object_version)")]
    for each, beyond in ((1, 1_000_000), (NEWER, 10_000_000)):
        own = {
            "name": f"CAST({NAME} AS BLOB)",
            "rank": f"-({beyond} + i)",
            "version": f"printf('twin-%d-%09d', {each}, i)",
            "is_null": "0",
        }
        values = ", ".join(own.get(column, f"one.{column}") for column in columns)
        twin = TWIN.format(columns=", ".join(columns), values=values)
        database.execute(twin, {"seed": SEED.encode(), "count": objects, "each": each})
    database.execute(LATEST)
    database.commit()
    database.execute("PRAGMA journal_mode=WAL")
    (live,) = database.execute("SELECT count(*) FROM object_latest").fetchone()
    (rows,) = database.execute("SELECT count(*) FROM object_version").fetchone()
    database.close()
    took = time.perf_counter() - began
    sys.stdout.write(f"{live:,} names, {rows:,} versions, laid down in {took:.0f} s\n")


def queries() -> dict[str, dict[str, str]]:
    """The pages that are asked for, by what is said of them."""
    folders = OBJECTS // 1_000
    middle, last = f"f{folders // 2:04d}/", f"f{folders - 2:04d}/"
    name = f"{middle}5/{folders // 2 * 1_000 + 500:09d}.pdf"
    v2, versions = {"list-type": "2"}, {"versions": ""}
    return {
        "keys: first page": v2,
        "keys: start-after in the middle": {**v2, "start-after": name},
        "keys: start-after near the end": {**v2, "start-after": last},
        "keys: prefix in the middle": {**v2, "prefix": middle},
        "keys: ten, in the middle": {**v2, "start-after": name, "max-keys": "10"},
        "folders: a thousand of a thousand": {**v2, "delimiter": "/"},
        "folders: the other half of them": {**v2, "delimiter": "/", "start-after": name},
        "folders: in a folder in the middle": {**v2, "delimiter": "/", "prefix": middle},
        "folders: keys two deep": {**v2, "delimiter": "/", "prefix": f"{middle}5/"},
        "versions: first page": versions,
        "versions: in the middle": {**versions, "key-marker": name},
        "versions: near the end": {**versions, "key-marker": last},
        "versions: prefix in the middle": {**versions, "prefix": middle},
        "versions: a thousand folders": {**versions, "delimiter": "/"},
    }


def measure(at: Target) -> None:
    """Ask for each page many times, in turns, and print what it took."""
    taken: dict[str, list[float]] = {name: [] for name in queries()}
    spent = dict.fromkeys(taken, 0.0)
    shown = dict.fromkeys(taken, "")
    with Connection(at) as connection:
        for n in range(ROUNDS + 1):
            for name, query in queries().items():
                cpu, began = s3_load.spent_s(at), time.perf_counter()
                body = connection.listed(query)
                if n:  # the first one warms up
                    taken[name].append((time.perf_counter() - began) * 1e3)
                    spent[name] += s3_load.spent_s(at) - cpu
                shown[name] = f"{body.count(b'<Key>')} keys, {body.count(b'<CommonPrefixes>')} folders"
    for name, times in taken.items():
        took = f"{statistics.median(times):.1f} ms, p99 {percentile(times, 0.99):.1f} ms"
        cpu_ms = spent[name] / ROUNDS * 1e3
        sys.stdout.write(f"{name} ({shown[name]}): {took}, {cpu_ms:.0f} cpu ms of the server\n")


if __name__ == "__main__":
    main()
