"""docs/operations/founding.md, played: from an empty folder to an object that a client reads."""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from fakes.founded import Founded
from house.tree import ROOT

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]


def test_the_page_as_it_is_printed(tmp_path):
    page = (ROOT / "docs" / "operations" / "founding.md").read_text(encoding="utf-8")
    played = (
        "init",
        "settle",
        "witness add-log",
        "serve",
        "unseal",
        "doctor",
        "sign-in",
        "location set",
        "apply",
    )
    assert [one for one in played if f"custodes {one}" not in page] == []
    place = Founded(tmp_path)
    try:
        keys = place.found().s3_key()
        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
        s3 = boto3.client(
            "s3",
            endpoint_url=keys["AWS_ENDPOINT_URL"],
            region_name="eu-central-1",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            config=config,
        )
        s3.put_object(Bucket="melderegister", Key="a/file.txt", Body=b"a file of the town")
        assert s3.get_object(Bucket="melderegister", Key="a/file.txt")["Body"].read() == b"a file of the town"
        wrong = [one for one in json.loads(place.does("doctor", "--json").stdout) if one["state"] == "wrong"]
        assert wrong == []
        place.does("kill", "--customer", place.ids["customer"], "--reason", "drill", "--confirm",
                   place.ids["customer"], who="olga", key=False)  # fmt: skip
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket="melderegister", Key="a/file.txt")
        said = place.does("doctor").stdout.splitlines()[0]
        assert said.startswith("Nothing is wrong")  # a kill is somebody's will, and a warning
        place.stop("house")
        said = place.does("doctor", code=(1,)).stdout.splitlines()[0]
        assert "First: Keyroom: The process does not answer." in said
    finally:
        place.stop()
