"""Two places with a cable between them: two network namespaces joined by a veth pair, or one loopback.

In namespaces each place has its own addresses, ports and a TLS front (`front.py`) in front of what listens
on its loopback, under one authority both know. `cut` takes the town's end of the cable down.
"""

import contextlib
import datetime
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from custodes.adapters.system import SystemClock
from fakes.receivers import key_extensions

ROOT = Path(__file__).resolve().parents[3]
FRONT = Path(__file__).with_name("front.py")
CLI = "import sys; from custodes.cli import main; main(sys.argv[1:])"
UP_WITHIN_S = 60.0
TRUSTEE, TOWN, COUNTY = "trustee", "town", "county"  # the county's machine stands beside the trustee's


def why_no_namespaces() -> str:
    """Why this machine cannot have two network namespaces; empty where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "iproute2 is missing"
    probe = f"custodes-{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"no network namespaces: {made.stderr.strip()[:200]}"
    subprocess.run(["ip", "netns", "del", probe], check=False)
    return ""


class Net:
    """Addresses, ports and the cable. `names` are the two namespaces; none: everything on one loopback."""

    def __init__(self, names: tuple[str, str] | None, folder: Path) -> None:
        self.names = names
        self.folder = folder
        number = int(names[0].split("-")[1]) if names else 0
        base = f"10.{64 + number % 64}.{number // 64 % 256}"
        self.hosts = {TRUSTEE: f"{base}.1", TOWN: f"{base}.2", COUNTY: f"{base}.3"}
        if not names:
            self.hosts = dict.fromkeys(self.hosts, "127.0.0.1")
        self._ports: dict[tuple[str, str], int] = {}

    def namespace(self, place: str) -> str | None:
        """Where what belongs to this place runs."""
        return None if self.names is None else self.names[place == TOWN]

    def port(self, place: str, what: str) -> int:
        """The port something of this place listens at, on its loopback and at the front."""
        if (place, what) not in self._ports:
            self._ports[place, what] = 8_000 + len(self._ports) if self.names else _free_port()
        return self._ports[place, what]

    def url(self, place: str, what: str) -> str:
        """How the other place reaches it."""
        scheme = "https" if self.names else "http"
        return f"{scheme}://{self.hosts[place]}:{self.port(place, what)}"

    def command(self, place: str, *line: str) -> list[str]:
        """This command line, in the place's namespace."""
        namespace = self.namespace(place)
        return [*(("ip", "netns", "exec", namespace) if namespace else ()), *line]

    @property
    def environment(self) -> dict[str, str]:
        """What every program is given: this source tree, and the authority of the fronts."""
        made = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"}
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "CUSTODES_TOKEN"):
            made.pop(name, None)
        return {**made, "SSL_CERT_FILE": str(self.folder / "authority.pem")} if self.names else made

    @contextlib.contextmanager
    def laid(self) -> Iterator[None]:
        """The namespaces and the cable, gone again afterwards, whatever happens."""
        if self.names is None:
            yield
            return
        one, two = self.names
        number = one.split("-")[1]
        ends = (f"cta{number}", f"ctb{number}")
        try:
            for name in self.names:
                _ip("netns", "add", name)
            _ip("link", "add", ends[0], "netns", one, "type", "veth", "peer", "name", ends[1], "netns", two)
            _ip("-n", one, "addr", "add", f"{self.hosts[TRUSTEE]}/24", "dev", ends[0])
            _ip("-n", one, "addr", "add", f"{self.hosts[COUNTY]}/32", "dev", "lo")
            _ip("-n", two, "addr", "add", f"{self.hosts[TOWN]}/24", "dev", ends[1])
            for name, end in zip(self.names, ends, strict=True):
                _ip("-n", name, "link", "set", "lo", "up")
                _ip("-n", name, "link", "set", end, "up")
            self._certify()
            yield
        finally:
            for name in self.names:
                subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def cut(self, *, is_cut: bool) -> None:
        """Pull the cable at the town's end, or put it in again."""
        assert self.names is not None
        end = f"ctb{self.names[1].split('-')[1]}"
        _ip("-n", self.names[1], "link", "set", end, "down" if is_cut else "up")

    def _certify(self) -> None:
        """An authority, and one certificate for the three addresses."""
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "two towns")])
        now = SystemClock().now()
        made = (
            x509.CertificateBuilder()
            .issuer_name(subject)
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )
        for extension, critical in key_extensions(key.public_key(), key.public_key(), is_ca=True):
            made = made.add_extension(extension, critical=critical)
        root = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(
            key, hashes.SHA256()
        )
        own = ec.generate_private_key(ec.SECP256R1())
        names = [x509.IPAddress(ipaddress.ip_address(host)) for host in self.hosts.values()]
        leaf = (
            x509.CertificateBuilder()
            .issuer_name(subject)
            .subject_name(name)
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
        )
        for extension, critical in key_extensions(own.public_key(), key.public_key(), is_ca=False):
            leaf = leaf.add_extension(extension, critical=critical)
        private = own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (self.folder / "authority.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
        signed = leaf.sign(key, hashes.SHA256())
        (self.folder / "front.pem").write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))


class Programs:
    """Long-running programs by name, each in its place, all ended at the end."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, place: str, *line: str) -> None:
        """Start `custodes` with these words (or a file of ours) in a place; what it says goes to NAME.log."""
        head = (sys.executable, line[0]) if line[0].endswith(".py") else (sys.executable, "-c", CLI, line[0])
        with (self._net.folder / f"{name}.log").open("ab") as said:
            self._running[name] = subprocess.Popen(
                self._net.command(place, *head, *line[1:]),
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                env=self._net.environment,
            )

    def stop(self, name: str) -> None:
        """SIGTERM, and wait; SIGKILL for what does not end."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def hold(self, name: str, *, is_held: bool) -> None:
        """Freeze a program, or let it go on."""
        self._running[name].send_signal(signal.SIGSTOP if is_held else signal.SIGCONT)

    def stop_all(self) -> None:
        """Everything, the last first."""
        for name in reversed(list(self._running)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop(name)

    def once(self, place: str, *line: str, **more: str) -> tuple[int, str]:
        """`custodes` with these words, in a place, to its end: exit code, and what it wrote."""
        done = subprocess.run(
            self._net.command(place, sys.executable, "-c", CLI, *line),
            capture_output=True,
            text=True,
            env={**self._net.environment, **more},
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout if done.returncode in {0, 1, 4} and done.stdout else done.stderr


def until(what: str, holds: Callable[[], bool], within_s: float = UP_WITHIN_S) -> None:
    """Wait until `holds()` is true; AssertionError names what did not come."""
    end = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not in time: {what}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether anything answers there."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


def _ip(*line: str) -> None:
    subprocess.run(["ip", *line], check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
