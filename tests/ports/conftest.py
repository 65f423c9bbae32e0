"""The ports' suites run over both databases: SQLite, and a real PostgreSQL started for the session.

The keyroom's suite is a thousand tests of what is above the store. `make test` asks a third of them over
PostgreSQL too, the same third each time, and all of the store's own contracts; `make conformance` asks the
other two thirds.
"""

import zlib

import pytest

from fakes.databases import Choice, Databases, running

BOTH = ("sqlite", "postgresql")


def pytest_collection_modifyitems(config, items):
    """What is about SQLite's own files is not played a second time."""
    second = [
        item
        for item in items
        if getattr(item, "callspec", None) and item.callspec.params.get("either") == "postgresql"
    ]
    out = [item for item in second if item.get_closest_marker("sqlite")]
    for item in second:
        if item.path.parent.name == "keyroom" and zlib.crc32(item.originalname.encode()) % 3:
            item.add_marker(pytest.mark.conformance)
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


@pytest.fixture(scope="session")
def postgres_server():
    with running() as server:
        yield server


@pytest.fixture
def databases(postgres_server):
    handed = Databases(postgres_server)
    yield handed
    handed.close()


@pytest.fixture(params=BOTH)
def either(request, monkeypatch):
    """The house of this test lies in SQLite, then in PostgreSQL."""
    if request.param == "postgresql":
        monkeypatch.setattr(Choice, "databases", request.getfixturevalue("databases"))
    return request.param
