"""How requests leave this machine: through a proxy or straight, and which authorities are believed.

Both are what the settings say; no variable of the environment is asked. This very machine is reached
straight. A proxy is asked to connect (RFC 9110 section 9.3.6) and sees host and port, not what is sent.
"""

import http.client
import ssl
import urllib.request
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from custodes.kernel.refusal import Refusal, malformed

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CA_BYTES_MAX = 1_048_576


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """`proxy` is `http://host:port` or empty; `ca` are further authorities (PEM), besides the machine's."""

    proxy: str = ""
    ca: str = ""

    def connection(self, parts: SplitResult, timeout_s: float, ca: str = "") -> http.client.HTTPConnection:
        """A connection to where a URL points; `ca`: under these authorities alone."""
        host = parts.hostname or ""
        if parts.scheme != "https":
            return http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
        context = self.context(ca)
        if not self.proxy or host in LOOPBACK:
            return http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=context)
        by = urlsplit(self.proxy)
        made = http.client.HTTPSConnection(by.hostname or "", by.port, timeout=timeout_s, context=context)
        made.set_tunnel(host, parts.port or 443)
        return made

    def for_urllib(self, *, is_loopback: bool) -> tuple[urllib.request.BaseHandler, ...]:
        """The same for `urllib.request`."""
        proxies = {} if is_loopback or not self.proxy else {"http": self.proxy, "https": self.proxy}
        return (
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPSHandler(context=self.context()),
        )

    def context(self, ca: str = "") -> ssl.SSLContext:
        """TLS 1.2 or later with host names checked."""
        return _context(ca, self.ca)


STRAIGHT = Route()


def route_of(proxy: str, ca_file: Path | None) -> Route:
    """As the settings say; `bad-settings` (malformed): a proxy with a password, a file without PEM."""
    if proxy:
        _demand_plain(proxy)
    if ca_file is None:
        return Route(proxy=proxy)
    try:
        ca = ca_file.read_text(encoding="ascii")
        if len(ca) > CA_BYTES_MAX:
            raise ValueError("too long")
        _context("", ca)
    except (OSError, ValueError, ssl.SSLError) as error:
        raise malformed("bad-settings", why=f"outgoing_ca: {ca_file.name}") from error
    return Route(proxy=proxy, ca=ca)


def _demand_plain(proxy: str) -> None:
    try:
        parts = urlsplit(proxy)
        is_plain = parts.scheme == "http" and bool(parts.hostname) and parts.port is not None
        is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        is_plain = is_bare = False
    if not (is_plain and is_bare):
        raise _bad_proxy()


def _bad_proxy() -> Refusal:
    return malformed("bad-settings", why="outgoing_proxy: http://host:port, without a password")


@lru_cache(maxsize=64)
def _context(ca: str, more: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=ca) if ca else ssl.create_default_context()
    if more and not ca:
        context.load_verify_locations(cadata=more)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
