import pytest

from custodes.objects.audit import Deed, Difference, Noted, differences, fold, noted_of
from custodes.objects.version import Versioning

OFF, ON, SUSPENDED = Versioning.OFF, Versioning.ENABLED, Versioning.SUSPENDED
AT = ("bkt", "a")


def put(version, versioning=OFF, name="a"):
    return Noted(deed=Deed.PUT, bucket="bkt", version=version, name=name, versioning=versioning)


def mark(version, versioning=ON):
    return Noted(deed=Deed.MARK, bucket="bkt", version=version, name="a", versioning=versioning)


def remove(version):
    return Noted(deed=Deed.REMOVE, bucket="bkt", version=version, name="a", versioning=ON)


@pytest.mark.parametrize(
    ("noted", "held"),
    [
        ([put("1"), put("2")], ("2",)),
        ([put("1"), put("2", ON)], ("2", "1")),
        ([put("1"), put("2", ON), put("3", SUSPENDED)], ("3", "2")),
        ([put("1", ON), mark("2")], ("2", "1")),
        ([put("1"), mark("2", SUSPENDED)], ("2",)),
        ([put("1", ON), put("2", ON), remove("2")], ("1",)),
    ],
)
def test_the_log_says_what_a_name_holds(noted, held):
    assert fold(noted)[0] == {AT: held}
    assert differences(noted, {AT: held}) == ()


def test_a_removed_name_holds_nothing():
    assert fold([put("1"), remove("1")]) == ({}, frozenset())


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (("1", "2"), "rolled-back"),
        (("1",), "rolled-back"),
        (("2",), "version-lost"),
        ((), "version-lost"),
        (("2", "1", "9"), "version-foreign"),
        (("9", "2", "1"), "version-foreign"),
    ],
)
def test_what_differs_is_named(found, code):
    noted = [put("1", ON), put("2", ON)]
    index = {AT: found} if found else {}
    assert differences(noted, index) == (
        Difference(code=code, bucket="bkt", name="a", said=("2", "1"), found=found),
    )


def test_a_name_that_swaps_older_versions_is_seen():
    noted = [put("1", ON), put("2", ON), put("3", ON)]
    assert differences(noted, {AT: ("3", "1", "2")})[0].code == "order-differs"


def test_a_version_whose_name_was_erased_is_no_difference():
    noted = [put("1"), put("2", ON, name=None)]
    assert differences(noted, {AT: ("2", "1")}) == ()
    assert differences(noted, {AT: ("3", "1")})[0].code == "version-foreign"


ENTRY = {
    "act": "object.put",
    "bucket": "bkt",
    "object_version": "1",
    "object_name": "a",
    "versioning": "off",
    "outcome": "complete",
}


def test_an_entry_is_read_as_what_it_did():
    assert noted_of(ENTRY) == put("1")
    assert noted_of({**ENTRY, "outcome": "cut"}) is None
    assert noted_of({**ENTRY, "act": "object.get"}) is None
    assert noted_of({name: value for name, value in ENTRY.items() if name != "versioning"}) is None
    erased = {name: value for name, value in ENTRY.items() if name != "object_name"}
    assert noted_of(erased).name is None
