"""What a write asks for beside its content: tags, retention, hold, and under whose key it is to lie.

Read from the signed head alone; the key a customer brings himself (SSE-C) is in it, so it is shown by no
repr. Source: S3 API Reference, PutObject; S3 User Guide, "Using server-side encryption with
customer-provided keys".
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

from custodes.kernel.refusal import malformed
from custodes.objects.rules.locks import Retention, check_retention
from custodes.objects.rules.tags import Tags, from_header

from .configs.locking import hold_of, read_date
from .messages import Head

SSE = "x-amz-server-side-encryption"
KMS_KEY = f"{SSE}-aws-kms-key-id"
CUSTOMER = f"{SSE}-customer-"
SOURCE_CUSTOMER = "x-amz-copy-source-server-side-encryption-customer-"
LOCKS = frozenset(
    {"x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold"}
)
CUSTOMERS = frozenset(f"{CUSTOMER}{part}" for part in ("algorithm", "key", "key-md5"))
SOURCE_CUSTOMERS = frozenset(f"{SOURCE_CUSTOMER}{part}" for part in ("algorithm", "key", "key-md5"))
ENCRYPTING = frozenset({SSE, KMS_KEY, f"{SSE}-bucket-key-enabled", f"{SSE}-context", *CUSTOMERS})

WISHING = ENCRYPTING | LOCKS | {"x-amz-tagging"}  # headers without which a write wishes for nothing


class CustomerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key its owner brings with every request: 32 bytes, and their MD5 as he spells it."""

    key: bytes
    md5: str

    def __repr__(self) -> str:
        return "CustomerKey(...)"


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """`sse` is empty, `AES256` or `aws:kms`; `tags` None where the request says nothing of any."""

    tags: Tags | None = None
    retention: Retention | None = None
    is_held: bool | None = None
    sse: str = ""
    kms_key: str = ""
    customer_key: CustomerKey | None = None


NO_WISHES = Wishes()


def wishes(head: Head) -> Wishes:
    """What PutObject, CopyObject and CreateMultipartUpload ask for.

    Refuses `tag-invalid`, `tagging-malformed`, `retention-incomplete`, `retention-date-invalid`,
    `retention-mode-invalid`, `hold-invalid`, `sse-invalid`, `customer-key-invalid` (malformed).
    """
    tags = head.text("x-amz-tagging")
    hold = head.text("x-amz-object-lock-legal-hold")
    sse, kms_key = head.text(SSE) or "", head.text(KMS_KEY) or ""
    own = customer_key(head)
    if sse not in ("", "AES256", "aws:kms") or (kms_key and sse != "aws:kms") or (own and sse):
        raise malformed("sse-invalid")
    return Wishes(
        tags=None if tags is None else from_header(tags),
        retention=_retention(head),
        is_held=None if hold is None else hold_of(hold, "hold-invalid"),
        sse=sse,
        kms_key=kms_key,
        customer_key=own,
    )


def customer_key(head: Head, before: str = CUSTOMER) -> CustomerKey | None:
    """The key a caller brings himself: all three headers, or none (`customer-key-invalid`, malformed)."""
    algorithm, key, md5 = (head.text(f"{before}{part}") for part in ("algorithm", "key", "key-md5"))
    if algorithm is None and key is None and md5 is None:
        return None
    if algorithm != "AES256" or key is None or md5 is None:
        raise malformed("customer-key-invalid")
    try:
        raw, digest = base64.b64decode(key, validate=True), base64.b64decode(md5, validate=True)
    except binascii.Error as error:
        raise malformed("customer-key-invalid") from error
    found = hashlib.md5(raw, usedforsecurity=False).digest()
    if len(raw) != 32 or not hmac.compare_digest(found, digest):
        raise malformed("customer-key-invalid")
    return CustomerKey(key=raw, md5=md5)


def _retention(head: Head) -> Retention | None:
    mode = head.text("x-amz-object-lock-mode")
    until = head.text("x-amz-object-lock-retain-until-date")
    if mode is None and until is None:
        return None
    return check_retention(mode, None if until is None else read_date(until, "retention-date-invalid"))
