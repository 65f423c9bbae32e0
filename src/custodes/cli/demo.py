"""`custodes demo`: a demo trustee on this machine, its tour, and then up until Ctrl-C."""

import asyncio
import contextlib
import shutil
import signal
import threading
from pathlib import Path

import click

from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, Settings
from custodes.wiring import demo as house
from custodes.wiring.planes.listening import Sockets

from .touring import cast as players
from .touring import casting, run
from .touring.report import Report

_BEGUN = ".founding"


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo lives; founded there if nothing is.",
)
@click.option("--no-tour", "skips_tour", is_flag=True, help="Start it and play nothing.")
@click.option("--once", is_flag=True, help="Stop after the tour, with its exit code.")
@click.option("--pause", is_flag=True, help="Wait after each step, with a link into the console.")
@click.option("--json", "is_json", is_flag=True, help="The tour's steps with their proofs as JSON.")
@click.pass_context
def demo(  # noqa: PLR0917 - one parameter per option, given by name
    context: click.Context, folder: Path, skips_tour: bool, once: bool, pause: bool, is_json: bool
) -> None:
    """Found a demo trustee (first run), start it on loopback, play the tour, stay up until Ctrl-C."""
    _say(is_json, f"\n{click.style(house.BANNER, fg='yellow')}\n")
    try:
        settings, sockets = _opened(folder, is_json)
        running = house.Running(settings, sockets)
        evening = _Evening(running, Report(is_json=is_json), is_json)
        code = asyncio.run(evening.run(not skips_tour, once, pause))
    except Refusal as refusal:
        click.echo(f"demo: {refusal.code}", err=True)
        for name, fact in refusal.facts.items():
            click.echo(f"  {name}: {fact}", err=True)
        code = 1
    context.exit(code)


class _Evening:
    """One run of the demo: processes up, tour, doors open, everything down."""

    def __init__(self, running: house.Running, report: Report, is_json: bool) -> None:
        self._running = running
        self._settings = running.settings
        self._report = report
        self._is_json = is_json
        self._over = asyncio.Event()

    async def run(self, tours: bool, once: bool, pause: bool) -> int:
        """The exit code: that of the tour with `once`, else 0 once somebody says stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._over.set)
        running = self._running
        try:
            took_s = await running.start()
            _say(self._is_json, f"started {', '.join(running.names)} in {took_s:.1f} s")
            proved = await self._tour(pause) if tours else True
            if once:
                return 0 if proved else 1
            if not self._over.is_set():
                self._doors()
            await self._over.wait()
        finally:
            await running.stop()
        _say(self._is_json, "\nstopped; the next `make run` finds everything again")
        return 0

    async def _tour(self, pause: bool) -> bool:
        """In a thread of its own that nobody waits for when the evening is over."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def play() -> None:
            outcome = False
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody listens any more
                try:
                    outcome = run.play(self._settings, self._report, pause=pause, stopped=self._over.is_set)
                finally:
                    loop.call_soon_threadsafe(lambda: None if done.done() else done.set_result(outcome))

        threading.Thread(target=play, name="tour", daemon=True).start()
        over = loop.create_task(self._over.wait())
        over.add_done_callback(lambda _task: None if done.done() else done.set_result(False))
        try:
            return await done
        finally:
            over.cancel()

    def _doors(self) -> None:
        """Where everything is, with what opens it."""
        settings, cast = self._settings, players.load(players.folder_of(self._settings.house))
        lines = [("Console", settings.console_url, "")]
        lines += [("", f"{one.mail}", one.password) for one in cast.people.values()]
        endpoint = f"http://localhost:{settings.s3_port}"
        lines += [("S3", endpoint, f"bucket {cast.bucket}")]
        for label, access in (("application", cast.town_access), ("engineer", cast.engineer_access)):
            lines.append(("", f"{label}: {access.access_id}", access.secret))
        log = f"http://localhost:{settings.log_port}"
        lines += [("Log", f"{log}/checkpoint", ""), ("", f"{log}/pins.json", "the keys to check it with")]
        lines += [("Keys", str(players.folder_of(settings.house)), "file keys and tokens of everybody")]
        width = max(len(middle) for _, middle, _ in lines)
        _say(self._is_json, "")
        for label, middle, right in lines:
            _say(self._is_json, f"  {label:<8}  {middle:<{width}}  {right}".rstrip())
        _say(self._is_json, f"\n  {click.style(house.BANNER, fg='yellow')}; Ctrl-C stops it")


def _opened(folder: Path, is_json: bool) -> tuple[Settings, Sockets]:
    """The demo's settings and ports; founds it where there is none, and anew where founding was cut short."""
    begun = folder / _BEGUN
    if begun.exists():
        shutil.rmtree(folder)
    if (folder / FILE_NAME).exists():
        return house.opened(folder)
    _say(is_json, f"founding a demo trustee in {folder} ...")
    settings, sockets = house.found(folder)
    begun.touch()
    people, store = players.folder_of(settings.house), settings.stores / casting.LOCATION
    people.mkdir(mode=0o700)
    store.mkdir()
    asyncio.run(_cast(settings, people, store))
    begun.unlink()
    return settings, sockets


async def _cast(settings: Settings, people: Path, store: Path) -> None:
    async with house.alone(settings) as keyroom:
        await casting.cast(keyroom, people, store)


def _say(is_json: bool, text: str) -> None:
    click.echo(text, err=is_json)
