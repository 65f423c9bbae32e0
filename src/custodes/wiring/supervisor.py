"""Starts the house's processes, watches them, starts again what fell over, stops all together.

Each process is `python -m custodes.wiring NAME SETTINGS`, a plane with the number of its listening socket.
One that ends is started again after a pause that doubles up to `PAUSE_S_MAX`; the keyroom comes up sealed
unless the settings say otherwise.
"""

import asyncio
import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path

from custodes.web.serving.server import MALLOC

from .planes import listening
from .processes import PROCESSES

PAUSE_S_FIRST, PAUSE_S_MAX = 0.5, 30.0
_STEADY_S = 60.0

_log = logging.getLogger("custodes.supervisor")


class Supervisor:
    """Keeps `names` running until `stop`."""

    def __init__(
        self,
        settings_file: Path,
        names: tuple[str, ...] = PROCESSES,
        *,
        sockets: listening.Sockets,
        logs: Path | None = None,
    ) -> None:
        """With `logs`, what a process says goes to a file of its name in that folder.

        `sockets` are the planes' ports, ours until `run` ends.
        """
        self._file = settings_file
        self._names = names
        self._sockets = sockets
        self._logs = logs
        self.ended: dict[str, int] = {}  # how often each has ended by itself
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    @property
    def pids(self) -> dict[str, int]:
        """Process id of everything that runs now."""
        return {name: process.pid for name, process in self._running.items() if process.returncode is None}

    async def run(self) -> None:
        """Until `stop` is called."""
        try:
            await asyncio.gather(*(self._keep(name) for name in self._names))
        finally:
            listening.close(self._sockets)

    def stop(self) -> None:
        """Ask every process to end; `run` returns when they have."""
        self._stopping.set()
        for process in self._running.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)

    async def _keep(self, name: str) -> None:
        pause = PAUSE_S_FIRST
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            process = await self._start(name)
            self._running[name] = process
            code = await process.wait()
            if self._stopping.is_set():
                return
            self.ended[name] = self.ended.get(name, 0) + 1
            pause = PAUSE_S_FIRST if loop.time() - began > _STEADY_S else min(pause * 2, PAUSE_S_MAX)
            _log.warning("%s ended with %s; again in %.1f s", name, code, pause)
            try:
                await asyncio.wait_for(self._stopping.wait(), pause)
            except TimeoutError:
                continue

    async def _start(self, name: str) -> asyncio.subprocess.Process:
        handed = tuple(port.fileno() for at, port in self._sockets.items() if at == name)
        command = (sys.executable, "-m", "custodes.wiring", name, str(self._file), *map(str, handed))
        environment = {**os.environ, **MALLOC}
        start = partial(asyncio.create_subprocess_exec, *command, env=environment, pass_fds=handed)
        if self._logs is None:
            return await start()
        with (self._logs / f"{name}.log").open("ab") as said:
            return await start(stdout=said, stderr=asyncio.subprocess.STDOUT)
