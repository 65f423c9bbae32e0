"""Every page's values are frozen and complete; how they look: test_pages.py and tests/browser."""

import importlib
import pkgutil

import msgspec
import pytest

from custodes.web.console import views
from custodes.web.console.views.shell import View

ROOMS = [
    importlib.import_module(f"{views.__name__}.{one.name}") for one in pkgutil.iter_modules(views.__path__)
]
SHAPES = [
    pytest.param(shape, id=f"{room.__name__.rpartition('.')[2]}.{shape.__name__}")
    for room in ROOMS
    for shape in vars(room).values()
    if isinstance(shape, type) and issubclass(shape, View) and shape.__module__ == room.__name__
]


def test_every_room_is_looked_at() -> None:
    assert len(ROOMS) > 10
    assert len(SHAPES) > 50


@pytest.mark.parametrize("shape", SHAPES)
def test_a_view_is_frozen_strict_and_says_what_it_is(shape: type[msgspec.Struct]) -> None:
    config = shape.__struct_config__
    assert config.frozen
    assert config.forbid_unknown_fields
    assert shape.__doc__
    with pytest.raises(TypeError):
        shape("by position")
