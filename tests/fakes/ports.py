"""A port for a server that a test starts: one that nobody else is handed, by the kernel or by another test.

Binding to port 0 and letting go again gives a port the kernel may hand out to the next connection. These lie
below its range for connections (32768 on Linux), and each process that asks has a stretch of its own for as
long as it lives: its name is taken in the abstract namespace (unix(7)), so whole suites may run side by side.
"""

import itertools
import socket
from collections.abc import Iterator
from functools import cache

FIRST, LAST, STRETCH = 12_000, 32_000, 200


def free_port(*, behind: int = 0) -> int:
    """A free port of this process's stretch, with `behind` free ones directly after it."""
    _, ports = _stretch()
    while True:
        port = next(ports)
        if all(_is_free(port + one) for one in range(behind + 1)):
            return port


@cache
def _stretch() -> tuple[socket.socket, Iterator[int]]:
    for first in range(FIRST, LAST, STRETCH):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0custodes-ports-{first}")
        except OSError:
            claim.close()
            continue
        return claim, itertools.cycle(range(first, first + STRETCH - 10))
    raise AssertionError("every stretch of ports is taken")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
