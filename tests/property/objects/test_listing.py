"""A listing, page by page, against the definition read off the whole bucket."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.objects.listing import common_prefix, list_keys, list_versions, position_of, token_for
from custodes.objects.version import Version

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
_text = st.text(st.sampled_from(["a", "b", "/", "\ud7ff", "\U0010ffff", "ä"]), max_size=5)
_keys = st.sets(_text.filter(bool), max_size=25)
_delimiter = st.sampled_from(["", "/", "a", "/a"])


def version(key: str, sequence: int = 1) -> Version:
    return Version(id=f"ver-{sequence}", bucket="b", key=key, sequence=sequence, last_modified=AT)


def defined(keys, prefix: str, delimiter: str) -> list[tuple[str, bool]]:
    """All names in order: (key or common prefix, is a prefix)."""
    found = set()
    for key in keys:
        if key.startswith(prefix):
            common = common_prefix(key, prefix, delimiter)
            found.add((key, False) if common is None else (common, True))
    return sorted(found)


def test_the_definition_itself():
    assert defined({"a/b", "a/c", "d"}, "", "/") == [("a/", True), ("d", False)]


@settings(max_examples=400, deadline=None)
@given(keys=_keys, prefix=_text, delimiter=_delimiter, after=_text, most=st.integers(1, 6))
def test_pages_are_the_definition_cut_up(keys, prefix, delimiter, after, most):
    rows = [version(key) for key in sorted(keys, key=lambda key: key.encode())]

    def seek(key, is_inclusive, rows_max):
        return [r for r in rows if r.key > key or (is_inclusive and r.key == key)][:rows_max]

    listed: list[tuple[str, bool]] = []
    place = after
    while True:
        page = list_keys(seek, prefix=prefix, delimiter=delimiter, after=place, most=most)
        got = [(v.key, False) for v in page.versions] + [(name, True) for name in page.common_prefixes]
        assert len(got) <= most
        listed += sorted(got)
        if page.next_name is None:
            break
        assert len(got) == most
        assert page.next_name > place or not place
        place = position_of(token_for(page.next_name, prefix, delimiter), prefix, delimiter)
    assert listed == [entry for entry in defined(keys, prefix, delimiter) if entry[0] > after]


@settings(max_examples=300, deadline=None)
@given(
    keys=st.lists(_text.filter(bool), max_size=20), prefix=_text, delimiter=_delimiter, most=st.integers(1, 6)
)
def test_pages_of_versions_hold_each_version_once(keys, prefix, delimiter, most):
    rows = sorted(
        (version(key, sequence) for sequence, key in enumerate(keys)), key=lambda v: (v.key, -v.sequence)
    )
    sequences = {v.id: v.sequence for v in rows}

    def seek(key, sequence, rows_max):
        return [
            r for r in rows if r.key > key or (r.key == key and (sequence is None or r.sequence < sequence))
        ][:rows_max]

    listed, prefixes = [], []
    key, sequence = "", None
    while True:
        page = list_versions(
            seek, prefix=prefix, delimiter=delimiter, after_key=key, after_sequence=sequence, most=most
        )
        listed += page.versions
        prefixes += page.common_prefixes
        if page.next_key is None:
            break
        key = page.next_key
        sequence = None if page.next_version is None else sequences[page.next_version]
    shown = [v for v in rows if v.key.startswith(prefix) and common_prefix(v.key, prefix, delimiter) is None]
    assert [v for v, _ in listed] == shown
    newest = {v.key: v.sequence for v in reversed(rows)}
    assert all(latest == (newest[v.key] == v.sequence) for v, latest in listed)
    assert prefixes == [name for name, is_prefix in defined(set(keys), prefix, delimiter) if is_prefix]
