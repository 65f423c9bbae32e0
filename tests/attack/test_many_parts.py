"""Ten thousand real parts, listed as they should be and as they should not, at real processes.

In this keyroom a part may be a byte long: ten thousand of five MiB would be fifty GB of the same.
"""

import random  # noqa: TID251 - one order each time
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from custodes.acts.objects.uploads import completing  # noqa: F401 - what is attacked
from custodes.custody import manifest  # noqa: F401
from fakes import houses
from fakes.houses import House

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1800)]
PARTS = 10_000
SMALL = """
import runpy, sys
from custodes.objects import multipart
multipart.PART_BYTES_MIN = 1
sys.argv = ["custodes.wiring", *sys.argv[1:]]
runpy.run_module("custodes.wiring", run_name="__main__")
"""


def body(number):
    return b"%d " % number * (1 + number % 40)


def test_ten_thousand_parts(tmp_path, monkeypatch):
    begun = subprocess.Popen

    def begin(command, **more):
        if "keyroom" in command:
            command = [sys.executable, "-c", SMALL, *command[3:]]
        return begun(command, **more)

    monkeypatch.setattr(houses.subprocess, "Popen", begin)
    house = House(tmp_path).found()
    with house.running("keyroom", "s3"):
        client = house.boto3(max_pool_connections=8, read_timeout=120, retries={"max_attempts": 8})
        client.create_bucket(Bucket="parts")
        at = {"Bucket": "parts", "Key": "many"}
        at["UploadId"] = client.create_multipart_upload(**at)["UploadId"]

        def sent(number):
            return number, client.upload_part(**at, PartNumber=number, Body=body(number))["ETag"]

        order = random.Random(11).sample(range(1, PARTS + 1), PARTS)
        with ThreadPoolExecutor(8) as threads:
            tags = dict(threads.map(sent, order))
        assert [code(sent, number) for number in (0, PARTS + 1)] == ["InvalidArgument"] * 2
        listed = [{"PartNumber": number, "ETag": tags[number]} for number in range(1, PARTS + 1)]

        def complete(parts):
            return client.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})

        assert code(complete, listed[::-1]) == "InvalidPartOrder"
        swapped = [*listed[:-2], listed[-1], listed[-2]]
        assert code(complete, swapped) == "InvalidPartOrder"
        assert code(complete, [*listed[:-1], listed[-2]]) == "InvalidPartOrder"
        assert code(complete, [*listed[:-1], {**listed[-1], "ETag": listed[0]["ETag"]}]) == "InvalidPart"
        too_many = [*listed, {"PartNumber": PARTS + 1, "ETag": listed[0]["ETag"]}]
        assert code(complete, too_many) in ("InvalidArgument", "MalformedXML")
        began = time.perf_counter()
        done = complete(listed)
        sys.stderr.write(f"completed in {time.perf_counter() - began:.2f} s\n")
        assert done["ETag"].strip('"').endswith(f"-{PARTS}")
        assert complete(listed)["ETag"] == done["ETag"]
        whole = b"".join(body(number) for number in range(1, PARTS + 1))
        assert client.get_object(Bucket="parts", Key="many")["Body"].read() == whole
        for number in (1, 7_777, PARTS):
            found = client.get_object(Bucket="parts", Key="many", PartNumber=number)
            assert (found["PartsCount"], found["Body"].read()) == (PARTS, body(number))
        began = time.perf_counter()
        middle = len(whole) // 2
        found = client.get_object(Bucket="parts", Key="many", Range=f"bytes={middle}-{middle + 99}")
        assert found["Body"].read() == whole[middle : middle + 100]
        sys.stderr.write(f"a range in {time.perf_counter() - began:.2f} s\n")


def code(call, *arguments):
    with pytest.raises(ClientError) as caught:
        call(*arguments)
    return caught.value.response["Error"]["Code"]
