"""Metrics of a running house: a stranger's tries are counted, and nobody's name is told."""

import re
import socket

import pytest
from botocore.exceptions import ClientError

from fakes.houses import ROOT, House, S3Key

pytestmark = [pytest.mark.whole, pytest.mark.timeout(120)]
PROCESSES = ("keyroom", "logkeeper", "console", "s3", "log")


def scraped(house, name, page="/metrics"):
    """What one process tells."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(10)
        asked.connect(str(house.settings.meters / f"{name}.sock"))
        asked.sendall(f"GET {page} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        answer = b""
        while piece := asked.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
    return answer.partition(b"\r\n\r\n")[2].decode()


def test_a_strangers_tries_are_counted_and_nobody_is_named(tmp_path):
    house = House(tmp_path).found()
    with house.running(*PROCESSES):
        client = house.boto3()
        client.create_bucket(Bucket="named-bucket")
        client.put_object(Bucket="named-bucket", Key="named-object", Body=b"x")
        client.get_object(Bucket="named-bucket", Key="named-object")["Body"].read()
        for key in (S3Key("CUSTNOBODY", "x"), S3Key(house.key.access_key, "wrong")):
            for _ in range(3):
                with pytest.raises(ClientError):
                    house.boto3(key).put_object(Bucket="named-bucket", Key="stranger", Body=b"x")
        told = {name: scraped(house, name) for name in PROCESSES}
        for name in PROCESSES:
            assert (scraped(house, name, "/livez"), scraped(house, name, "/readyz")) == ("alive\n", "ready\n")
    stranger = r'^custodes_refusals_total\{protocol="s3",kind="unauthenticated",code="[a-z-]+"\} (\d+)$'
    counted = re.findall(stranger, told["s3"], re.M)
    assert sum(map(int, counted)) == 6
    assert 'custodes_requests_total{protocol="s3",endpoint="GetObject",status="200"} 1' in told["s3"]
    assert 'custodes_asks_total{ask="open-get",outcome="ok"} 1' in told["keyroom"]
    assert "\ncustodes_sealed 0\n" in told["keyroom"]
    everything = "\n".join(told.values())
    for name in (
        "named-bucket",
        "named-object",
        "stranger",
        house.key.access_key,
        house.customer.id,
        "127.0.0.1",
    ):
        assert name not in everything, name
    page = (ROOT / "docs/reference/metrics.md").read_text()
    names = set(re.findall(r"^# TYPE (\w+) ", everything, re.M))
    assert names <= set(re.findall(r"`((?:custodes|process)_\w+)`", page)), "a metric the page does not list"
    assert {"custodes_outbox_lag_seconds", "custodes_commit_duration_seconds"} <= names
