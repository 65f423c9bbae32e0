"""When objects of a bucket end: rules, and which version a rule ends on which day.

Source: Amazon S3 User Guide, "Lifecycle configuration elements". Days count from the creation of a version
(for one that is no longer current: from when the next one was written) and are rounded up to the next
midnight UTC. A rule never ends what is retained or held. Storage classes are not served, so a transition is
refused.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed

from .tags import Tags

RULES_MAX = 1_000
ID_CHARS_MAX = 255
DAYS_MAX = 36_500 * 10
KEPT_MAX = 100  # noncurrent versions


class LifecycleRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. Exactly what is set ends something; sizes are plain bytes, both exclusive as in S3."""

    id: str
    is_enabled: bool
    prefix: str = ""
    has_old_prefix: bool = False  # said as <Prefix> and not inside <Filter>: answered the same way
    tags: Tags = ()
    bytes_above: int | None = None
    bytes_below: int | None = None
    days: int | None = None
    date: str | None = None  # RFC 3339, midnight UTC
    ends_lone_markers: bool = False
    noncurrent_days: int | None = None
    noncurrent_kept: int | None = None
    upload_days: int | None = None


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A version as a rule sees it. `noncurrent_since` is None for the current one; `newer` counts the
    noncurrent versions above it.
    """

    name: str
    size: int
    tags: Tags
    created_at: datetime
    is_marker: bool = False
    is_alone: bool = False  # the only version of its name
    noncurrent_since: datetime | None = None
    newer: int = 0


def check_rules(rules: tuple[LifecycleRule, ...]) -> tuple[LifecycleRule, ...]:
    """Rules as they may be kept (`xml-malformed`, `lifecycle-rule-invalid`; malformed)."""
    if not 1 <= len(rules) <= RULES_MAX:
        raise malformed("xml-malformed")
    if len({rule.id for rule in rules}) != len(rules):
        raise malformed("lifecycle-rule-invalid")
    for rule in rules:
        if len(rule.id) > ID_CHARS_MAX:
            raise malformed("lifecycle-rule-invalid")
        numbers = (rule.days, rule.noncurrent_days, rule.upload_days)
        if any(number is not None and not 1 <= number <= DAYS_MAX for number in numbers):
            raise malformed("lifecycle-rule-invalid")
        does = (rule.days, rule.date, rule.noncurrent_days, rule.upload_days)
        if not rule.ends_lone_markers and all(one is None for one in does):
            raise malformed("xml-malformed")
        if rule.days is not None and rule.date is not None:
            raise malformed("xml-malformed")
        if not _fits_together(rule):
            raise malformed("lifecycle-rule-invalid")
    return rules


def ends_at(rule: LifecycleRule, found: Candidate) -> datetime | None:
    """The instant from which on this rule ends this version; None when it does not."""
    if not rule.is_enabled or not _covers(rule, found):
        return None
    if found.noncurrent_since is not None:
        if rule.noncurrent_days is None or found.newer < (rule.noncurrent_kept or 0):
            return None
        return after(found.noncurrent_since, rule.noncurrent_days)
    if found.is_marker:
        if not found.is_alone:
            return None
        if rule.ends_lone_markers:
            return found.created_at
        return after(found.created_at, rule.days) if rule.days is not None else None
    if rule.date is not None:
        return from_text(rule.date)
    return after(found.created_at, rule.days) if rule.days is not None else None


def first_end(rules: tuple[LifecycleRule, ...], found: Candidate) -> tuple[datetime, str] | None:
    """The earliest end any rule sets for a version, with the rule's id."""
    ends = [(at, rule.id) for rule in rules if (at := ends_at(rule, found)) is not None]
    return min(ends) if ends else None


def after(start: datetime, days: int) -> datetime:
    """Midnight UTC at or after `start` plus so many days."""
    at = start.astimezone(UTC) + timedelta(days=days)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == at else midnight + timedelta(days=1)


def _fits_together(rule: LifecycleRule) -> bool:
    """Whether its filter and what it ends go together, as S3 has it: an upload has neither tags nor a size
    yet, a marker no tags; a range of sizes holds something; how many are kept is said beside a filter.
    """
    has_sizes = rule.bytes_above is not None or rule.bytes_below is not None
    if rule.upload_days is not None and (rule.tags or has_sizes):
        return False
    if rule.ends_lone_markers and rule.tags:
        return False
    if rule.bytes_above is not None and rule.bytes_below is not None and rule.bytes_above >= rule.bytes_below:
        return False
    kept = rule.noncurrent_kept
    return kept is None or (1 <= kept <= KEPT_MAX and not rule.has_old_prefix)


def _covers(rule: LifecycleRule, found: Candidate) -> bool:
    if not found.name.startswith(rule.prefix):
        return False
    if found.is_marker:
        return not rule.tags
    if not set(rule.tags) <= set(found.tags):
        return False
    if rule.bytes_above is not None and found.size <= rule.bytes_above:
        return False
    return rule.bytes_below is None or found.size < rule.bytes_below
