import pytest

from fakes.served import served


@pytest.fixture
def house(tmp_path):
    """A house with people, answering at its socket."""
    with served(tmp_path) as found:
        yield found
