"""The KMS plugin over a real socket, asked by gRPC's own client as an API server asks it."""

import asyncio

import grpc
import pytest

from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import CreateKey, MoveKey
from custodes.protocols.kms_v2 import messages
from custodes.settings import Settings
from custodes.web.kit.logs import Log
from custodes.web.planes.kms.listening import KmsServer
from custodes.web.planes.kms.plugin import Plugin
from custodes.wiring.planes import kms as process  # noqa: F401 - its parts are what runs here
from custodes.wiring.processes import wanted
from fakes.folk import in_folk

SECRET = b"a seed of the API server's"


class ApiServer:
    """The other end: messages as the interface spells them, without our reader."""

    def __init__(self, world, folder, token=None):
        self.world, self.path, self.lines = world, folder / "kms.sock", []
        plugin = Plugin(world.keyroom, "etcd", (token or world.token).token)
        self.server = KmsServer(plugin, Log(self.lines.append, world.clock), world.dice)
        self.stop = asyncio.Event()

    async def __aenter__(self):
        self.task = asyncio.create_task(self.server.serve(self.path, self.stop))
        self.channel = grpc.aio.insecure_channel(f"unix:{self.path}")
        await asyncio.wait_for(self.channel.channel_ready(), 30)
        return self

    async def __aexit__(self, *_):
        await self.channel.close()
        self.stop.set()
        await self.task

    async def call(self, method, *fields):
        """Fields in order of their numbers, each bytes; gives back the fields of the answer."""
        sent = b"".join(
            bytes([number << 3 | 2]) + _length(len(value)) + value
            for number, value in enumerate(fields, 1)
            if value
        )
        return messages._fields(await self.channel.unary_unary(f"/v2.KeyManagementService/{method}")(sent))

    async def refused(self, method, *fields):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(method, *fields)
        return caught.value.code(), caught.value.details()


def _length(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128, value >> 7])


async def with_key(world):
    world.key = (await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "etcd"))).id
    return world.folder


@in_folk
async def test_a_secret_goes_round_and_a_rotation_changes_the_key_id(world):
    async with ApiServer(world, await with_key(world)) as api:
        before = await api.call("Status")
        assert (before[1], before[2]) == (b"v2", b"ok")
        made = await api.call("Encrypt", SECRET, b"uid-1")
        assert made[2] == before[3]
        assert SECRET not in made[1]
        assert (await api.call("Decrypt", made[1], b"uid-2", made[2]))[1] == SECRET
        await world.keyroom.ask(MoveKey(world.olga.token, world.key, "rotate", "yearly"))
        after = await api.call("Status")
        assert after[3] != before[3]
        assert (await api.call("Decrypt", made[1], b"uid-3", made[2]))[1] == SECRET
        assert (await api.call("Encrypt", SECRET, b"uid-4"))[2] == after[3]
        text = b"".join(api.lines)
        assert b"kms-Encrypt" in text
        assert SECRET not in text


@in_folk
async def test_health_is_what_the_keyroom_says(world):
    folder = await with_key(world)
    async with ApiServer(world, folder) as api:
        await world.keyroom.ask(MoveKey(world.olga.token, world.key, "disable", "suspicion"))
        assert (await api.call("Status"))[2] == b"key-suspended"
        code, text = await api.refused("Encrypt", SECRET, b"u")
        assert (code, text) == (grpc.StatusCode.FAILED_PRECONDITION, "key-suspended")
        await world.keyroom.ask(MoveKey(world.olga.token, world.key, "enable", "cleared"))
        made = await api.call("Encrypt", SECRET, b"u")
        await world.keyroom.ask(Kill(world.karl.token, KillScope("customer", world.customer_row.id), "drill"))
        code, _ = await api.refused("Decrypt", made[1], b"u", made[2])
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert (await api.call("Status"))[2] == b"customer-killed"  # the API server is not ready either
    async with ApiServer(world, folder, token=type(world.token)("crd-" + "0" * 26 + ".x")) as nobody:
        assert (await nobody.call("Status"))[2] == b"not-authenticated"
        assert (await nobody.refused("Encrypt", SECRET, b"u"))[0] is grpc.StatusCode.UNAUTHENTICATED


@in_folk
async def test_bad_input_is_refused_in_grpcs_words(world):
    async with ApiServer(world, await with_key(world)) as api:
        made = await api.call("Encrypt", SECRET, b"u")
        for ciphertext, key_id, text in (
            (made[1][:-1], made[2], "ciphertext-mismatch"),
            (b"", made[2], "ciphertext-mismatch"),
            (made[1], b"key-" + b"0" * 26 + b"/1", "other-kms-key"),
            (made[1], b"", "other-kms-key"),
            (made[1], made[2].rpartition(b"/")[0] + b"/9", "version-unknown"),
            (made[1], made[2].rpartition(b"/")[0] + b"/0", "other-kms-key"),
        ):
            assert await api.refused("Decrypt", ciphertext, b"u", key_id) == (
                grpc.StatusCode.INVALID_ARGUMENT,
                text,
            )
        broken = api.channel.unary_unary("/v2.KeyManagementService/Encrypt")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await broken(b"\x0a\xff")
        assert caught.value.details() == "bad-kms-message"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await broken(b"\x0a" + bytes(2 * messages.MESSAGE_BYTES_MAX))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await api.channel.unary_unary("/v2.KeyManagementService/Export")(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_it_runs_only_where_it_is_switched_on():
    assert "kms" not in wanted(Settings())
    assert "kms" in wanted(Settings(kms_socket="kms.sock"))
