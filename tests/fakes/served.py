"""A keyroom that answers at a real socket, on a thread of its own, for programs that ask from outside."""

import asyncio
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.socket import Client, Server
from custodes.adapters.file_key import FORMAT, PlainKey
from custodes.adapters.system import SystemClock
from custodes.cli import main
from custodes.kernel import canonical
from custodes.settings import FILE_NAME, Settings, load, to_toml
from custodes.web.api.app import api, face
from custodes.web.kit.front import Front
from custodes.web.kit.logs import Log

from . import SeededDice, SetClock
from .asgi import drive
from .folk import FolkWorld, Signer
from .keyrooms import LOCAL


class ServedHouse:
    """`call(coroutine)` runs on the house's loop; `run(...)` is one command of the command line."""

    def __init__(self, folder, kind=FolkWorld):
        self.folder = folder
        (folder / FILE_NAME).write_text(to_toml(Settings()))
        self.settings = load(folder / FILE_NAME)
        self.url = None  # set: commands go there instead of the folder
        for place in (self.settings.keyroom, self.settings.sockets):
            place.mkdir()
        self.settings.local_token.write_text(LOCAL.token)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.call(self._start(kind))

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def run(self, *arguments, who=None, stdin=None, **how):
        """One command against this house, as `who` (a `folk.Signer` or a token)."""
        token = who.token if isinstance(who, Signer) else who
        place = {"CUSTODES_URL": self.url} if self.url else {"CUSTODES_FOLDER": str(self.folder)}
        place = {} if {"--url", "--folder"} & set(arguments) else place  # whoever says it himself
        env = {"CUSTODES_FOLDER": None, **place, "CUSTODES_TOKEN": token.token if token else ""}
        if isinstance(who, Signer) and isinstance(who.private, Ed25519PrivateKey):
            env["CUSTODES_KEY_FILE"] = str(self.key_file(who))
        return CliRunner().invoke(main, list(arguments), input=stdin, env=env, **how)

    def json(self, *arguments, who=None, **how):
        """The same with `--json`, decoded; the command must succeed."""
        done = self.run(*arguments, "--json", who=who, **how)
        assert done.exit_code == 0, done.output
        return canonical.decode(done.stdout.strip().encode())

    def key_file(self, signer):
        """The signer's key as a file."""
        path = self.folder / f"{signer.credential.id}.key"
        if not path.exists():
            public = canonical.b64(signer.private.public_key().public_bytes_raw())
            seed = canonical.b64(signer.private.private_bytes_raw())
            body = PlainKey(format=FORMAT, public=public, seed=seed)
            path.touch(mode=0o600)
            path.write_bytes(canonical.encode(msgspec.to_builtins(body)))
        return path

    def close(self):
        self.call(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def _start(self, kind):
        # everything that holds a connection is made on the thread that uses it
        self.world = kind(self.settings.keyroom)
        self.world.clock.at = SystemClock().now()  # what is signed here must be fresh there
        await self.world.open()
        await self.world.settle_in()
        self.server = Server(self.world.keyroom.ask, self.world.dice)
        await self.server.start(self.settings.socket)

    async def _stop(self):
        await self.server.stop()
        await self.world.close()
        self.world.engine.dispose()


@contextmanager
def served(folder, kind=FolkWorld):
    house = ServedHouse(folder, kind)
    try:
        yield house
    finally:
        house.close()


class FreshDoors:
    """Doors with a connection of its own for each ask: every request has its own event loop."""

    def __init__(self, path):
        self.path = path

    async def ask(self, ask):
        client = Client(self.path)
        try:
            return await client.ask(ask)
        finally:
            await client.close()


@contextmanager
def api_of(house):
    """The house's API over plain http on loopback, and its published pins; gives its address."""
    rows = Front(
        api(FreshDoors(house.settings.socket)), face(Log(lambda line: None, SetClock()), SeededDice())
    )

    async def with_pins(scope, receive, send):
        if scope["path"] != "/log/pins.json":
            await rows(scope, receive, send)
            return
        body = (house.settings.public_log / "pins.json").read_bytes()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    with over_http(with_pins) as url:
        yield url


@contextmanager
def over_http(app):
    """An ASGI application over plain http on loopback; gives its address."""

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            made = drive(app, self.command, self.path, body, self.headers.items())
            self.send_response(made.status)
            for name, value in made.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_):
            pass

    for method in ("GET", "POST", "PUT", "DELETE", "LIST"):
        setattr(Requests, f"do_{method}", Requests.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
