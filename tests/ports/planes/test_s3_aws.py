"""Debian's AWS command line, and the library inside it, against real processes."""

import os
import subprocess
from pathlib import Path

import pytest

from custodes.web.planes.s3 import leftover  # noqa: F401 - what decides whether a connection goes on
from fakes.aws_cli import Aws, judge
from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
DEBIAN = Path("/usr/bin/aws")
ON_ONE_CONNECTION = """
import io, sys
from awscli.botocore.config import Config
from awscli.botocore.session import Session

once = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=1)
s3 = Session().create_client("s3", endpoint_url=sys.argv[1], config=once)
s3.create_bucket(Bucket="in-turn")
large = {"Bucket": "in-turn", "Key": "large"}
large["UploadId"] = s3.create_multipart_upload(**large)["UploadId"]
parts = []
for number in (1, 2, 3):
    s3.put_object(Bucket="in-turn", Key="empty", Body=io.BytesIO())
    part = s3.upload_part(**large, PartNumber=number, Body=io.BytesIO(bytes(5 * 1_048_576)))
    parts.append({"PartNumber": number, "ETag": part["ETag"]})
    try:
        s3.put_object(Bucket="of-nobody", Key="empty", Body=io.BytesIO())
    except s3.exceptions.NoSuchBucket:
        pass
    assert s3.put_object(Bucket="in-turn", Key="small", Body=io.BytesIO(b"x"))["ETag"]
print(s3.complete_multipart_upload(**large, MultipartUpload={"Parts": parts})["ETag"])
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    if not DEBIAN.exists():
        pytest.skip("Debian's awscli is not installed; `make deps`")
    founded = House(tmp_path_factory.mktemp("house")).found()
    with founded.running("keyroom", "s3"):
        yield founded


def test_debians_aws_cli_reads_back_what_it_stored(house, tmp_path):
    aws = Aws(str(DEBIAN), house, tmp_path)
    judge(aws, tmp_path, "--copy-props", "metadata-directive")  # version 2 asks for tags otherwise


def test_what_follows_an_empty_object_on_the_connection_is_understood(house, tmp_path):
    """This botocore sends `Expect` with an empty body too, and keeps the status it is answered for later."""
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": house.key.access_key,
        "AWS_SECRET_ACCESS_KEY": house.key.secret,
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    call = ["/usr/bin/python3", "-c", ON_ONE_CONNECTION, house.endpoint]
    done = subprocess.run(call, capture_output=True, text=True, env=given, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith('-3"\n')
