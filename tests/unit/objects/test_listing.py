from datetime import UTC, datetime

import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.listing import (
    ABOVE_ALL,
    list_keys,
    list_uploads,
    list_versions,
    position_of,
    token_for,
)
from custodes.objects.multipart import Upload
from custodes.objects.version import Version

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Shelf:
    """An ordered store that counts what it is asked."""

    def __init__(self, *rows: tuple[str, int] | str) -> None:
        pairs = [(row, 1) if isinstance(row, str) else row for row in rows]
        self.rows = [
            Version(id=f"ver-{key}-{sequence}", bucket="b", key=key, sequence=sequence, last_modified=AT)
            for key, sequence in sorted(pairs, key=lambda pair: (pair[0], -pair[1]))
        ]
        self.seeks = 0
        self.rows_read = 0

    def seek(self, key, is_inclusive, rows_max):
        return self._given([r for r in self.rows if r.key > key or (is_inclusive and r.key == key)], rows_max)

    def seek_versions(self, key, sequence, rows_max):
        return self._given(
            [
                r
                for r in self.rows
                if r.key > key or (r.key == key and (sequence is None or r.sequence < sequence))
            ],
            rows_max,
        )

    def _given(self, rows, rows_max):
        self.seeks += 1
        self.rows_read += len(rows[:rows_max])
        return rows[:rows_max]


def names(page) -> list[str]:
    return [version.key for version in page.versions]


def test_a_short_page_reads_no_more_rows_than_show_that_there_is_more():
    shelf = Shelf(*(f"{n:04}" for n in range(500)))
    assert len(names(list_keys(shelf.seek, most=3))) == 3
    assert list_versions(shelf.seek_versions, most=3).is_truncated
    assert (shelf.seeks, shelf.rows_read) == (2, 8)


def test_a_page_and_the_next():
    shelf = Shelf("a", "b", "c")
    page = list_keys(shelf.seek, most=2)
    assert (names(page), page.next_name, page.is_truncated) == (["a", "b"], "b", True)
    page = list_keys(shelf.seek, most=2, after="b")
    assert (names(page), page.is_truncated) == (["c"], False)
    assert not list_keys(shelf.seek, most=3).is_truncated
    assert list_keys(shelf.seek, most=0) == list_keys(Shelf().seek, most=5)


def test_prefix_and_delimiter():
    shelf = Shelf("asdf", "boo/bar", "boo/baz/xyzzy", "cquux/bla", "cquux/thud")
    page = list_keys(shelf.seek, delimiter="/", most=10)
    assert (names(page), page.common_prefixes) == (["asdf"], ("boo/", "cquux/"))
    page = list_keys(shelf.seek, delimiter="/", most=1, after="asdf")
    assert (page.common_prefixes, page.next_name) == (("boo/",), "boo/")
    page = list_keys(shelf.seek, delimiter="/", most=1, after="boo/")
    assert (page.common_prefixes, page.is_truncated) == (("cquux/",), False)
    page = list_keys(shelf.seek, prefix="boo/", delimiter="/", most=10)
    assert (names(page), page.common_prefixes) == (["boo/bar"], ("boo/baz/",))
    assert list_keys(shelf.seek, delimiter="/", after="boo/bar", most=9).common_prefixes == ("cquux/",)
    assert names(list_keys(shelf.seek, prefix="boo/bar", delimiter="/", most=9)) == ["boo/bar"]
    assert names(list_keys(shelf.seek, prefix="b", after="c", most=9)) == []
    assert names(list_keys(shelf.seek, prefix="c", after="a", most=9)) == ["cquux/bla", "cquux/thud"]


def test_a_listing_stays_flat_over_a_large_prefix():
    shelf = Shelf(*(f"big/{n:06}" for n in range(5_000)), *(f"dir{n}/x" for n in range(20)), "z")
    page = list_keys(shelf.seek, delimiter="/", most=1_000)
    assert len(page.common_prefixes) == 21
    assert names(page) == ["z"]
    assert shelf.seeks <= 23
    assert shelf.rows_read <= 60


def test_keys_at_the_end_of_unicode():
    shelf = Shelf("\U0010ffff\U0010ffffa", "\U0010ffffb", "\ud7ff/a", "\ue000/b")
    page = list_keys(shelf.seek, delimiter="/", most=9)
    assert page.common_prefixes == ("\ud7ff/", "\ue000/")
    page = list_keys(shelf.seek, prefix="\U0010ffff", delimiter="\U0010ffff", most=9)
    assert (names(page), page.common_prefixes) == (["\U0010ffffb"], ("\U0010ffff\U0010ffff",))


def test_versions_page_within_a_key():
    shelf = Shelf(("a", 1), ("a", 5), ("a", 3), ("b", 2))
    page = list_versions(shelf.seek_versions, most=2)
    assert [(v.key, v.sequence, latest) for v, latest in page.versions] == [("a", 5, True), ("a", 3, False)]
    assert (page.next_key, page.next_version) == ("a", "ver-a-3")
    page = list_versions(shelf.seek_versions, most=9, after_key="a", after_sequence=3)
    assert [(v.key, v.sequence, latest) for v, latest in page.versions] == [("a", 1, False), ("b", 2, True)]
    page = list_versions(shelf.seek_versions, most=9, after_key="a")
    assert [v.key for v, _ in page.versions] == ["b"]
    page = list_versions(shelf.seek_versions, most=1, after_key="a", after_sequence=ABOVE_ALL)
    assert [(v.sequence, latest) for v, latest in page.versions] == [(5, True)]


def test_versions_roll_up():
    shelf = Shelf(("d/a", 1), ("d/a", 2), ("d/b", 3), ("e", 4))
    page = list_versions(shelf.seek_versions, delimiter="/", most=1)
    assert (page.common_prefixes, page.next_key, page.next_version) == (("d/",), "d/", None)
    page = list_versions(shelf.seek_versions, delimiter="/", most=1, after_key="d/")
    assert ([v.key for v, _ in page.versions], page.is_truncated) == (["e"], False)


def test_uploads_page_within_a_key():
    rows = [Upload(id=f"upl-{n}", bucket="b", key=key, opened_at=AT) for n, key in enumerate("aaab")]

    def seek(key, upload, rows_max):
        return [r for r in rows if r.key > key or (r.key == key and (upload is None or r.id > upload))][
            :rows_max
        ]

    page = list_uploads(seek, most=2)
    assert ([u.id for u in page.uploads], page.next_key, page.next_upload) == (
        ["upl-0", "upl-1"],
        "a",
        "upl-1",
    )
    page = list_uploads(seek, most=9, after_key="a", after_upload="upl-1")
    assert [u.id for u in page.uploads] == ["upl-2", "upl-3"]
    assert [u.id for u in list_uploads(seek, most=9, after_key="a").uploads] == ["upl-3"]
    assert list_uploads(seek, most=0).uploads == ()


@pytest.mark.parametrize("position", ["a", "ä/\U0010ffff", "x" * 1024])
def test_tokens_are_of_one_listing(position):
    token = token_for(position, "pre", "/")
    assert position_of(token, "pre", "/") == position
    for prefix, delimiter in (("pre", ""), ("pr", "/"), ("pre/", "")):
        with pytest.raises(Refusal, match="token-invalid"):
            position_of(token, prefix, delimiter)


@pytest.mark.parametrize(
    "token", ["", "a", "AAAA", "ä", "=" * 8, "A" * 4_000, token_for("a", "", "") + "A", "a b"]
)
def test_what_is_no_token(token):
    with pytest.raises(Refusal, match="token-invalid"):
        position_of(token, "", "")
