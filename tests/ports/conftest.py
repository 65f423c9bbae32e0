"""The ports' suites run over both databases: SQLite, and a real PostgreSQL started for the session."""

import pytest

from fakes.databases import Choice, Databases, running

BOTH = ("sqlite", "postgresql")


def pytest_collection_modifyitems(config, items):
    """What is about SQLite's own files is not played a second time."""
    out = [
        item
        for item in items
        if item.get_closest_marker("sqlite")
        and getattr(item, "callspec", None)
        and item.callspec.params.get("either") == "postgresql"
    ]
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
