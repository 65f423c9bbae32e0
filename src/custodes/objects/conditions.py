"""Conditional requests: RFC 9110 section 13, as S3 evaluates it.

Order for reading: If-Match, else If-Unmodified-Since; then If-None-Match, else If-Modified-Since. A present
entity-tag condition silences the date condition of its pair. Dates compare in whole seconds. Copy conditions
answer 412 where a read would answer 304. For writing, If-None-Match: * is *create if absent* and If-Match is
*replace exactly this*.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from custodes.kernel.refusal import malformed

from .etags import ETAG_CHARS_MAX

ETAGS_MAX = 32


class Verdict(StrEnum):
    """What the conditions say."""

    GO_ON = "go-on"
    NOT_MODIFIED = "not-modified"  # the caller has it already
    FAILED = "failed"  # the state is not the one the caller expects
    ABSENT = "absent"  # the caller expects a state of something that is not there


class Tags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list of entity tags: (value, is weak); `is_any` for `*`."""

    is_any: bool = False
    values: tuple[tuple[str, bool], ...] = ()

    def match_strongly(self, etag: str) -> bool:
        """RFC 9110 section 8.8.3.2, strong comparison."""
        return self.is_any or any(value == etag and not is_weak for value, is_weak in self.values)

    def match_weakly(self, etag: str) -> bool:
        """RFC 9110 section 8.8.3.2, weak comparison."""
        return self.is_any or any(value == etag for value, _ in self.values)


class Conditions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The conditions of RFC 9110, and two of S3's for deletions; None where the caller sent none."""

    if_match: Tags | None = None
    if_none_match: Tags | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None
    if_modified_at: datetime | None = None  # x-amz-if-match-last-modified-time
    if_size: int | None = None  # x-amz-if-match-size
    if_range: Tags | None = None  # of If-Range: an entity tag, or a date
    if_range_at: datetime | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a deletion finds; a delete marker has no ETag."""

    etag: str
    at: datetime
    size_bytes: int


NONE = Conditions()


def parse_tags(text: str) -> Tags:
    """Entity tags as clients send them, with or without quotes (`etag-malformed`)."""
    if text.strip() == "*":
        return Tags(is_any=True)
    values: list[tuple[str, bool]] = []
    for piece in text.split(","):
        found = piece.strip()
        is_weak = found.startswith("W/")
        found = found.removeprefix("W/")
        if len(found) >= 2 and found[0] == found[-1] == '"':
            found = found[1:-1]
        if not found or len(found) > ETAG_CHARS_MAX or '"' in found:
            raise malformed("etag-malformed")
        values.append((found, is_weak))
    if len(values) > ETAGS_MAX:
        raise malformed("etag-malformed")
    return Tags(values=tuple(values))


def judge_read(conditions: Conditions, etag: str, last_modified: datetime) -> Verdict:
    """May a GET or HEAD of this representation go on?"""
    if not _holds(conditions, etag, last_modified):
        return Verdict.FAILED
    if _is_unchanged(conditions, etag, last_modified):
        return Verdict.NOT_MODIFIED
    return Verdict.GO_ON


def range_stands(conditions: Conditions, etag: str, last_modified: datetime) -> bool:
    """Whether a range is of this representation (RFC 9110 section 13.1.5): if not, the whole is answered, for
    the caller has the beginning of another one.
    """
    if conditions.if_range is not None:
        return conditions.if_range.match_strongly(etag)
    return conditions.if_range_at is None or _whole(last_modified) == conditions.if_range_at


def judge_copy(conditions: Conditions, etag: str, last_modified: datetime) -> Verdict:
    """May a copy from this source go on? (x-amz-copy-source-if-*)"""
    verdict = judge_read(conditions, etag, last_modified)
    return Verdict.FAILED if verdict is Verdict.NOT_MODIFIED else verdict


def judge_write(conditions: Conditions, etag: str | None) -> Verdict:
    """May a PUT, CompleteMultipartUpload or DELETE go on? `etag` is that of the current version, None when
    there is none or it is a delete marker. Dates are not conditions of a write in S3 and are ignored.
    """
    if conditions.if_match is not None:
        if etag is None:
            return Verdict.ABSENT
        if not conditions.if_match.match_strongly(etag):
            return Verdict.FAILED
    if (
        conditions.if_none_match is not None
        and etag is not None
        and conditions.if_none_match.match_weakly(etag)
    ):
        return Verdict.FAILED
    return Verdict.GO_ON


def judge_delete(conditions: Conditions, found: Standing | None) -> Verdict:
    """May a deletion go on? What is not there may be deleted under any condition, as S3 answers; a delete
    marker has no ETag and matches `*` alone.
    """
    if found is None:
        return Verdict.GO_ON
    tags = conditions.if_match
    is_same = (
        (tags is None or tags.is_any or (found.etag != "" and tags.match_strongly(found.etag)))
        and (conditions.if_modified_at is None or _whole(found.at) == _whole(conditions.if_modified_at))
        and (conditions.if_size is None or found.size_bytes == conditions.if_size)
    )
    return Verdict.GO_ON if is_same else Verdict.FAILED


def _holds(conditions: Conditions, etag: str, last_modified: datetime) -> bool:
    if conditions.if_match is not None:
        return conditions.if_match.match_strongly(etag)
    since = conditions.if_unmodified_since
    return since is None or _whole(last_modified) <= since


def _is_unchanged(conditions: Conditions, etag: str, last_modified: datetime) -> bool:
    if conditions.if_none_match is not None:
        return conditions.if_none_match.match_weakly(etag)
    if conditions.if_modified_since is None:
        return False
    return _whole(last_modified) <= conditions.if_modified_since


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
