"""Libraries of other makers, plain and behind TLS; and the request patterns of what town halls run."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from conformance.s3 import programs
from fakes.folders import filled, same
from house.test_locks import pins
from house.tree import ROOT
from judges import environment, version

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]

RACERS = 50


def judged(python, program, place):
    call = [python, "-W", "ignore", "-c", program]
    given = [place.endpoint, place.key.access_key, place.key.secret, str(place.ca or "")]
    done = subprocess.run([*call, *given], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "judged", done.stdout + done.stderr


@pytest.mark.parametrize(
    ("judge", "package", "program"),
    [("minio", "minio", programs.MINIO), ("duckdb", "duckdb", programs.DUCKDB)],
)
def test_a_library_of_another_maker(judge, package, program, place):
    pinned = pins(ROOT / "requirements" / "judges" / f"{judge}.txt")
    folder = environment(judge)
    assert version(judge, package) == pinned[package]
    judged(str(folder / "python"), program, place)


def test_obstore(place):
    judged(sys.executable, programs.OBSTORE, place)


def test_s3cmd(place, tmp_path):
    program = shutil.which("s3cmd")
    if program is None:
        pytest.skip("not judged: s3cmd is missing: apt-get install s3cmd")
    files, back = filled(tmp_path / "files"), tmp_path / "back"
    back.mkdir()
    bucket = f"s3://by-s3cmd-{place.tag}"
    host = place.endpoint.partition("://")[2]
    flags = [
        "--config=/dev/null",
        f"--access_key={place.key.access_key}",
        f"--secret_key={place.key.secret}",
        f"--host={host}",
        f"--host-bucket={host}",
        "--region=eu-central-1",
        "--multipart-chunk-size-mb=5",
        "--no-progress",
        *(["--ssl", f"--ca-certs={place.ca}"] if place.ca else ["--no-ssl"]),
    ]

    def s3cmd(*arguments):
        done = subprocess.run([program, *flags, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    s3cmd("mb", bucket)
    s3cmd("sync", f"{files}/", f"{bucket}/tree/")
    s3cmd("sync", f"{bucket}/tree/", f"{back}/")
    assert same(files, back)
    assert s3cmd("sync", f"{files}/", f"{bucket}/tree/").strip() == ""
    s3cmd("cp", f"{bucket}/tree/one", f"{bucket}/copied")
    s3cmd("mv", f"{bucket}/copied", f"{bucket}/moved")
    assert "moved" in s3cmd("ls", f"{bucket}/")
    s3cmd("info", f"{bucket}/tree/large")
    s3cmd("del", "--recursive", "--force", bucket)
    s3cmd("rb", bucket)


def client_of(place, **more):
    return boto3.client(
        "s3",
        endpoint_url=place.endpoint,
        aws_access_key_id=place.key.access_key,
        aws_secret_access_key=place.key.secret,
        region_name="eu-central-1",
        verify=str(place.ca) if place.ca else None,
        config=Config(retries={"max_attempts": 0}, max_pool_connections=RACERS, **more),
    )


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


def test_of_fifty_that_lock_a_terraform_state_one_has_it(place):
    """Its S3 backend locks with `If-None-Match: *` on NAME.tflock and unlocks by deleting it."""
    client, bucket = client_of(place), f"by-terraform-{place.tag}"
    client.create_bucket(Bucket=bucket)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    state = {"Bucket": bucket, "Key": "town/terraform.tfstate"}
    lock = {"Bucket": bucket, "Key": "town/terraform.tfstate.tflock"}
    for _ in range(2):
        with ThreadPoolExecutor(RACERS) as racers:
            codes = list(
                racers.map(
                    lambda n: code_of(
                        client.put_object,
                        **lock,
                        Body=f'{{"ID":"{n}"}}',
                        IfNoneMatch="*",
                        ContentType="application/json",
                    ),
                    range(RACERS),
                )
            )
        assert codes.count("ok") == 1, codes
        assert set(codes) <= {"ok", "PreconditionFailed", "ConditionalRequestConflict"}
        client.put_object(**state, Body=b'{"version": 4}', ChecksumAlgorithm="SHA256")
        client.delete_object(**lock)
    assert client.get_object(**state)["Body"].read() == b'{"version": 4}'
    versions = client.list_object_versions(Bucket=bucket, Prefix=state["Key"])["Versions"]
    assert [one["Key"] for one in versions].count(state["Key"]) == 2


def test_what_nextcloud_asks_as_its_primary_storage(place):
    """From its documentation: objects `urn:oid:N` in one bucket, sought, read in ranges, copied, removed."""
    client, bucket = client_of(place), f"by-nextcloud-{place.tag}"
    assert code_of(client.head_bucket, Bucket=bucket) in ("404", "403")
    client.create_bucket(Bucket=bucket)
    large = bytes(range(256)) * 4_096 * 12
    upload = client.create_multipart_upload(Bucket=bucket, Key="urn:oid:7", ContentType="video/mp4")[
        "UploadId"
    ]
    size = 5 * 1_048_576
    parts = [
        {
            "PartNumber": n,
            "ETag": client.upload_part(
                Bucket=bucket,
                Key="urn:oid:7",
                UploadId=upload,
                PartNumber=n,
                Body=large[(n - 1) * size : n * size],
            )["ETag"],
        }
        for n in range(1, -(-len(large) // size) + 1)
    ]
    client.complete_multipart_upload(
        Bucket=bucket, Key="urn:oid:7", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    client.put_object(Bucket=bucket, Key="urn:oid:8", Body=b"a note", ContentType="text/plain")
    assert client.head_object(Bucket=bucket, Key="urn:oid:7")["ContentLength"] == len(large)
    assert code_of(client.head_object, Bucket=bucket, Key="urn:oid:9") == "404"
    seen = client.get_object(Bucket=bucket, Key="urn:oid:7", Range="bytes=6000000-")
    assert seen["Body"].read(100_000) == large[6_000_000:6_100_000]
    client.copy_object(Bucket=bucket, Key="urn:oid:10", CopySource={"Bucket": bucket, "Key": "urn:oid:7"})
    assert client.get_object(Bucket=bucket, Key="urn:oid:10")["Body"].read() == large
    for name in ("urn:oid:7", "urn:oid:8", "urn:oid:10"):
        client.delete_object(Bucket=bucket, Key=name)
    client.delete_bucket(Bucket=bucket)


def test_what_velero_asks_of_a_backup_location(place):
    """From its documentation: a tarball with its metadata, lists by folders, a link good for a while."""
    from urllib.request import urlopen

    client, bucket = client_of(place), f"by-velero-{place.tag}"
    client.create_bucket(Bucket=bucket)
    for name, body in (
        ("backups/nightly/velero-backup.json", b"{}"),
        ("backups/nightly/nightly.tar.gz", b"\x1f\x8b" + b"t" * 3_000_000),
        ("backups/nightly/nightly-logs.gz", b"l" * 10),
        ("backups/weekly/velero-backup.json", b"{}"),
        ("restores/one/restore-one-logs.gz", b"l"),
        ("kopia/default/kopia.repository", b"k" * 100),
    ):
        client.put_object(Bucket=bucket, Key=name, Body=body, ChecksumAlgorithm="CRC32")
    listed = client.list_objects_v2(Bucket=bucket, Prefix="backups/", Delimiter="/")
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == ["backups/nightly/", "backups/weekly/"]
    client.head_object(Bucket=bucket, Key="backups/nightly/velero-backup.json")
    if place.ca is None:
        url = client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "backups/nightly/nightly-logs.gz"}, ExpiresIn=600
        )
        with urlopen(url) as answer:
            assert answer.read() == b"l" * 10
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    names = [one["Key"] for page in pages for one in page["Contents"]]
    assert len(names) == 6
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names]})
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
