"""Rotating a key that a million objects lie under, while it is used: what its users notice.

One object is real; the others are its row again under names and versions of their own (`ROTATION_OBJECTS`),
spread over real pages of a thousand, so that the re-wrap that follows has all its work. Readers of the real
object, writers of new ones and uses of the key over the API go on throughout. Shown are the pauses they see:
before the rotation, in the five seconds from it on, and while its pages are re-wrapped.
"""

import asyncio
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from custodes.acts.footing.customer import Customer
from custodes.custody import hierarchy
from custodes.custody.keys import Key
from custodes.kernel.ids import new_id
from custodes.wiring.keyroom import assembled

from .figures import machine, percentile

OBJECTS = int(os.environ.get("ROTATION_OBJECTS", "1000000"))
PAGE_OBJECTS = 1_000
BEFORE_S, AFTER_S, WAIT_S = 10.0, 5.0, 120.0
TWIN = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO object_version ({columns})
SELECT {values} FROM n, (SELECT * FROM object_version WHERE name = :name LIMIT 1) AS one
"""
LATEST = """
INSERT INTO object_latest (bucket, name, seq, version, is_null, size, etag, at)
SELECT bucket, name, -rank, version, is_null, size, etag, at FROM object_version
WHERE name >= CAST('twin/' AS BLOB) AND name < CAST('twin0' AS BLOB)
"""

Taken = list[tuple[float, float]]


def main() -> None:
    """Print the figures."""
    from fakes.every_plane import BUCKET, OBJECT, EveryPlane  # noqa: PLC0415 - the tests' own house

    with tempfile.TemporaryDirectory(prefix="k", dir=os.environ.get("ROTATION_FOLDER")) as place:
        folder = Path(place)
        house: Any = EveryPlane(folder).found()
        with house.running("keyroom", "s3"):
            house.users(b"the object that is real")
        key = _fill(house, OBJECT)
        with house.running("keyroom", "logkeeper", "s3", "console"):
            _measure(house, key, (BUCKET, OBJECT), folder)


def _fill(house: Any, name: str) -> str:  # noqa: ANN401 - the tests' own house
    """The pages and the rows; the key they lie under."""
    began = time.perf_counter()
    database = sqlite3.connect(house.settings.database)
    for hurry in ("synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY", "journal_mode=MEMORY"):
        database.execute(f"PRAGMA {hurry}")
    where = {"name": name.encode()}
    page = database.execute("SELECT page FROM object_version WHERE name = :name", where).fetchone()[0]
    (key,) = database.execute("SELECT key FROM page WHERE id = ?", (page,)).fetchone()
    count = (OBJECTS + PAGE_OBJECTS - 1) // PAGE_OBJECTS
    pages = asyncio.run(_pages(house, key, count))
    places = "id, customer, kind, key, key_version, shred, generation, wrapped"
    of_page = f"INSERT INTO page ({places}) VALUES (?,?,?,?,?,?,?,?)"  # noqa: S608 - our own words
    database.executemany(of_page, pages)
    database.execute("CREATE TEMP TABLE of (n INTEGER PRIMARY KEY, id TEXT)")
    database.executemany("INSERT INTO of VALUES (?, ?)", [(n, one[0]) for n, one in enumerate(pages)])
    columns = [row[1] for row in database.execute("PRAGMA table_info(object_version)")]
    own = {
        "name": "CAST('twin/' || printf('%09d', i) AS BLOB)",
        "rank": "-(1000000 + i)",
        "version": "'twin-' || printf('%09d', i)",
        "page": f"(SELECT id FROM of WHERE n = (i - 1) / {PAGE_OBJECTS})",  # noqa: S608 - our own words,
    }
    values = ", ".join(own.get(column, f"one.{column}") for column in columns)
    database.execute(TWIN.format(columns=", ".join(columns), values=values), {**where, "count": OBJECTS})
    database.execute(LATEST)
    database.commit()
    database.execute("PRAGMA journal_mode=WAL")
    rows = database.execute("SELECT count(*) FROM object_version").fetchone()[0]
    database.close()
    took = time.perf_counter() - began
    sys.stdout.write(f"{rows:,} object rows under {count + 1:,} pages, laid down in {took:.0f} s\n")
    return str(key)


async def _pages(house: Any, key_id: str, count: int) -> list[tuple[object, ...]]:  # noqa: ANN401
    async with assembled(house.settings, "of no use") as keyroom:
        await keyroom.unseal(b"")
        o = keyroom.opened
        customer = o.standing.get("customer", house.customer.id, Customer)
        key = o.standing.get("key", key_id, Key)
        if customer is None or key is None:
            raise RuntimeError("the object's key does not stand")
        kek = o.keyring.kek(customer, key, key.version_current or 1, customer.shred)
        made = [hierarchy.make_page(kek, new_id("pag", house.dice), house.dice) for _ in range(count)]
        return [
            (p.id, customer.id, "object", key.id, p.key_version, p.shred_generation, p.generation, p.wrapped)
            for p in made
        ]


def _measure(house: Any, key: str, at: tuple[str, str], folder: Path) -> None:  # noqa: ANN401
    out = sys.stdout.write
    out(f"machine: {machine(folder)}\n")
    stop, faults = threading.Event(), list[BaseException]()
    taken: dict[str, Taken] = {}
    threads = [
        threading.Thread(target=_drive, args=(use, taken.setdefault(name, []), stop, faults), daemon=True)
        for name, use in _users(house, key, at).items()
    ]
    for thread in threads:
        thread.start()
    try:
        time.sleep(BEFORE_S)
        before = _behind(house, key)
        began = time.perf_counter()
        if not house.rotate(key):
            raise RuntimeError("not rotated")
        answered = time.perf_counter()
        out(f"the rotation's own answer: {(answered - began) * 1e3:.0f} ms, ")
        out(f"{before:,} pages under the version before\n")
        time.sleep(AFTER_S)
        while (left := _behind(house, key)) and time.perf_counter() < began + WAIT_S:
            time.sleep(0.5)
        done = time.perf_counter()
        out(f"re-wrapped after {done - began:.0f} s; {left:,} pages left\n")
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    if faults:
        raise faults[0]
    for name, one in taken.items():
        spans = {
            "before": _span(one, began - BEFORE_S + 1, began),
            f"{AFTER_S:g} s from the rotation on": _span(one, began, began + AFTER_S),
            "until all is re-wrapped": _span(one, began + AFTER_S, done),
        }
        out(f"{name}: none failed of {len(one):,}; " + "; ".join(f"{s} {v}" for s, v in spans.items()) + "\n")
    out(f"machine: {machine(folder)}\n")


def _users(house: Any, key: str, at: tuple[str, str]) -> dict[str, Callable[[], object]]:  # noqa: ANN401
    reader, writer = house.boto3(), house.boto3()
    port = house.settings.console_port
    bearer = {"authorization": f"Bearer {house.token.token}"}
    wrap = {"message": "aaaa", "purpose": "operation", "reason": "bench"}

    def use() -> None:
        if not house.posted(port, f"/v1/keys/{key}/wrap", wrap, bearer):
            raise RuntimeError("refused")

    return {
        "object read": lambda: reader.get_object(Bucket=at[0], Key=at[1])["Body"].read(),  # noqa: PLW0108
        "object written": lambda: writer.put_object(Bucket=at[0], Key="new", Body=b"new"),
        "key used": use,
    }


def _drive(
    use: Callable[[], object], taken: Taken, stop: threading.Event, faults: list[BaseException]
) -> None:
    while not stop.is_set():
        began = time.perf_counter()
        try:
            use()
        except BaseException as error:
            faults.append(error)
            return
        taken.append((began, time.perf_counter()))


def _span(taken: Taken, since: float, until: float) -> str:
    """Uses a second, their p99, and the longest time without an answer."""
    ends = sorted(end for _, end in taken if since <= end <= until)
    if len(ends) < 2 or until <= since:
        return "(too short)"
    waits = [(end - began) * 1e3 for began, end in taken if since <= end <= until]
    pause = max(later - earlier for earlier, later in pairwise(ends)) * 1e3
    rate = len(ends) / (until - since)
    return f"{rate:,.0f}/s, p99 {percentile(waits, 0.99):.0f} ms, longest pause {pause:.0f} ms"


def _behind(house: Any, key: str) -> int:  # noqa: ANN401
    database = sqlite3.connect(f"file:{house.settings.database}?mode=ro", uri=True)
    newest = "SELECT count(*) FROM page WHERE key = ? AND key_version < 2"
    found: int = database.execute(newest, (key,)).fetchone()[0]
    database.close()
    return found


if __name__ == "__main__":
    main()
