"""Every test of a keyroom holds over both databases; which are asked where: `tests/ports/conftest.py`."""

import pytest


@pytest.fixture(autouse=True)
def _over_both(either):
    """See `tests/ports/conftest.py`."""
