"""ETags: opaque, strong, stable, and never an MD5.

`<32 hex>-<N>`: clients take 32 bare hex digits for the MD5 of the content and compare; with `-N` they do not.
The hex is derived from the id of the version, which is random and never reused, so an ETag is the same in
GET, HEAD and LIST, differs between any two versions, and tells nothing of the content. A part's is derived
from its upload's id and its checksum: it differs between uploads. Only what is empty has the same ETag
everywhere: whoever compares it holds the whole content already.
"""

import hashlib
import re

from custodes.kernel.refusal import malformed

PARTS_MAX = 10_000
ETAG_CHARS_MAX = 128

EMPTY = f"{'0' * 32}-1"  # of every version without a byte

_CONTEXT = b"custodes etag v1\0"
_OURS = re.compile(r"[0-9a-f]{32}-[1-9][0-9]{0,4}")


def etag_for(identity: str, parts_count: int = 1) -> str:
    """The ETag (without quotes) of the version or part with this id."""
    if not 1 <= parts_count <= PARTS_MAX:
        raise ValueError(parts_count)
    return f"{hashlib.sha256(_CONTEXT + identity.encode()).hexdigest()[:32]}-{parts_count}"


def etag_of_part(upload: str, number: int, size_bytes: int, checksum: str) -> str:
    """The ETag of a part: the same for the same content sent again in one upload, so that whichever answer a
    client kept of two attempts completes it.

    Made of the checksum of the upload's algorithm, which whoever may list parts is shown beside it.
    """
    return etag_for(f"part\0{upload}\0{number}\0{size_bytes}\0{checksum}")


def is_etag(text: str) -> bool:
    """Whether `text` has the form of an ETag made here."""
    return _OURS.fullmatch(text) is not None


def bare(text: str) -> str:
    """An ETag as clients send it back, with or without quotes (`etag-malformed`)."""
    found = text.strip()
    if len(found) >= 2 and found[0] == found[-1] == '"':
        found = found[1:-1]
    if not found or len(found) > ETAG_CHARS_MAX or '"' in found or not found.isprintable():
        raise malformed("etag-malformed")
    return found
