from datetime import UTC, datetime

from custodes.acts.audit.names import check_names
from custodes.objects.audit import Deed, Noted
from custodes.objects.version import Version, Versioning

AT = datetime(2026, 11, 22, tzinfo=UTC)


class Index:
    """Versions newest first by name, and what clients are shown."""

    def __init__(self, versions, shown):
        self.held, self.shown = versions, shown

    def seek_versions(self, bucket):
        def seek(key, sequence, most):
            after = (key, -(sequence if sequence is not None else 10**9))
            rows = sorted(self.held, key=lambda one: (one.key, -one.sequence))
            return [one for one in rows if (one.key, -one.sequence) > after][:most]

        return seek

    def seek(self, bucket):
        def seek(key, is_inclusive, most):
            rows = sorted(self.shown, key=lambda one: one.key)
            return [one for one in rows if one.key > key or (is_inclusive and one.key == key)][:most]

        return seek


def version(id_, key, sequence, *, marker=False):
    return Version(
        id=id_, bucket="bkt", key=key, sequence=sequence, last_modified=AT, is_delete_marker=marker
    )


def put(number, id_, key):
    noted = Noted(deed=Deed.PUT, bucket="bkt", version=id_, name=key, versioning=Versioning.ENABLED)
    return (AT, "log", number), noted


NOTED = [put(2, "v2", "a"), put(1, "v1", "a"), put(3, "v3", "b")]
HELD = [version("v1", "a", 1), version("v2", "a", 2), version("v3", "b", 3)]


def codes(found):
    return [(one.code, one.name) for one in found]


def test_an_index_as_the_log_says():
    assert check_names(NOTED, ["bkt"], Index(HELD, HELD[1:])) == ()


def test_a_listing_that_shows_an_older_version():
    assert codes(check_names(NOTED, ["bkt"], Index(HELD, [HELD[0], HELD[2]]))) == [("listing-differs", "a")]


def test_a_name_rolled_back():
    found = check_names(NOTED, ["bkt"], Index([HELD[0], HELD[2]], [HELD[0], HELD[2]]))
    assert codes(found) == [("rolled-back", "a")]


def test_a_delete_marker_hides_and_is_no_difference():
    marked = (
        (AT, "log", 4),
        Noted(deed=Deed.MARK, bucket="bkt", version="v4", name="b", versioning=Versioning.ENABLED),
    )
    held = [*HELD, version("v4", "b", 4, marker=True)]
    assert check_names([*NOTED, marked], ["bkt"], Index(held, [HELD[1]])) == ()
    assert codes(check_names([*NOTED, marked], ["bkt"], Index(held, HELD[1:]))) == [("listing-differs", "b")]
