import pytest

from custodes.adapters import schemes
from custodes.adapters.file_holder import FileHolder
from custodes.kernel.refusal import Refusal
from fakes.holder import MemoryHolder


def test_file_schemes_give_a_file_holder_that_touches_nothing_yet():
    for scheme in ("file", "keyfile"):
        holder = schemes.holder(f"{scheme}:/nowhere/root")
        assert isinstance(holder, FileHolder)
        assert holder.is_sealed


@pytest.mark.parametrize("uri", ["", "file", "nobody:/x", ":/x", "FILE:/x"])
def test_an_unknown_scheme_is_refused(uri):
    with pytest.raises(Refusal, match="holder-scheme"):
        schemes.holder(uri)


def test_another_package_adds_a_scheme_but_cannot_take_ours(monkeypatch):
    class Point:
        def __init__(self, name):
            self.name = name

        def load(self):
            return lambda uri: MemoryHolder(uri.encode().ljust(32))

    def points(group):
        assert group == "custodes.holders"
        return [Point("memory"), Point("file")]

    monkeypatch.setattr(schemes, "entry_points", points)
    assert isinstance(schemes.holder("memory:x"), MemoryHolder)
    assert isinstance(schemes.holder("file:/x"), FileHolder)
