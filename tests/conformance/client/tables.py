"""Run in the judges' own environment: what programs of others do with files their owner seals.

`python tables.py FACTS.json`: url, token, house, customer, key, folder, and of an S3 endpoint key, secret and
endpoint_url, with a bucket `sealed`.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dask
import dask.dataframe
import duckdb
import fsspec
import pandas
import pyarrow
import pyarrow.dataset
from pyarrow.fs import FSSpecHandler, PyFileSystem

from custodes.client import HouseKeys, SealedFileSystem

ROWS = 200_000
PIECES = 4


def main():
    facts = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    folder, s3, own = facts.pop("folder"), facts.pop("s3"), "A" * 43 + "="
    files = SealedFileSystem(fsspec.filesystem("file"), HouseKeys(**facts), own=own)
    options = {"target_protocol": "file", "keys": facts, "own": own}
    fsspec.register_implementation("custodes", SealedFileSystem)  # an installed package says it by itself
    table = pandas.DataFrame({"n": range(ROWS), "name": [f"name {n % 977}" for n in range(ROWS)]})
    by_pandas(files, table, f"{folder}/pandas", options)
    by_duckdb(files, table, f"{folder}/duckdb")
    by_pyarrow(files, table, f"{folder}/pyarrow")
    by_dask(files, table, f"{folder}/dask", options)
    folders(files, f"{folder}/folders", Path(folder) / "local")
    options = {"target_protocol": "s3", "target_options": s3, "keys": facts, "own": own}
    beyond = SealedFileSystem(**options)
    by_pandas(beyond, table, "sealed/pandas", options)
    by_duckdb(beyond, table, "sealed/duckdb")
    folders(beyond, "sealed/folders", Path(folder) / "far")
    body = bytes(range(256)) * 70_000
    beyond.pipe_file("sealed/long", body)
    assert beyond.cat_file("s3://sealed/long", 8_388_600, 8_388_700) == body[8_388_600:8_388_700]
    broken_off(beyond, "sealed/half")
    for raw in Path(folder).rglob("*"):
        assert raw.is_dir() or raw.suffix == ".plain" or b"name 97" not in raw.read_bytes(), raw


def by_pandas(files, table, at, options):
    files.makedirs(at)
    table.to_parquet(f"{at}/t.parquet", filesystem=files)
    assert pandas.read_parquet(f"{at}/t.parquet", filesystem=files).equals(table)
    table.to_csv(f"custodes://{at}/t.csv.gz", index=False, storage_options=options)
    assert pandas.read_csv(f"custodes://{at}/t.csv.gz", storage_options=options).equals(table)
    some = pandas.read_parquet(f"{at}/t.parquet", filesystem=files, columns=["n"], filters=[("n", "<", 7)])
    assert list(some["n"]) == list(range(7))


def by_duckdb(files, table, at):
    files.makedirs(at)
    db = duckdb.connect()
    db.register_filesystem(files)
    db.register("t", table)
    for n in range(PIECES):
        db.execute(
            f"COPY (FROM t WHERE n % {PIECES} = {n}) TO 'custodes://{at}/{n}.parquet' (FORMAT parquet)"
        )
    asked = f"SELECT count(*), sum(n), count(DISTINCT name) FROM read_parquet('custodes://{at}/*.parquet')"
    assert db.execute(asked).fetchone() == (ROWS, ROWS * (ROWS - 1) // 2, 977)
    assert db.execute(
        f"SELECT name FROM read_parquet('custodes://{at}/1.parquet') WHERE n = 978 + 3"
    ).fetchall()


def by_pyarrow(files, table, at):
    place = PyFileSystem(FSSpecHandler(files))
    small = pyarrow.Table.from_pandas(table.head(1000).assign(part=[n % 3 for n in range(1000)]))
    pyarrow.dataset.write_dataset(small, at, filesystem=place, format="parquet", partitioning=["part"])
    found = pyarrow.dataset.dataset(at, filesystem=place, format="parquet", partitioning=["part"])
    assert found.to_table().num_rows == 1000
    assert found.to_table(filter=pyarrow.dataset.field("part") == 2).num_rows == 333


def by_dask(files, table, at, options):
    files.makedirs(at)
    for n in range(PIECES):
        with files.open(f"{at}/{n}.csv", "w") as out:
            table[table["n"] % PIECES == n].to_csv(out, index=False)
    for scheduler in ("threads", "processes"):
        with dask.config.set(scheduler=scheduler, num_workers=2):
            read = dask.dataframe.read_csv(f"custodes://{at}/*.csv", storage_options=options)
            assert int(read["n"].sum().compute()) == ROWS * (ROWS - 1) // 2


def broken_off(files, path):
    try:
        with files.open(path, "wb") as out:
            out.write(bytes(20_000_000))
            raise KeyError
    except KeyError:
        assert not files.exists(path)


def folders(files, at, beside):
    """A folder put, found, read in ranges at once, moved, got back, and removed."""
    source, back = beside / "source.plain", beside / "back.plain"
    for n in range(20):
        path = source / str(n % 3) / f"{n}.plain"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([n]) * (n * 40_000))
    files.put(str(source), at, recursive=True)
    assert files.du(at) == sum(n * 40_000 for n in range(20))
    with ThreadPoolExecutor(16) as threads:
        ranges = list(threads.map(lambda n: files.cat_file(f"{at}/{n % 3}/{n}.plain", 5, 99_999), range(20)))
    assert ranges == [(bytes([n]) * (n * 40_000))[5:99_999] for n in range(20)]
    files.mv(at, f"{at}-2", recursive=True)
    files.get(f"{at}-2", str(back), recursive=True)
    got, put = (
        {p.relative_to(of): p.read_bytes() for p in of.rglob("*.plain") if p.is_file()}
        for of in (back, source)
    )
    assert got == put
    files.rm(f"{at}-2", recursive=True)
    assert not files.exists(f"{at}-2")


if __name__ == "__main__":
    main()
