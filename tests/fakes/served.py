"""A keyroom that answers at a real socket, on a thread of its own, for programs that ask from outside."""

import asyncio
import threading
from contextlib import contextmanager

import msgspec
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.socket import Server
from custodes.adapters.file_key import FORMAT, PlainKey
from custodes.adapters.system import SystemClock
from custodes.cli import main
from custodes.kernel import canonical
from custodes.settings import FILE_NAME, Settings, load, to_toml

from .folk import FolkWorld, Signer
from .keyrooms import LOCAL


class ServedHouse:
    """`call(coroutine)` runs on the house's loop; `run(...)` is one command of the command line."""

    def __init__(self, folder, kind=FolkWorld):
        self.folder = folder
        (folder / FILE_NAME).write_text(to_toml(Settings()))
        self.settings = load(folder / FILE_NAME)
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
        env = {"CUSTODES_FOLDER": str(self.folder), "CUSTODES_TOKEN": token.token if token else ""}
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
