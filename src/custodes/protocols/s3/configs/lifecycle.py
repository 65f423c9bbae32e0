"""LifecycleConfiguration (S3 API Reference, PutBucketLifecycleConfiguration).

There is one storage class, so a transition to another is refused and never kept as if it were carried out.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import malformed
from custodes.objects.rules.lifecycle import LifecycleRule, check_rules
from custodes.objects.rules.tags import check_tags
from custodes.protocols.s3 import xml
from custodes.protocols.s3.dates import to_document_date
from custodes.protocols.s3.xml import Element, document, element, wrap

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_KNOWN = frozenset(
    {
        "ID",
        "Prefix",
        "Filter",
        "Status",
        "Expiration",
        "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
        "Transition",
        "NoncurrentVersionTransition",
    }
)


def read_lifecycle(body: bytes) -> tuple[LifecycleRule, ...]:
    """The rules (`xml-malformed`, `lifecycle-rule-invalid`, `transition-not-served`)."""
    root = xml.parse(body, "LifecycleConfiguration")
    return check_rules(tuple(_rule(child, number) for number, child in enumerate(root.children)))


def write_lifecycle(rules: tuple[LifecycleRule, ...]) -> bytes:
    """LifecycleConfiguration."""
    return document("LifecycleConfiguration", *(_written(rule) for rule in rules))


def _rule(child: Element, number: int) -> LifecycleRule:
    if child.name != "Rule" or any(one.name not in _KNOWN for one in child.children):
        raise malformed("xml-malformed")
    status = child.value("Status")
    if status not in ("Enabled", "Disabled"):
        raise malformed("xml-malformed")
    for one in child.children:
        if one.name.endswith("Transition"):
            date = one.value("Date")
            _date(date) if date is not None else None
            raise malformed("transition-not-served")
    found: dict[str, Any] = {
        **_filter(child),
        **_expiration(child.child("Expiration")),
        **_noncurrent(child.child("NoncurrentVersionExpiration")),
    }
    upload = child.child("AbortIncompleteMultipartUpload")
    if upload is not None:
        found["upload_days"] = _number(upload.value("DaysAfterInitiation"))
    mark = hashlib.sha256(f"{number}\n{found!r}".encode()).hexdigest()[:32]
    return LifecycleRule(id=child.value("ID") or mark, is_enabled=status == "Enabled", **found)


def _filter(child: Element) -> dict[str, Any]:
    prefix, found = child.value("Prefix"), child.child("Filter")
    if (prefix is None) == (found is None):
        raise malformed("xml-malformed")
    if found is None:
        return {"prefix": prefix or "", "has_old_prefix": True}
    both = found.child("And")
    if both is not None and len(found.children) != 1:
        raise malformed("xml-malformed")
    pieces = both.children if both is not None else found.children
    if both is None and len(pieces) > 1:
        raise malformed("xml-malformed")
    made: dict[str, Any] = {}
    tags = []
    for piece in pieces:
        if piece.name == "Prefix":
            made["prefix"] = piece.text
        elif piece.name == "Tag":
            tags.append((piece.value("Key") or "", piece.value("Value") or ""))
        elif piece.name == "ObjectSizeGreaterThan":
            made["bytes_above"] = _number(piece.text)
        elif piece.name == "ObjectSizeLessThan":
            made["bytes_below"] = _number(piece.text)
        else:
            raise malformed("xml-malformed")
    return {**made, "tags": check_tags(tags)}


def _expiration(found: Element | None) -> dict[str, Any]:
    if found is None:
        return {}
    days, date, marker = (found.value(name) for name in ("Days", "Date", "ExpiredObjectDeleteMarker"))
    if sum(one is not None for one in (days, date, marker)) != 1 or len(found.children) != 1:
        raise malformed("xml-malformed")
    if days is not None:
        return {"days": _number(days)}
    if date is not None:
        return {"date": to_text(_date(date))}
    return {"ends_lone_markers": (marker or "").strip().lower() == "true"}


def _noncurrent(found: Element | None) -> dict[str, Any]:
    if found is None:
        return {}
    kept = found.value("NewerNoncurrentVersions")
    return {
        "noncurrent_days": _number(found.value("NoncurrentDays")),
        "noncurrent_kept": None if kept is None else _number(kept),
    }


def _date(text: str) -> datetime:
    """Midnight UTC, as S3 demands."""
    if len(text) < 10 or text[4] != "-" or text[7] != "-":
        raise malformed("xml-malformed")
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise malformed("xml-malformed") from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if (at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0):
        raise malformed("lifecycle-rule-invalid")
    return at


def _number(text: str | None) -> int:
    if text is None or _NUMBER.fullmatch(text.strip()) is None:
        raise malformed("xml-malformed")
    return int(text)


def _written(rule: LifecycleRule) -> str:
    inner = [element("ID", rule.id)]
    if rule.has_old_prefix:
        inner.append(element("Prefix", rule.prefix))
    else:
        inner.append(wrap("Filter", *_filter_written(rule)))
    inner.append(element("Status", "Enabled" if rule.is_enabled else "Disabled"))
    if rule.days is not None:
        inner.append(wrap("Expiration", element("Days", rule.days)))
    elif rule.date is not None:
        inner.append(wrap("Expiration", element("Date", to_document_date(from_text(rule.date)))))
    elif rule.ends_lone_markers:
        inner.append(wrap("Expiration", element("ExpiredObjectDeleteMarker", True)))
    if rule.noncurrent_days is not None:
        said = [element("NoncurrentDays", rule.noncurrent_days)]
        if rule.noncurrent_kept is not None:
            said.append(element("NewerNoncurrentVersions", rule.noncurrent_kept))
        inner.append(wrap("NoncurrentVersionExpiration", *said))
    if rule.upload_days is not None:
        days = element("DaysAfterInitiation", rule.upload_days)
        inner.append(wrap("AbortIncompleteMultipartUpload", days))
    return wrap("Rule", *inner)


def _filter_written(rule: LifecycleRule) -> list[str]:
    pieces = [element("Prefix", rule.prefix)] if rule.prefix else []
    pieces += [wrap("Tag", element("Key", key), element("Value", value)) for key, value in rule.tags]
    if rule.bytes_above is not None:
        pieces.append(element("ObjectSizeGreaterThan", rule.bytes_above))
    if rule.bytes_below is not None:
        pieces.append(element("ObjectSizeLessThan", rule.bytes_below))
    return pieces if len(pieces) < 2 else [wrap("And", *pieces)]
