"""Any sequence of writes, deletes and switches leaves the versions of a key as S3 describes them."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.objects.version import (
    Version,
    Versioning,
    delete_effect,
    delete_version_effect,
    put_effect,
)

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
_steps = st.lists(
    st.tuples(st.sampled_from(["put", "delete", "enable", "suspend", "purge"]), st.integers(0, 9)),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(_steps)
def test_versions_of_a_key(steps):
    state, rows = Versioning.OFF, []
    for sequence, (step, index) in enumerate(steps):
        null = next((row for row in rows if row.is_null), None)
        before = list(rows)
        if step in ("enable", "suspend"):
            state = Versioning.ENABLED if step == "enable" else Versioning.SUSPENDED
            continue
        if step == "purge":
            named = rows[index % len(rows)] if rows else None
            effect = delete_version_effect(named)
            assert effect.removes == (() if named is None else (named.id,))
        else:
            effect = (put_effect if step == "put" else delete_effect)(state, null)
        rows = [row for row in rows if row.id not in effect.removes]
        if effect.adds_version or effect.adds_marker:
            made = Version(
                id=f"ver-{sequence}",
                bucket="b",
                key="k",
                sequence=sequence,
                last_modified=AT,
                is_null=effect.is_null,
                is_delete_marker=effect.adds_marker,
            )
            rows.append(made)
        assert sum(row.is_null for row in rows) <= 1
        newest = max(rows, key=lambda row: row.sequence, default=None)
        if step == "put":
            assert newest is not None
            assert not newest.is_delete_marker
        if step == "delete":
            assert newest is None or newest.is_delete_marker or state is Versioning.OFF
        if state is Versioning.OFF:
            assert len(rows) <= 1
        if state is Versioning.ENABLED and step != "purge":
            assert all(row in rows for row in before)
