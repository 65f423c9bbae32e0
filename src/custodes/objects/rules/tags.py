"""Tags: pairs of a key and a value, on a bucket or on one version of an object.

Source: Amazon S3 User Guide, "Categorizing your objects using tags": an object has at most 10, a bucket at
most 50; a key has 1 to 128 characters and stands once, a value 0 to 256; both hold letters, numbers, spaces
and `+ - = . _ : / @`. Tags may name people, as object names may.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from custodes.kernel.refusal import malformed

OBJECT_TAGS_MAX = 10
BUCKET_TAGS_MAX = 50
KEY_CHARS_MAX = 128
VALUE_CHARS_MAX = 256
_MARKS = frozenset("+-=._:/@")
_NOT_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")

Tags: TypeAlias = tuple[tuple[str, str], ...]


def check_tags(pairs: Iterable[tuple[str, str]], most: int = OBJECT_TAGS_MAX) -> Tags:
    """Tags in order of key (`tag-invalid`: too many, too long, a key twice, a character of another kind)."""
    tags = tuple(sorted(pairs))
    for key, value in tags:
        if not 1 <= len(key) <= KEY_CHARS_MAX or len(value) > VALUE_CHARS_MAX:
            raise malformed("tag-invalid")
        if not _is_plain(key + value) or key.startswith("aws:"):
            raise malformed("tag-invalid")
    if len(tags) > most or len({key for key, _ in tags}) != len(tags):
        raise malformed("tag-invalid")
    return tags


def from_header(text: str) -> Tags:
    """The tags of an `x-amz-tagging` header: `a=1&b`, percent-encoded, `+` is a space (`tag-invalid`; a key
    twice or none, and what is not encoded so, `tagging-malformed`). Nothing between two `&` is no tag.
    """
    pairs = []
    for piece in filter(None, text.split("&")):
        key, _, value = piece.partition("=")
        pairs.append((_text(key), _text(value)))
    keys = {key for key, _ in pairs}
    if len(keys) != len(pairs) or "" in keys:
        raise malformed("tagging-malformed")
    return check_tags(pairs)


def _is_plain(text: str) -> bool:
    return all(one.isalnum() or one in _MARKS or unicodedata.category(one) == "Zs" for one in text)


def _text(piece: str) -> str:
    if _NOT_ENCODED.search(piece) is not None:
        raise malformed("tagging-malformed")
    try:
        return unquote_to_bytes(piece.replace("+", " ")).decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise malformed("tagging-malformed") from error
