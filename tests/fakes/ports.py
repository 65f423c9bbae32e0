"""A port for a server that a test starts: one that nobody else is handed, by the kernel or by another test.

Binding to port 0 and letting go again gives a port the kernel may hand out to the next connection. These lie
below its range for connections (32768 on Linux); each worker of a parallel run has a stretch of its own.
"""

import itertools
import os
import socket

FIRST, LAST, STRETCH = 12_000, 32_000, 2_000
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw9").removeprefix("gw") or 9)
_START = FIRST + (_WORKER % ((LAST - FIRST) // STRETCH)) * STRETCH
_NEXT = itertools.cycle(range(_START + os.getpid() % (STRETCH // 2), _START + STRETCH - 1))


def free_port(*, behind: int = 0) -> int:
    """A free port of this worker's stretch, with `behind` free ones directly after it."""
    while True:
        port = next(_NEXT)
        if all(_is_free(port + one) for one in range(behind + 1)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
