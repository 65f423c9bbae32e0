import pytest

from fakes.office import OfficeWorld
from fakes.served import served


@pytest.fixture
def house(tmp_path):
    """A house with people, a key and a lockbox, answering at its socket."""
    with served(tmp_path, OfficeWorld) as found:
        yield found
