from datetime import UTC, datetime

import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.version import (
    Version,
    Versioning,
    check_version_text,
    delete_effect,
    delete_version_effect,
    next_versioning,
    put_effect,
)

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def version(identity: str, **more: object) -> Version:
    return Version(id=identity, bucket="bkt", key="k", sequence=1, last_modified=AT, **more)  # type: ignore[arg-type]


NULL = version("ver-null", is_null=True)


def test_a_put_replaces_the_null_version_unless_versions_are_kept():
    for state in (Versioning.OFF, Versioning.SUSPENDED):
        effect = put_effect(state, NULL)
        assert (effect.removes, effect.adds_version, effect.is_null) == (("ver-null",), True, True)
        assert put_effect(state, None).removes == ()
    kept = put_effect(Versioning.ENABLED, NULL)
    assert (kept.removes, kept.adds_version, kept.is_null) == ((), True, False)


def test_a_delete_removes_hides_or_replaces():
    off = delete_effect(Versioning.OFF, NULL)
    assert (off.removes, off.adds_marker) == (("ver-null",), False)
    assert delete_effect(Versioning.OFF, None).removes == ()
    enabled = delete_effect(Versioning.ENABLED, NULL)
    assert (enabled.removes, enabled.adds_marker, enabled.is_null) == ((), True, False)
    suspended = delete_effect(Versioning.SUSPENDED, NULL)
    assert (suspended.removes, suspended.adds_marker, suspended.is_null) == (("ver-null",), True, True)


def test_a_named_version_goes_for_good():
    assert delete_version_effect(version("ver-1")).removes == ("ver-1",)
    assert delete_version_effect(version("ver-2", is_delete_marker=True)).removed_marker
    nothing = delete_version_effect(None)
    assert nothing.removes == ()
    assert not nothing.adds_marker


def test_versioning_never_goes_back_to_off():
    assert next_versioning("Enabled") is Versioning.ENABLED
    assert next_versioning("Suspended") is Versioning.SUSPENDED
    for text in ("Off", "", "enabled", "Disabled"):
        with pytest.raises(Refusal, match="versioning-status-invalid"):
            next_versioning(text)


def test_a_null_version_is_shown_as_null():
    assert NULL.shown_id == "null"
    assert version("ver-1").shown_id == "ver-1"


@pytest.mark.parametrize("text", ["", "a" * 65, "ä", "a\nb"])
def test_what_is_no_version_id(text):
    with pytest.raises(Refusal, match="version-id-invalid"):
        check_version_text(text)
