"""The demo trustee on one machine: founded in a folder of its own, its processes started and waited for.

Keys lie in a file, so a demo house says so everywhere, and neither opens with settings of a production
installation nor takes a production house's database: the settings and the founded body must agree.
"""

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from custodes.acts.asks.house import LookHouse
from custodes.acts.founding import Plan
from custodes.acts.keyroom import Keyroom
from custodes.acts.socket import Client
from custodes.adapters.system import SystemDice
from custodes.kernel.refusal import Refusal, conflict, unavailable
from custodes.settings import FILE_NAME, Settings, load, to_toml

from . import founding, keyroom
from .planes import listening
from .processes import PROCESSES
from .supervisor import Supervisor

BANNER = "demo: keys in a file, not for real data"
NAME = "Musterland IT (demo)"
ORIGIN = "localhost/custodes-demo"
ANSWERS_WITHIN_S = 30.0
LOG_LINES_SHOWN = 20
_PAUSE_S = 0.02


def found(folder: Path) -> tuple[Settings, listening.Sockets]:
    """Found a demo house in an empty folder, on ports that are free; they are held from now on."""
    settings, sockets = listening.bind_anywhere(Settings())
    plan = Plan(name=NAME, demo=True, origin=ORIGIN, console=settings.console_url, policy="")
    founding.found(folder, plan, None, settings)
    return load(folder / FILE_NAME), sockets


def opened(folder: Path) -> tuple[Settings, listening.Sockets]:
    """The settings of a demo house with its ports, moved to others where somebody has taken its own.

    `not-a-demo` (conflict): a production installation is never opened as a demo. `demo-in-shared-database`
    (conflict): a demo keeps its rows in its own folder. `keyroom-runs-already` (unavailable): it is up.
    """
    file = folder / FILE_NAME
    settings = load(file)
    if not settings.demo:
        raise conflict("not-a-demo", folder=str(folder))
    if settings.database_url:
        raise conflict("demo-in-shared-database")
    with keyroom.only_one(settings):
        free, sockets = listening.bind_anywhere(settings)
        if free != settings:
            file.write_text(to_toml(free), encoding="utf-8")
    return free, sockets


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[Keyroom]:
    """The house's keyroom in this process, unsealed, while nobody else has it."""
    with keyroom.only_one(settings):
        async with keyroom.assembled(settings, SystemDice().draw(32).hex()) as opened:
            await opened.unseal(b"")
            yield opened


class Running:
    """The processes of a demo house. `logs` is the folder with one file for what each of them says."""

    def __init__(
        self, settings: Settings, sockets: listening.Sockets, names: tuple[str, ...] = PROCESSES
    ) -> None:
        self.settings = settings
        self.names = names
        self.logs = settings.house / "logs"
        self._supervisor = Supervisor(settings.house / FILE_NAME, names, sockets=sockets, logs=self.logs)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> float:
        """Start everything and wait until it answers; gives the seconds that took.

        `process-silent` (unavailable) names the process that did not, with the last lines it wrote.
        """
        self.logs.mkdir(exist_ok=True)
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._task = loop.create_task(self._supervisor.run())
        answering = [self._until(name, _ANSWERS[name]) for name in self.names]
        await asyncio.gather(*answering)
        return loop.time() - began

    async def stop(self) -> None:
        """Ask every process to end and wait until they have."""
        self._supervisor.stop()
        if self._task is not None:
            await self._task

    async def _until(self, name: str, answers: "Callable[[Settings], bool]") -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + ANSWERS_WITHIN_S
        while loop.time() < until and self._supervisor.ended.get(name, 0) < 2:
            if name == "keyroom":
                if await _keyroom_answers(self.settings):
                    return
            elif await asyncio.to_thread(answers, self.settings):
                return
            await asyncio.sleep(_PAUSE_S)
        raise unavailable("process-silent", process=name, said=self._last_lines(name))

    def _last_lines(self, name: str) -> str:
        try:
            text = (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-LOG_LINES_SHOWN:])


async def _keyroom_answers(settings: Settings) -> bool:
    if not settings.socket.exists():
        return False
    client = Client(settings.socket, timeout_s=1.0)
    try:
        return not (await client.ask(LookHouse())).sealed
    except Refusal:
        return False
    finally:
        await client.close()


def _has_checkpoint(settings: Settings) -> bool:
    return (settings.public_log / "checkpoint").exists()


def _at(port: str) -> "Callable[[Settings], bool]":
    def answers(settings: Settings) -> bool:
        url = f"http://{settings.host}:{getattr(settings, port)}/"
        try:
            with urllib.request.urlopen(url, timeout=1.0):  # our own loopback address
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    return answers


_ANSWERS: "dict[str, Callable[[Settings], bool]]" = {
    "keyroom": lambda _settings: False,
    "logkeeper": _has_checkpoint,
    "console": _at("console_port"),
    "s3": _at("s3_port"),
    "log": _at("log_port"),
}
