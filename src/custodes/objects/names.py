"""Names: what a bucket and a key may be called.

Bucket names follow S3's rules for general purpose buckets (Amazon S3 User Guide, "General purpose bucket
naming rules"), so that every client and every virtual-host name works. A key is any Unicode text of 1 to
1,024 bytes in UTF-8 except U+0000: it is only ever a key of an index, never a path of a file system, so
`..`, `//` and a leading `/` are ordinary text.
"""

import ipaddress
import re

from custodes.kernel.refusal import malformed

KEY_BYTES_MAX = 1_024

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket_name(name: str) -> str:
    """Return the name if a new bucket may bear it (`bucket-name-invalid`)."""
    if (
        _BUCKET.fullmatch(name) is None
        or ".." in name
        or ".-" in name
        or "-." in name
        or name.startswith(_RESERVED_PREFIXES)
        or name.endswith(_RESERVED_SUFFIXES)
        or _is_address(name)
    ):
        raise malformed("bucket-name-invalid")
    return name


def check_key(raw: bytes) -> str:
    """Return the key as text (`key-empty`, `key-too-long`, `key-not-utf8`, `key-holds-nul`)."""
    if not raw:
        raise malformed("key-empty")
    if len(raw) > KEY_BYTES_MAX:
        raise malformed("key-too-long", bytes=len(raw), bytes_max=KEY_BYTES_MAX)
    try:
        text = raw.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise malformed("key-not-utf8") from error
    if "\0" in text:
        raise malformed("key-holds-nul")
    return text


def after_prefix(prefix: str) -> str | None:
    """The least text that sorts after every text with this prefix; None if there is none.

    Order is by code point, which is the order of the UTF-8 bytes. Surrogates have no UTF-8 and are
    stepped over.
    """
    kept = prefix
    while kept:
        last = ord(kept[-1])
        if last < 0x10FFFF:
            following = 0xE000 if last == 0xD7FF else last + 1
            return kept[:-1] + chr(following)
        kept = kept[:-1]
    return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
