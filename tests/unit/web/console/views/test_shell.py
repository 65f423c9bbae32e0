"""The values are frozen and complete; how they look is tested in test_pages.py and in tests/browser."""

import msgspec
import pytest

from custodes.web.console.views import shell as room
from custodes.web.console.views.shell import View

SHAPES = [
    s
    for s in vars(room).values()
    if isinstance(s, type) and issubclass(s, View) and s.__module__ == room.__name__
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_view_is_frozen_strict_and_says_what_it_is(shape: type[msgspec.Struct]) -> None:
    config = shape.__struct_config__
    assert config.frozen
    assert config.forbid_unknown_fields
    assert shape.__doc__
    with pytest.raises(TypeError):
        shape("by position")
