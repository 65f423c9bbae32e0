"""A town that takes what opens its objects with it, and the tool that reads them without us."""

import asyncio
import subprocess
import sys
from pathlib import Path

import msgspec
import pyrage

from custodes.acts.asks.documents import export_document
from custodes.acts.asks.exports import BeginExport, TakeExport
from custodes.acts.asks.objects import Content
from custodes.objects.bucket import Bucket

from .folk import FolkWorld
from .object_world import BUCKET, ObjectWorld

TOOL = Path(__file__).resolve().parents[2] / "verifier/custodes_recover.py"
NAMES = ("a", "a/b", "Straße/Öl & co.txt", "../../etc/passwd", "x" * 700, "tab\tname", "empty", ".", "a//b")


class LeavingWorld(ObjectWorld, FolkWorld):
    """A town with objects, two people who may export, and an age identity of its own."""

    async def settle_objects(self):
        await super().settle_objects()
        self.identity = pyrage.x25519.Identity.generate()
        self.bodies = {name: self.dice.draw(10 + 40_000 * n % 200_000) for n, name in enumerate(NAMES)}
        self.bodies["empty"] = b""
        for name, body in self.bodies.items():
            await self.write(name, body, content=Content(metadata=(("who", "me"),)))
        return self

    def order(self, signers, **more):
        fields = {
            "customer": self.customer_row.id,
            "recipient": str(self.identity.to_public()),
            "location": "berlin",
            "reason": "we leave",
            **more,
        }
        bare = BeginExport(signers[0].token, **fields)
        document = export_document(self.body.id, bare)
        return msgspec.structs.replace(bare, approvals=tuple(one.sign(document) for one in signers))

    async def begin(self, **more):
        return await self.ask(self.order((self.olga, self.anna), **more))

    async def take(self, export, who=None, **more):
        ask = TakeExport((who or self.olga).token, export.id, more.pop("bucket", BUCKET), **more)
        return await self.ask(ask)

    async def sheets(self, export, limit=4):
        found, after = [], ""
        while True:
            one = await self.take(export, after=after, limit=limit)
            found.append(one)
            after = one.after
            if not after:
                return found

    def opened(self, given):
        return pyrage.decrypt(given.sealed, [self.identity])

    def row(self):
        return next(iter(self.keyroom.opened.standing.all_of("bucket", Bucket)))

    def store(self, folder, uri="memory:berlin"):
        for (at, blob), sealed in self.stored.items():
            if at == uri:
                path = folder / blob[-2:] / blob
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(sealed)
        return folder


def leaving(work):
    def test(tmp_path):
        async def run():
            world = await LeavingWorld(tmp_path).settle_objects()
            try:
                await work(world, tmp_path)
            finally:
                await world.close()
                world.engine.dispose()

        asyncio.run(run())

    test.__name__ = work.__name__
    test.__doc__ = work.__doc__
    return test


def recovered(*arguments, sheets):
    """The stand-alone tool, away from the project's own code."""
    return subprocess.run(
        [sys.executable, "-I", "-W", "error", str(TOOL), *map(str, arguments)],
        input=b"".join(sheets),
        capture_output=True,
        timeout=60,
        check=False,
    )
