import msgspec
import pytest

from custodes.parties.connections import (
    FORMS,
    SETTINGS,
    VERBS,
    Connection,
    ConnectionKind,
    Lent,
    is_good,
    number,
)

GOOD = Connection(
    id="con-1",
    customer="cus-1",
    organisation="org-1",
    kind=ConnectionKind.XKS,
    name="AWS Frankfurt",
    lent=(Lent(key="key-1", name="foo", verbs=("wrap", "unwrap")),),
    settings={"regions": ("eu-central-1", "us-gov-west-1"), "uses-per-second": ("1800",)},
    made_at="2026-11-22T08:00:00Z",
)


def test_a_good_one():
    assert is_good(GOOD)
    assert GOOD.lent_as("foo") == GOOD.lent[0]
    assert GOOD.lent_as("key-1") is None
    assert number(GOOD, "uses-per-second") == 1800
    assert number(GOOD, "none") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": "a" * 101},
        {"lent": (GOOD.lent[0], GOOD.lent[0])},
        {"lent": tuple(Lent(key="k", name=str(n), verbs=()) for n in range(201))},
        {"lent": (Lent(key="k", name="a/b", verbs=()),)},
        {"lent": (Lent(key="k", name="..", verbs=()),)},
        {"lent": (Lent(key="k", name="", verbs=()),)},
        {"lent": (Lent(key="k", name="a", verbs=("sign",)),)},
        {"lent": (Lent(key="k", name="a", verbs=("wrap", "wrap")),)},
        {"settings": {"colour": ("red",)}},
        {"settings": {"regions": ()}},
        {"settings": {"regions": ("Frankfurt",)}},
        {"settings": {"regions": ("eu-central-1", "eu-central-1")}},
        {"settings": {"uses-per-second": ("0",)}},
        {"settings": {"uses-per-second": ("1", "2")}},
    ],
)
def test_a_bad_one(wrong):
    assert not is_good(msgspec.structs.replace(GOOD, **wrong))


def test_the_tables_are_whole():
    assert set(SETTINGS) == set(VERBS) == set(ConnectionKind)
    for rows in SETTINGS.values():
        assert len({one.name for one in rows}) == len(rows)
        assert all(one.form in FORMS and one.german and one.english for one in rows)
