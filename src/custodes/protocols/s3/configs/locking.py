"""Object lock: a bucket's configuration, a version's retention and hold.

Source: S3 API Reference, PutObjectLockConfiguration, PutObjectRetention, PutObjectLegalHold.
"""

import re
from datetime import UTC, datetime

from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed
from custodes.objects.rules.locks import DefaultRetention, Retention, check_default, check_retention
from custodes.protocols.s3 import xml
from custodes.protocols.s3.dates import to_document_date
from custodes.protocols.s3.xml import document, element, wrap

_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
_STATUS = {"ON": True, "OFF": False}


def read_lock(body: bytes) -> DefaultRetention | None:
    """ObjectLockConfiguration: the default retention, None where it has no rule.

    `xml-malformed`, `retention-period-invalid`.
    """
    root = xml.parse(body, "ObjectLockConfiguration")
    if root.value("ObjectLockEnabled") != "Enabled":
        raise malformed("xml-malformed")
    rule = root.child("Rule")
    if rule is None:
        return None
    found = rule.child("DefaultRetention")
    if found is None:
        raise malformed("xml-malformed")
    return check_default(found.value("Mode"), _number(found.value("Days")), _number(found.value("Years")))


def write_lock(default: DefaultRetention | None) -> bytes:
    """ObjectLockConfiguration."""
    inner = [element("ObjectLockEnabled", "Enabled")]
    if default is not None:
        said = [element("Mode", default.mode.value)]
        if default.days is not None:
            said.append(element("Days", default.days))
        if default.years is not None:
            said.append(element("Years", default.years))
        inner.append(wrap("Rule", wrap("DefaultRetention", *said)))
    return document("ObjectLockConfiguration", *inner)


def read_retention(body: bytes) -> Retention | None:
    """Retention; None where it is empty, which asks for its end (`xml-malformed`)."""
    root = xml.parse(body, "Retention")
    mode, until = root.value("Mode"), root.value("RetainUntilDate")
    if not mode and not until:
        return None
    if mode not in ("GOVERNANCE", "COMPLIANCE") or until is None:
        raise malformed("xml-malformed")
    return check_retention(mode, read_date(until))


def write_retention(retention: Retention) -> bytes:
    """Retention."""
    return document(
        "Retention",
        element("Mode", retention.mode.value),
        element("RetainUntilDate", to_document_date(from_text(retention.until))),
    )


def read_hold(body: bytes) -> bool:
    """LegalHold (`xml-malformed`)."""
    return hold_of(xml.parse(body, "LegalHold").value("Status"), "xml-malformed")


def hold_of(text: str | None, code: str) -> bool:
    """ON or OFF; `code` (malformed) for anything else."""
    found = _STATUS.get(text or "")
    if found is None:
        raise malformed(code)
    return found


def write_hold(*, is_held: bool) -> bytes:
    """LegalHold."""
    return document("LegalHold", element("Status", "ON" if is_held else "OFF"))


def read_date(text: str, code: str = "xml-malformed") -> datetime:
    """An ISO 8601 instant as clients write it; no zone means UTC; `code` (malformed) for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise malformed(code) from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if _NUMBER.fullmatch(text.strip()) is None:
        raise malformed("xml-malformed")
    return int(text)
