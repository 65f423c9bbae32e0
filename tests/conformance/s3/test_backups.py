"""What town halls back up with, for real: restic, and pgBackRest with a database restored from it."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from fakes.databases import BIN, Server, as_user
from fakes.folders import filled, same

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]

PGBACKREST = """
[global]
repo1-type=s3
repo1-path=/archive
repo1-s3-bucket={bucket}
repo1-s3-endpoint={place.host}
repo1-s3-region=eu-central-1
repo1-s3-uri-style=path
repo1-s3-key={place.key.access_key}
repo1-s3-key-secret={place.key.secret}
repo1-storage-port={place.port}
repo1-storage-ca-file={ca}
repo1-retention-full=2
start-fast=y
compress-type=gz
log-path={folder}/log
lock-path={folder}/lock
spool-path={folder}/spool
log-level-console=warn
log-level-file=off

[town]
pg1-path={data}
pg1-socket-path={sockets}
pg1-port={port}
pg1-user=postgres
"""


def demand(program):
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"not judged: {program} is missing: apt-get install {program}")
    return found


class Restic:
    def __init__(self, place, home):
        self.command = [demand("restic"), "--cache-dir", str(home / "cache")]
        if place.ca:
            self.command += ["--cacert", str(place.ca)]
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "RESTIC_PASSWORD": "a long enough password",
            "RESTIC_REPOSITORY": f"s3:{place.endpoint}/by-restic-{place.tag}",
            **place.environment,
        }

    def __call__(self, *arguments):
        done = subprocess.run(
            [*self.command, *arguments], capture_output=True, text=True, env=self.environment, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def test_restic_backs_up_checks_every_byte_forgets_and_restores(place, tmp_path):
    restic = Restic(place, tmp_path)
    files, back = filled(tmp_path / "files"), tmp_path / "back"
    restic("init")
    restic("backup", str(files))
    restic("check", "--read-data")
    (files / "one").write_bytes(b"2")
    (files / "large").write_bytes(os.urandom(9_000_000))  # noqa: TID251 - other content
    restic("backup", str(files))
    assert len(restic("snapshots", "--compact").split("snapshots")) == 2
    restic("restore", "latest", "--target", str(back))
    assert same(files, back / files.relative_to("/"))
    restic("forget", "--keep-last", "1", "--prune")
    restic("check", "--read-data")
    shutil.rmtree(back)
    restic("restore", "latest", "--target", str(back))
    assert same(files, back / files.relative_to("/"))


class Cluster:
    """A real PostgreSQL whose write-ahead log goes where pgBackRest puts it."""

    def __init__(self, folder, place):
        self.folder, self.place = folder, place
        self.server = Server(folder, 5433)
        self.file = folder / "pgbackrest.conf"
        for name in ("log", "lock", "spool"):
            as_user(["mkdir", "-p", str(folder / name)])
        ca = folder / "ca.pem"
        shutil.copy(place.ca, ca)
        ca.chmod(0o644)
        self.file.write_text(
            PGBACKREST.format(
                place=place,
                bucket="by-pgbackrest",
                ca=ca,
                folder=folder,
                data=self.server.data,
                sockets=folder,
                port=self.server.port,
            )
        )
        self.file.chmod(0o644)

    def backrest(self, *arguments):
        command = ["pgbackrest", f"--config={self.file}", "--stanza=town", *arguments]
        try:
            return as_user(command).stdout
        except subprocess.CalledProcessError as error:
            raise AssertionError(error.stdout + error.stderr) from error


@pytest.fixture
def cluster(place):
    demand("pgbackrest")
    with tempfile.TemporaryDirectory(prefix="pgb", dir="/tmp") as folder:
        made = Path(folder)
        if os.geteuid() == 0:
            shutil.chown(made, "postgres")
        made.chmod(0o755)
        yield Cluster(made, place)


@pytest.mark.parametrize("place", ["https", "rgw-tls"], indirect=True)
def test_pgbackrest_backs_up_archives_and_restores_to_a_moment(cluster, place):
    """Full and differential backups and the log in between, by TLS, then a lost database."""
    import boto3

    boto3.client(
        "s3",
        endpoint_url=place.endpoint,
        aws_access_key_id=place.key.access_key,
        aws_secret_access_key=place.key.secret,
        region_name="eu-central-1",
        verify=str(place.ca),
    ).create_bucket(Bucket="by-pgbackrest")
    server = cluster.server
    as_user([str(BIN / "initdb"), "-D", str(server.data), "-U", "postgres", "-A", "trust", "--no-sync"])
    archive = f"pgbackrest --config={cluster.file} --stanza=town archive-push %p"
    told = {"archive_mode": "on", "archive_command": archive, "wal_level": "replica"}
    with (server.data / "postgresql.auto.conf").open("a") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in told.items())
    server.start()
    try:
        cluster.backrest("stanza-create")
        cluster.backrest("check")
        with server.admin() as admin:
            admin.execute(
                "CREATE TABLE citizen AS SELECT n, md5(n::text) AS name FROM generate_series(1, 20000) n"
            )
        cluster.backrest("backup", "--type=full")
        with server.admin() as admin:
            admin.execute("INSERT INTO citizen SELECT n, 'later' FROM generate_series(20001, 25000) n")
        cluster.backrest("backup", "--type=diff")
        with server.admin() as admin:
            admin.execute("INSERT INTO citizen VALUES (25001, 'the last one')")
            (moment,) = admin.execute("SELECT clock_timestamp()::text").fetchone()
            admin.execute("SELECT pg_sleep(0.1)")
            admin.execute("DELETE FROM citizen")
            admin.execute("SELECT pg_switch_wal()")
        cluster.backrest("check")
        cluster.backrest("verify")
    finally:
        server.stop("fast")
    shutil.rmtree(server.data)
    as_user(["mkdir", "-m", "700", str(server.data)])
    cluster.backrest("restore", "--type=time", f"--target={moment}", "--target-action=promote")
    server.start()
    try:
        with server.admin() as admin:
            while admin.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                time.sleep(0.05)  # it answers readers before it has reached the moment
            assert admin.execute("SELECT count(*), max(n) FROM citizen").fetchone() == (25_001, 25_001)
            assert admin.execute("SELECT name FROM citizen WHERE n = 25001").fetchone() == ("the last one",)
    finally:
        server.stop("fast")
