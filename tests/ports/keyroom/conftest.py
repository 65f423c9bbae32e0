"""Every test of a keyroom holds over both databases."""

import pytest


@pytest.fixture(autouse=True)
def _over_both(either):
    """See `tests/ports/conftest.py`."""
