"""SIGKILL of real processes in the middle of everything that looks after what is stored, under load.

Writes, multipart uploads, deletions; a scrub that repairs; a bucket on the move; adoptions, aside and in
place, their clearing and their way back; a restoration of an export; the end of what a rule ends.
Afterwards: what was acknowledged reads as it was written, every job went on to its end, the stores hold
exactly what the index names, `custodes audit` finds nothing and the stand-alone verifier holds the published
log. `CUSTODES_CARE_KILLS` of each job (1: of a move and an adoption alone; `test_orphans.py` is shorter
still); `CUSTODES_SEED` plays one run again. What it found is in `tests/ports/keyroom/test_care.py`, moment by
moment.
"""

import contextlib
import os
import random  # noqa: TID251 - one number plays a whole run again
import sys
import time

import pytest

from custodes.acts.asks.buckets.adopting import BeginAdoption, MoveAdoption
from custodes.acts.asks.buckets.care import LookCare, PlaceBucket, ScrubBucket
from custodes.acts.objects.adopting import restoring, sealing  # noqa: F401 - what is killed in the middle
from custodes.acts.objects.care import work  # noqa: F401
from custodes.acts.streams import adopting, caring, sweeping  # noqa: F401
from fakes.cared import CaredHouse, ending, lay_plain
from fakes.loaded import Load, read

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(3600)]
KILLS = int(os.environ.get("CUSTODES_CARE_KILLS", "3"))
SEED = int(os.environ.get("CUSTODES_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
IS_LONG = KILLS > 1
VICTIMS = ("s3", "keyroom", "s3", "logkeeper")
BUCKET, COPY, ADOPTED, IN_PLACE, ENDING = "records", "again", "adopted", "in-place", "ending"
ENDS = 400
LATER_S = 17 * 60


class Killer:
    """Kills by turns at moments drawn from a seed, until a job is done or the kills are used up."""

    def __init__(self, house):
        self.house = house
        self.dice = random.Random(SEED)
        self.kills = 0

    def until(self, is_done, what):
        began = time.monotonic()
        self._until(is_done, what)
        sys.stderr.write(f"{time.monotonic() - began:6.1f} s, not: {what}\n")

    def _until(self, is_done, what):
        for _ in range(KILLS):
            time.sleep(self.dice.uniform(0.0, 1.2 if IS_LONG else 0.4))
            victim = self.dice.choice(VICTIMS)
            self.house.kill(victim)
            self.kills += 1
            self.house.start(victim)
        if not is_settled(is_done):  # what waits for its next look begins with one
            for victim in ("s3", "keyroom") if not IS_LONG else ("s3",):
                self.house.kill(victim)
                self.house.start(victim)
        self.house.until(is_done, what)


def is_settled(is_done):
    with contextlib.suppress(Exception):
        return is_done()
    return False


@pytest.fixture
def house(tmp_path):
    founded = CaredHouse(tmp_path).found()
    with founded.running("keyroom", "logkeeper", "s3"):
        client = founded.boto3()
        for bucket in (BUCKET, COPY, ADOPTED, IN_PLACE, ENDING):
            client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket=COPY, VersioningConfiguration={"Status": "Enabled"})
        yield founded


def test_nothing_is_lost_and_everything_goes_on(house):
    sys.stderr.write(f"CUSTODES_SEED={SEED}\n")
    killer, dice = Killer(house), random.Random(SEED + 1)
    count = 60 if IS_LONG else 12
    plain = lay_plain(house.attic, count, dice)
    lying = lay_plain(house.store, count, dice) if IS_LONG else {}
    with Load(house, BUCKET, SEED) as load:
        house.until(lambda: load.done > 30, "there is no load")
        moved(house, killer)
        if IS_LONG:
            repaired(house, killer)
        adopted(house, killer, (ADOPTED, "attic"), plain)
        if IS_LONG:
            adopted(house, killer, (IN_PLACE, "berlin"), lying)
            expired(house, killer)
    restored = taken_over(house, killer) if IS_LONG else {}
    client = house.boto3(retries={"max_attempts": 5})
    load.look(client)
    for name, body in restored.items():
        assert read(client, COPY, name) == body, name
    if IS_LONG:
        cleared(house, killer, (ADOPTED, house.attic), plain)
        cleared(house, killer, (IN_PLACE, house.store), lying)
    house.stop("s3", "logkeeper", "keyroom")
    settled(house)
    assert killer.kills >= 3 * KILLS


def care(house):
    return house.ask(LookCare(house.olga.token, BUCKET))


def is_quiet(house):
    view = care(house)
    return view.running is None and not view.lacking and not any(one.is_left for one in view.places)


def moved(house, killer):
    """From one place to another while it is used, then into both."""
    for places in (("bonn",), ("berlin", "bonn"))[: 2 if IS_LONG else 1]:
        house.insist(PlaceBucket(house.olga.token, BUCKET, places))
        begun = care(house).running.begun_at

        def is_done(begun=begun):
            view = care(house)
            last = view.last
            return last is not None and last.begun_at >= begun and not view.lacking

        killer.until(is_done, "the bucket did not arrive")


def repaired(house, killer):
    """Damage in one store, of every kind, is found and made good from the other."""
    dice = random.Random(SEED + 2)
    blobs = sorted(path for path in house.second.rglob("blb-*") if path.is_file())
    for path in dice.sample(blobs, min(9, len(blobs))):
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            raw = path.read_bytes()
            damaged = (raw[:-1] + bytes([raw[-1] ^ 1]), raw[: len(raw) // 2], None)[dice.randrange(3)]
            path.unlink() if damaged is None else path.write_bytes(damaged)
    house.insist(ScrubBucket(house.olga.token, BUCKET))
    begun = house.insist(LookCare(house.olga.token, BUCKET)).running
    since = begun.begun_at if begun is not None else ""

    def is_done():
        view = care(house)
        return view.last is not None and view.last.begun_at >= since and not view.lacking

    killer.until(is_done, "the damage stayed")


def expired(house, killer):
    """What a rule ends goes, once each, and nothing else."""
    client = house.boto3(retries={"max_attempts": 5})
    ending(client, ENDING, ENDS)
    before = house.ended()
    with house.kept_up():
        house.until(lambda: house.left_to_end() < ENDS, "nothing ends")
        killer.until(lambda: not house.left_to_end(), "it did not end")
    gone = house.ended()[len(before) :]
    assert len(gone) == len(set(gone)) >= ENDS
    assert [one["Key"] for one in client.list_objects_v2(Bucket=ENDING)["Contents"]] == ["stays"]


def adopted(house, killer, where, plain):
    """A folder in plain, read through the bucket meanwhile; `where` is (bucket, location)."""
    bucket, source = where
    house.insist(BeginAdoption(house.olga.token, bucket, source))
    killer.until(lambda: house.adoption(bucket).state == "counted", "it was not counted")
    house.step(bucket, "run")
    killer.until(lambda: house.adoption(bucket).state == "done", "it was not sealed")
    counts = {state: count for state, count, _ in house.adoption(bucket).counts if count}
    assert counts == {"sealed": len(plain)}
    client = house.boto3(retries={"max_attempts": 5})
    for name, body in plain.items():
        assert read(client, bucket, name) == body, name


def cleared(house, killer, where, plain):
    """Removed there once every copy was read again, and brought back; `where` is (bucket, folder)."""
    bucket, folder = where
    house.insist(ScrubBucket(house.olga.token, bucket))

    def is_read():
        view = house.ask(LookCare(house.olga.token, bucket))
        return view.running is None and view.last is not None

    killer.until(is_read, "it was not read again")
    house.step(bucket, "clear")
    killer.until(lambda: house.adoption(bucket).state == "cleared", "it was not cleared")
    assert [path for path in (folder / "plain").rglob("*") if path.is_file()] == []
    house.step(bucket, "back")
    killer.until(lambda: house.adoption(bucket).state == "returned", "it was not brought back")
    for name, body in plain.items():
        assert (folder / name).read_bytes() == body, name
    files = [path for path in (folder / "plain").rglob("*") if path.is_file()]
    assert len(files) == len(plain), files


def taken_over(house, killer):
    """An export of the bucket, restored into another one under new keys; name -> body."""
    begun = house.handed(BUCKET, COPY, "berlin")
    house.step(COPY, "run")
    killer.until(lambda: house.adoption(COPY).state == "done", "it was not restored")
    client = house.boto3(retries={"max_attempts": 5})
    found = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for one in page.get("Contents", ()):
            found[one["Key"]] = read(client, BUCKET, one["Key"])
    house.insist(MoveAdoption(house.olga.token, begun.id, "end"))
    return found


def settled(house):
    """A quarter of an hour later the stores hold what the index names, and the log stands."""
    house.turn_clock(LATER_S)
    with house.running("keyroom", "logkeeper", "s3"):
        house.until(
            lambda: house.stored() == house.named(),
            "the stores hold something else than the index names",
        )
        house.until((house.settings.public_log / "checkpoint").exists, "nothing is published")
    assert house.findings() == ()
    code, said = house.verified()
    assert code == 0, said
