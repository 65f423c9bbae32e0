"""The real TLS front: Debian's nginx over the files of deploy/nginx, and a private authority for it."""

import contextlib
import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .houses import ROOT
from .ports import free_port
from .receivers import key_extensions

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")


def demand_nginx():
    """Skip where it is missing, which CI=true turns into a failure."""
    if NGINX is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is missing: make deps")
        pytest.skip("nginx is missing: make deps")


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
        for extension, critical in key_extensions(public, self.key.public_key(), is_ca=is_ca):
            builder = builder.add_extension(extension, critical=critical)
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
            "127.0.0.1:8445": f"127.0.0.1:{settings.xks_port}",
            "127.0.0.1:8200": f"127.0.0.1:{settings.transit_port or free_port()}",
            "127.0.0.1:8444": f"127.0.0.1:{settings.dke_port or free_port()}",
            "/var/lib/custodes/meters": str(settings.meters),
            "console.example": "console.localhost",
            "s3.example *.s3.example": "localhost s3.localhost",
            "log.example": "log.localhost",
            "certified.example": "certified.localhost",
            "xks.example": "xks.localhost",
            "transit.example": "transit.localhost",
            "dke.example": "dke.localhost",
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
            NGINX,
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


def curl(front, *arguments, name="localhost", port=None):
    """(status, headers, body) as curl sees it."""
    command = ["curl", "-sS", "-i", "--cacert", str(front.authority.file), "--max-time", "20"]
    command += ["--resolve", f"{name}:{front.port}:127.0.0.1", *arguments]
    done = subprocess.run(command, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.lower().decode("latin-1"), body
