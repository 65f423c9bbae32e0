"""`custodes.client` against a real house: a program seals, the house logs, a kill ends it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fsspec.implementations.local import LocalFileSystem

from custodes.acts.asks.house import Kill, KillScope
from custodes.client import HouseKeys, SealedFileSystem, house  # noqa: F401 - tested here
from custodes.kernel.refusal import Kind, Refusal
from fakes.folk import entries
from fakes.office import OfficeWorld
from fakes.served import api_of, served


@pytest.fixture
def town(tmp_path):
    (tmp_path / "house").mkdir()
    with served(tmp_path / "house", OfficeWorld) as found, api_of(found) as url:
        yield found.world, found, url


def files_of(world, url, **more):
    facts = {"house": world.body.id, "customer": world.customer_row.id, "key": world.key, **more}
    keys = HouseKeys(url, world.token.token, reason="nightly", **facts)
    return SealedFileSystem(LocalFileSystem(), keys, own=b"o" * 32)


def test_each_file_opened_is_an_entry_of_the_town(town, tmp_path):
    world, _, url = town
    files, path = files_of(world, url), str(tmp_path / "register.csv")
    before = len(entries(world, f"{world.customer_row.id}/machine", "key.unwrap"))
    files.pipe_file(path, b"name;birth\n" * 1000)
    assert files.cat_file(path) == b"name;birth\n" * 1000
    assert files.cat_file(path, 5, 10) == b"birth"
    read = entries(world, f"{world.customer_row.id}/machine", "key.unwrap")[before:]
    assert [one.fields["key"] for one in read] == [world.key] * 2
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: files.cat_file(path, n, n + 4), range(16)))
    assert found == [(b"name;birth\n" * 3)[n : n + 4] for n in range(16)]


def test_after_a_kill_nothing_is_read_or_written(town, tmp_path):
    world, served_house, url = town
    files, path = files_of(world, url), str(tmp_path / "f")
    files.pipe_file(path, b"body")
    opened = files.open(path)
    scope = KillScope("customer", world.customer_row.id)
    served_house.call(world.ask(Kill(world.olga.token, scope, "drill")))
    for work in (lambda: files.cat_file(path), lambda: files.pipe_file(str(tmp_path / "g"), b"x")):
        with pytest.raises(Refusal) as refused:
            work()
        assert refused.value.kind is Kind.LOCKED
    assert not (tmp_path / "g").exists()
    assert opened.read() == b"body"  # its key was released before; docs/operations/client.md says so


def test_another_towns_token_and_another_key(town, tmp_path):
    world, _, url = town
    with pytest.raises(Refusal, match="no-such-thing"):
        files_of(world, url, key=f"key-{'0' * 26}").pipe_file(str(tmp_path / "f"), b"x")
    stranger = HouseKeys(
        url, "crd-none.x", house=world.body.id, customer=world.customer_row.id, key=world.key
    )
    with pytest.raises(Refusal, match="not-authenticated"):
        stranger.wrap(b"s" * 32, b"")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "http://192.0.2.1:8443",
        "ftp://localhost",
        "http://localhost:8443@192.0.2.1/",
        "http://localhost@192.0.2.1:8443/",
        "http://127.0.0.1.example.org/",
    ],
)
def test_a_token_goes_by_https_or_nowhere(url):
    with pytest.raises(Refusal, match="bad-url"):
        HouseKeys(url, "t", house="h", customer="c", key="k")
