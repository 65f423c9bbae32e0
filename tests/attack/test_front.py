"""Behind the real TLS front: Debian's nginx with the files of deploy/nginx, a private CA, foreign clients."""

import contextlib
import datetime
import ipaddress
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from custodes.web.kit import peer  # noqa: F401 - what is attacked
from custodes.web.serving import server  # noqa: F401
from fakes.houses import ROOT, House
from fakes.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
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


class Authority:
    """A private CA, made for one test run."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "ca.pem"
        self.certificate = self._sign("Test CA", self.key.public_key(), (), is_ca=True)
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name, *names):
        """Certificate and key files for these host names; the certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._sign(name, key.public_key(), names)
        raw = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(raw)
        return made

    def _sign(self, name, public, names, *, is_ca=False):
        now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - what TLS libraries compare with
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if is_ca else self.certificate.subject
        builder = (
            x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if names:
            hosts = [x509.DNSName(one) for one in names]
            hosts.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
            builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        return builder.sign(self.key, hashes.SHA256())


class Front:
    """nginx over the two files of deploy/nginx; `port` is its TLS port, `watch` that of the metrics."""

    def __init__(self, folder, house, replaced):
        self.port, self.watch = free_port(), free_port()
        self.folder = folder
        sites = "\n".join(
            (ROOT / "deploy" / "nginx" / name).read_text()
            for name in ("custodes.conf", "client-certificates.conf")
        )
        settings = house.settings
        replaced = {
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "127.0.0.1:9464": f"127.0.0.1:{self.watch}",
            "127.0.0.1:8443": f"127.0.0.1:{settings.console_port}",
            "127.0.0.1:9000": f"127.0.0.1:{settings.s3_port}",
            "127.0.0.1:8080": f"127.0.0.1:{settings.log_port}",
            "/var/lib/custodes/meters": str(settings.meters),
            "console.example": "console.localhost",
            "s3.example *.s3.example": "localhost s3.localhost",
            "log.example": "log.localhost",
            "certified.example": "certified.localhost",
            **replaced,
        }
        for old, new in replaced.items():
            assert old in sites, old
            sites = sites.replace(old, new)
        temporary = "".join(
            f"{what}_temp_path {folder}/{what};\n"
            for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self.file = folder / "nginx.conf"
        self.file.write_text(
            f"user root;\ndaemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
            f"events {{}}\nhttp {{\naccess_log {folder}/access.log;\n{temporary}{sites}}}\n"
        )

    @contextlib.contextmanager
    def running(self):
        command = [
            shutil.which("nginx", path="/usr/sbin:/usr/bin"),
            "-c",
            str(self.file),
            "-p",
            str(self.folder),
        ]
        tested = subprocess.run([*command, "-t"], check=False, capture_output=True, text=True)
        assert tested.returncode == 0, tested.stderr
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                time.sleep(0.02)
            yield self
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is missing: make deps")
        pytest.skip("nginx is missing: make deps")
    folder = tmp_path_factory.mktemp("front")
    authority = Authority(folder)
    authority.issue(
        "front", "localhost", "*.localhost", "console.localhost", "log.localhost", "certified.localhost"
    )
    authority.client = authority.issue("client")
    house = House(folder).found()
    sock, port = folder / "certified.sock", free_port()
    echo = subprocess.Popen(
        [sys.executable, "-c", ECHO, str(sock), str(port)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    replaced = {
        "/etc/custodes/tls/front.pem": str(folder / "front.pem"),
        "/etc/custodes/tls/front.key": str(folder / "front.key"),
        "/etc/custodes/tls/clients.pem": str(authority.file),
        "/run/custodes/certified.sock": str(sock),
    }
    front = Front(folder, house, replaced)
    front.authority, front.house, front.echo_port = authority, house, port
    try:
        with house.running("keyroom", "logkeeper", "console", "s3", "log"), front.running():
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


def curl(front, *arguments, name="localhost", port=None):
    """(status, headers, body) as curl sees it."""
    command = ["curl", "-sS", "-i", "--cacert", str(front.authority.file), "--max-time", "20"]
    command += ["--resolve", f"{name}:{front.port}:127.0.0.1", *arguments]
    done = subprocess.run(command, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.lower().decode("latin-1"), body


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
    until(lambda: any(size > 6 * 1_048_576 for size in being_written(world)), "the front keeps the body")
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


def test_only_the_front_says_who_a_client_is(world):
    """A certificate is believed on the UNIX socket, and there only the one that the front has checked."""
    import json

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
    for process in ("keyroom", "logkeeper", "console", "s3", "log"):
        status, head, body = curl(world, f"http://127.0.0.1:{world.watch}/metrics/{process}")
        assert (status, "text/plain; version=0.0.4" in head) == (200, True)
        assert b"process_start_time_seconds" in body
    for name in ("localhost", "console.localhost", "log.localhost"):
        status, _, body = curl(world, f"https://{name}:{world.port}/metrics/keyroom", name=name)
        assert status in {400, 403, 404}
        assert b"custodes_sealed" not in body
    listening = re.findall(r"listen +([^;]+);", world.file.read_text())
    assert all(one.startswith("127.0.0.1:") for one in listening)
