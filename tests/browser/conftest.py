"""A real server with the fixtures' pages, and Debian's Chromium to look at them."""

import asyncio
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from custodes.web.console.pages import Pages
from custodes.web.console.statics import Statics
from custodes.web.kit import shield
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Body, Endpoint, table
from custodes.web.kit.forms import Form
from custodes.web.kit.front import Face, Front
from custodes.web.kit.logs import Log
from custodes.web.serving.server import Tcp, serve
from fakes import SeededDice, SetClock
from fakes.console_house import ConsoleHouse
from fakes.console_views import HOUSE

sys.path.insert(0, str(Path(__file__).parent))
import fixtures

from fakes.ports import free_port

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Site:
    """The fixtures' pages at `/p/<name>`; what forms send is kept in `sent`."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://localhost:{port}"
        self.sent: list[tuple[str, dict[str, tuple[str, ...]]]] = []
        self.lines: list[bytes] = []
        self.statics = Statics()
        self.pages = Pages(HOUSE, self.statics, SeededDice())
        face = Face(
            log=Log(self.lines.append, SetClock()),
            dice=SeededDice(),
            origin=self.origin,
            csp=shield.CONSOLE_CSP,
            refuse=self.pages.refuse,
        )
        rows = (
            Endpoint(method="GET", path="/p/{name}", name="page", action=None, does=self.page),
            Endpoint(method="GET", path="/cases/{case}", name="onward", action=None, does=self.onward),
            # a browser that is shown plain text looks for an icon, some time
            Endpoint(method="GET", path="/favicon.ico", name="icon", action=None, does=self.onward),
            *(
                Endpoint(
                    method="POST",
                    path=path,
                    name=path,
                    action=None,
                    does=self.take,
                    takes=Body.FORM,
                    body_bytes_max=65_536,
                )
                for path in ("/sign-in", "/sign-in/passkey", "/kill")
            ),
        )
        self.app = Front(table(rows, self.statics.endpoints()), face)

    async def page(self, call: Call) -> Reply:
        view, visitor = fixtures.VIEWS[call.path["name"]]
        return self.pages.reply(call, view, visitor)

    async def onward(self, _call: Call) -> Reply:
        """Where a page leads by itself: no content, so a browser stays on the page that is looked at."""
        return Reply(raw=b"", status=204)

    async def take(self, call: Call) -> Reply:
        self.sent.append((call.request.url.path, dict(call.taken(Form).fields)))
        return Reply(raw=b"taken", media="text/plain")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    port = free_port()
    site = Site(port)
    ready: list[Any] = []

    async def main() -> None:
        stop = asyncio.Event()
        ready.extend((asyncio.get_running_loop(), stop))
        await serve(site.app, Tcp(port=port), stop)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.01)
    yield site
    ready[0].call_soon_threadsafe(ready[1].set)
    thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CUSTODES_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not installed: `make deps` does it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleHouse]:
    """One house of real processes for all files that need one: their tests are one group and leave it as it
    was, every kill lifted.
    """
    made = ConsoleHouse(tmp_path_factory.mktemp("house"))
    with made.running("keyroom", "logkeeper", "s3", "console"):
        yield made
