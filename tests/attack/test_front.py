"""Behind the real TLS front: Debian's nginx with the files of deploy/nginx, a private CA, foreign clients."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes

from custodes.web.kit import peer  # noqa: F401 - what is attacked
from custodes.web.serving import server  # noqa: F401
from fakes.cloud_house import CloudHouse
from fakes.clouds import signed_headers
from fakes.front import Authority, Front, curl, demand_nginx
from fakes.houses import ROOT
from fakes.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
PROCESSES = ("keyroom", "logkeeper", "console", "s3", "log", "xks", "transit", "dke")
LARGE = os.urandom(24 * 1_048_576)  # noqa: TID251 - bytes that no socket buffer holds
ECHO = """
import asyncio, json, sys
from custodes.web.kit.peer import peer
from custodes.web.serving.server import Tcp, Unix, serve
from starlette.datastructures import Headers

def app(is_unix_socket):
    async def answer(scope, receive, send):
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        seen = peer(headers, is_unix_socket=is_unix_socket)
        said = {"peer": seen.sha256 if seen else None, "for": headers.getlist("x-forwarded-for"),
                "forwarded": headers.get("forwarded")}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})
    return answer

async def main():
    stop = asyncio.Event()
    await asyncio.gather(serve(app(True), Unix(path=sys.argv[1]), stop),
                         serve(app(False), Tcp(port=int(sys.argv[2])), stop))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    demand_nginx()
    folder = tmp_path_factory.mktemp("front")
    authority = Authority(folder)
    names = ("console", "log", "certified", "xks", "transit", "dke")
    authority.issue("front", "localhost", "*.localhost", *(f"{name}.localhost" for name in names))
    authority.client = authority.issue("client")
    house = CloudHouse(folder, transit_port=free_port(), dke_port=free_port()).found()
    sock, port = folder / "certified.sock", free_port()
    echo = subprocess.Popen(
        [sys.executable, "-c", ECHO, str(sock), str(port)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    replaced = {
        "/etc/custodes/tls/front.pem": str(folder / "front.pem"),
        "/etc/custodes/tls/front.key": str(folder / "front.key"),
        "/etc/custodes/tls/clients.pem": str(authority.file),
        "/run/custodes/front/xks.sock": str(sock),
    }
    front = Front(folder, house, replaced)
    front.authority, front.house, front.echo_port = authority, house, port
    try:
        with house.running(*PROCESSES), front.running():
            client = boto3_over(front)
            client.create_bucket(Bucket="front")
            yield front
    finally:
        echo.terminate()
        echo.wait(10)


def boto3_over(front, **config):
    """boto3 as it is, over https."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=f"https://localhost:{front.port}",
        aws_access_key_id=front.house.key.access_key,
        aws_secret_access_key=front.house.key.secret,
        region_name="eu-central-1",
        verify=str(front.authority.file),
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, **config),
    )


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"])
def test_each_trailer_that_boto3_sends_over_tls(world, algorithm):
    """Over TLS a stream goes unsigned, its checksum in the trailer: another form than over plain HTTP."""
    import io

    client = boto3_over(world)
    body = b"streamed " * 20_000
    client.put_object(Bucket="front", Key=algorithm, Body=io.BytesIO(body), ChecksumAlgorithm=algorithm)
    got = client.get_object(Bucket="front", Key=algorithm, ChecksumMode="ENABLED")
    assert got["Body"].read() == body
    assert got[f"Checksum{algorithm}"]


def test_names_and_metadata_arrive_as_they_were_signed(world):
    client = boto3_over(world)
    for key in ("a//b", "a/../b", "plus+space and%20", "ünïcode/é", "~tilde'()*!"):
        client.put_object(
            Bucket="front", Key=key, Body=key.encode(), Metadata={"some_name": "kept", "x": "y"}
        )
        got = client.get_object(Bucket="front", Key=key)
        assert (got["Body"].read(), got["Metadata"]) == (key.encode(), {"some_name": "kept", "x": "y"})


def test_a_large_body_as_parts_and_as_one_and_by_ranges(world):
    import io

    client = boto3_over(world)
    client.upload_fileobj(io.BytesIO(LARGE), "front", "parts")
    client.put_object(Bucket="front", Key="one", Body=io.BytesIO(LARGE))
    for key in ("parts", "one"):
        assert client.get_object(Bucket="front", Key=key)["Body"].read() == LARGE
        part = client.get_object(Bucket="front", Key=key, Range="bytes=9000000-9000099")["Body"].read()
        assert part == LARGE[9_000_000:9_000_100]


def test_curl_with_a_presigned_address(world):
    client = boto3_over(world)
    client.put_object(Bucket="front", Key="shown", Body=b"shown")
    url = client.generate_presigned_url("get_object", {"Bucket": "front", "Key": "shown"})
    assert curl(world, url)[::2] == (200, b"shown")
    status, _, body = curl(world, url[:-1] + ("0" if url[-1] != "0" else "1"))
    assert status == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in body


def presigned_put(world, key, length):
    """A TLS connection on which a PUT of that length has begun."""
    url = boto3_over(world).generate_presigned_url("put_object", {"Bucket": "front", "Key": key})
    target = url.partition(f"localhost:{world.port}")[2]
    context = ssl.create_default_context(cafile=str(world.authority.file))
    raw = socket.create_connection(("127.0.0.1", world.port))
    tls = context.wrap_socket(raw, server_hostname="localhost")
    head = f"PUT {target} HTTP/1.1\r\nhost: localhost:{world.port}\r\ncontent-length: {length}\r\n\r\n"
    tls.sendall(head.encode())
    return tls


def being_written(world):
    return [path.stat().st_size for path in world.house.store.rglob(".blb-*") if path.is_file()]


def until(holds, what):
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError(what)


def test_a_body_goes_through_as_it_comes_and_a_client_that_leaves_leaves_nothing(world):
    before = sorted(path.name for path in world.house.blobs())
    tls = presigned_put(world, "left", len(LARGE))
    tls.sendall(LARGE[: 8 * 1_048_576])
    until(lambda: any(size > 3 * 1_048_576 for size in being_written(world)), "the front keeps the body")
    kept = [path for path in world.folder.glob("client_body/**/*") if path.is_file()]
    assert kept == [], "the front wrote a body to its disk"
    tls.close()
    until(lambda: sorted(path.name for path in world.house.blobs()) == before, "something stayed")
    with pytest.raises(ClientError, match="NoSuchKey"):
        boto3_over(world).get_object(Bucket="front", Key="left")


def test_a_reader_that_leaves_is_an_outcome_and_the_plane_goes_on(world):
    client = boto3_over(world)
    client.put_object(Bucket="front", Key="long", Body=LARGE)
    body = client.get_object(Bucket="front", Key="long")["Body"]
    assert body.read(1000) == LARGE[:1000]
    body.close()
    assert client.get_object(Bucket="front", Key="long")["Body"].read() == LARGE


def test_console_api_and_log_over_tls(world):
    address = f"https://console.localhost:{world.port}"
    status, head, _ = curl(world, f"{address}/", name="console.localhost")
    assert status in {200, 303}, head
    status, head, body = curl(world, f"{address}/v1/keys", name="console.localhost")
    assert status in {401, 404, 405}, head
    assert "application/problem+json" in head
    assert b"{" in body
    address = f"https://log.localhost:{world.port}"
    status, _, body = curl(world, f"{address}/checkpoint", name="log.localhost")
    assert (status, body.startswith(b"log.example/house\n")) == (200, True)


def test_the_wires_of_the_clouds_over_tls(world):
    """Each answers behind its name, in its own words, and what is signed arrives as it was signed."""
    house, name = world.house, "xks.localhost"
    path, body = (
        house.path("health"),
        b'{"requestMetadata":{"kmsOperation":"KmsHealthCheck","kmsRequestId":"r"}}',
    )
    headers = signed_headers(house.pair, path, body, at=house.clock.now(), host=f"{name}:{world.port}")
    sent = [word for pair in headers.items() for word in ("-H", f"{pair[0]}: {pair[1]}")]
    address = f"https://{name}:{world.port}{path}"
    status, _, said = curl(world, address, *sent, "--data-binary", body.decode(), name=name)
    assert (status, b'"xksProxyVendor"' in said) == (200, True), said
    status, _, said = curl(world, address, *sent, "--data-binary", "{}", name=name)
    assert (status, json.loads(said)["errorName"]) == (401, "AuthenticationFailedException")
    big = world.folder / "big"
    big.write_bytes(b'{"plaintext":"' + b"A" * 200_000 + b'"}')
    status, _, said = curl(world, address, *sent, "--data-binary", f"@{big}", name=name)
    assert json.loads(said)["errorName"]  # in the protocol's words, not the front's
    kept = [path for path in world.folder.glob("client_body/**/*") if path.is_file()]
    assert kept == [], "the front wrote a message to its disk"
    name = "transit.localhost"
    status, _, said = curl(world, f"https://{name}:{world.port}/v1/transit/keys/none", name=name)
    assert (status, "errors" in json.loads(said)) == (403, True)
    name = "dke.localhost"
    status, head, said = curl(world, f"https://{name}:{world.port}/none", name=name)
    assert status == 404, (head, said)
    assert b"nginx" not in said


def test_only_the_front_says_who_a_client_is(world):
    """A certificate is believed on the UNIX socket, and there only the one that the front has checked."""
    address = f"https://certified.localhost:{world.port}/"
    folder, name = world.folder, "certified.localhost"
    forged = [
        "-H",
        "Client-Cert: :AAAA:",
        "-H",
        "X-Forwarded-For: 192.0.2.1",
        "-H",
        "Forwarded: for=192.0.2.1",
    ]
    own = ["--cert", str(folder / "client.pem"), "--key", str(folder / "client.key")]
    digest = world.authority.client.fingerprint(hashes.SHA256()).hex()
    for more, seen in ((own, digest), ([], None), (forged, None), ([*own, *forged], digest)):
        status, _, body = curl(world, address, *more, name=name)
        told = json.loads(body)
        assert (status, told["peer"]) == (200, seen)
        assert (told["for"], told["forwarded"]) == (["127.0.0.1"], None)
    direct = f"http://127.0.0.1:{world.echo_port}/"
    _, _, body = curl(world, direct, "-H", "Client-Cert: :AAAA:")
    assert json.loads(body)["peer"] is None, "believed on TCP"


def test_a_certificate_nobody_here_issued_gets_nowhere(world, tmp_path):
    other = Authority(tmp_path)
    other.issue("stranger")
    own = ["--cert", str(tmp_path / "stranger.pem"), "--key", str(tmp_path / "stranger.key")]
    status, _, body = curl(
        world, f"https://certified.localhost:{world.port}/", *own, name="certified.localhost"
    )
    assert status == 400
    assert b"peer" not in body


def test_metrics_are_told_on_loopback_and_nowhere_else(world):
    for process in PROCESSES:
        status, head, body = curl(world, f"http://127.0.0.1:{world.watch}/metrics/{process}")
        assert (status, "text/plain; version=0.0.4" in head) == (200, True)
        assert b"process_start_time_seconds" in body
    for name in ("localhost", "console.localhost", "log.localhost"):
        status, _, body = curl(world, f"https://{name}:{world.port}/metrics/keyroom", name=name)
        assert status in {400, 403, 404}
        assert b"custodes_sealed" not in body
    listening = re.findall(r"listen +([^;]+);", world.file.read_text())
    assert all(one.startswith("127.0.0.1:") for one in listening)
