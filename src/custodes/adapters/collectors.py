"""Collectors of security monitoring: where lines of the log are sent, by the scheme of an address.

`-` is standard output. `syslog+tcp://host:port` and `syslog+tls://host:port` take syslog by octet counting
(RFC 6587 section 3.4.1, RFC 5425); `https://host/v1/logs` takes OTLP. A collector either took a page or
`deliver` raises, so the place it was read from is kept only afterwards: every entry arrives at least once.
Plain TCP and plain HTTP go to this machine only.
"""

import http.client
import ipaddress
import socket
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import SplitResult, urlsplit

from custodes.kernel.refusal import malformed, unavailable
from custodes.protocols.siem import ocsf, otlp, syslog
from custodes.protocols.siem.events import Event

TIMEOUT_S = 30.0
SYSLOG_TLS_PORT = 6_514  # RFC 5425 section 4.1
SCHEMES = ("-", "syslog+tcp", "syslog+tls", "http", "https")


class Collector(Protocol):
    """Takes a page of entries, or refuses `collector-gone` (unavailable)."""

    def deliver(self, events: Sequence[Event]) -> None:
        """Returns when the page is out of this process's hands."""

    def close(self) -> None:
        """Let go of the connection."""


class Output:
    """Lines to a stream: OCSF, OTLP (a request a line) or syslog."""

    def __init__(self, form: str, out: BinaryIO) -> None:
        self._form = form
        self._out = out

    def deliver(self, events: Sequence[Event]) -> None:
        """Each page is flushed; `collector-gone` when nobody reads any more."""
        lines = (
            [otlp.rendered(events)] if self._form == "otlp" else [_LINES[self._form](one) for one in events]
        )
        try:
            self._out.write(b"".join(line + b"\n" for line in lines))
            self._out.flush()
        except OSError:
            raise unavailable("collector-gone") from None

    def close(self) -> None:
        """The stream is its owner's."""


class Syslog:
    """One connection, opened at the first page and again after a failure."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._place = (host, port)
        self._tls = tls
        self._socket: socket.socket | None = None

    def deliver(self, events: Sequence[Event]) -> None:
        """`collector-gone` when it cannot be reached or closed the connection."""
        try:
            self._socket = self._socket or self._connected()
            _demand_open(self._socket)
            self._socket.sendall(b"".join(syslog.framed(syslog.rendered(one)) for one in events))
        except OSError:
            self.close()
            raise unavailable("collector-gone") from None

    def close(self) -> None:
        """Idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        plain = socket.create_connection(self._place, TIMEOUT_S)
        if self._tls is None:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=self._place[0])
        except OSError:
            plain.close()
            raise


class Otlp:
    """OTLP/HTTP with JSON bodies (OTLP 1, "OTLP/HTTP"); no redirect is followed."""

    def __init__(self, parts: SplitResult, tls: ssl.SSLContext) -> None:
        self._parts = parts
        self._tls = tls

    def deliver(self, events: Sequence[Event]) -> None:
        """Anything but 200 is `collector-gone`, with the status as fact."""
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            link: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=TIMEOUT_S, context=self._tls
            )
        else:
            link = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        try:
            headers = {"content-type": "application/json"}
            link.request("POST", self._parts.path or "/v1/logs", otlp.rendered(events), headers)
            answer = link.getresponse()
            answer.read(65_536)
        except (OSError, http.client.HTTPException):
            raise unavailable("collector-gone") from None
        finally:
            link.close()
        if answer.status != http.HTTPStatus.OK:
            raise unavailable("collector-gone", status=answer.status)

    def close(self) -> None:
        """Every page has a connection of its own."""


def collector(address: str, form: str, ca: Path | None = None) -> Collector:
    """The collector at an address; `collector-address` (malformed).

    `form` (`ocsf`, `otlp`, `syslog`) is for standard output; `ca` is a PEM file of a private authority.
    """
    if address == "-":
        return Output(form, sys.stdout.buffer)
    parts = urlsplit(address)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise malformed("collector-address") from None
    is_plain = parts.scheme in {"syslog+tcp", "http"}
    if parts.scheme not in SCHEMES or not host or parts.username or (is_plain and not _is_loopback(host)):
        raise malformed("collector-address")
    tls = ssl.create_default_context(cafile=str(ca) if ca else None)
    if parts.scheme in {"http", "https"}:
        return Otlp(parts, tls)
    if parts.path.strip("/") or (port is None and is_plain):
        raise malformed("collector-address")
    return Syslog(host, port or SYSLOG_TLS_PORT, None if is_plain else tls)


_LINES = {"ocsf": ocsf.rendered, "syslog": syslog.rendered}


def _demand_open(link: socket.socket) -> None:
    """A collector says nothing: a readable connection is a closed one, and what is sent there is lost."""
    if isinstance(link, ssl.SSLSocket):
        return  # a close arrives as an alert inside the records; the next write meets it
    link.setblocking(False)
    try:
        if not link.recv(1):
            raise ConnectionResetError
    except BlockingIOError:
        pass
    finally:
        link.settimeout(TIMEOUT_S)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
