"""A thief has the database, the store and the log, but neither the holder's file nor its passphrase."""

import asyncio
import shutil

import pytest

from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.adapters.file_holder import FileHolder, create
from custodes.kernel.refusal import Refusal
from fakes import SeededDice
from fakes.keyrooms import PASSPHRASE, World


class Kept(World):
    passphrase = PASSPHRASE


MESSAGE, REASON = b"a very recognisable message", "a very recognisable reason"


async def lived_in(folder):
    world = Kept(folder)
    await world.open()
    await world.settle_in()
    _, owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
    key = await world.keyroom.ask(CreateKey(owner, world.customer_row.id, "recognisable-key-name"))
    for _ in range(20):
        await world.keyroom.ask(UseKey(world.token, key.id, "wrap", MESSAGE, b"", "operation", REASON))
    return world


def stolen_bytes(folder):
    return b"".join(
        path.read_bytes() for path in folder.rglob("*") if path.is_file() and "holder" not in path.name
    )


def test_what_entries_say_and_what_was_wrapped_is_nowhere_in_the_files(tmp_path):
    async def run():
        world = await lived_in(tmp_path)
        token_secret = world.token.token.split(".")[1].encode()
        root = world.keyroom.opened.keyring.root(world.customer_row)
        await world.keeper().round()
        files = stolen_bytes(tmp_path)
        assert b"recognisable-key-name" in files, "the search finds what lies in clear"
        for secret in (MESSAGE, REASON.encode(), token_secret, PASSPHRASE, root):
            assert secret not in files
        await world.close()
        world.engine.dispose()
        assert REASON.encode() not in stolen_bytes(tmp_path)

    asyncio.run(run())


@pytest.mark.parametrize("with_file", [True, False])
def test_without_the_passphrase_and_with_another_holder_nothing_opens(tmp_path, with_file):
    async def run():
        world = await lived_in(tmp_path / "house") if (tmp_path / "house").mkdir() is None else None
        await world.close()
        world.engine.dispose()
        theirs = tmp_path / "theirs"
        shutil.copytree(tmp_path / "house", theirs)
        if not with_file:
            (theirs / "holder.key").unlink()
        again = World.__new__(World)
        again.__dict__.update(world.__dict__)
        from custodes.store.engine import open_sqlite

        again.folder, again.engine = theirs, open_sqlite(theirs / "custodes.db")
        if with_file:
            again.holder = FileHolder(f"file:{theirs / 'holder.key'}")
            secret = b"not the passphrase"
        else:
            again.holder = FileHolder(create(theirs / "other.key", PASSPHRASE, SeededDice(99)))
            secret = PASSPHRASE
        import msgspec

        from custodes.acts.keyroom import Keyroom

        body = msgspec.structs.replace(world.body, holder=again.holder.uri)
        keyroom = Keyroom(body, again.parts())
        with pytest.raises(Refusal) as caught:
            await keyroom.unseal(secret)
        assert caught.value.code in {"wrong-secret", "wrap-mismatch"}
        with pytest.raises(Refusal, match="house-sealed"):
            _ = keyroom.opened
        again.engine.dispose()

    asyncio.run(run())
