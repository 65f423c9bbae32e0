"""Names of objects in places that have rules of their own: an address, a header."""

from urllib.parse import quote, urlencode

FALLBACK = "file"
_CHARS_MAX = 200
_FOLDERS_MAX = 12
_ODD = frozenset('"\\/:*?<>|;%')


def folder(bucket: str, prefix: str, token: str = "") -> str:
    """The page of a bucket below `prefix`."""
    pairs = {name: text for name, text in (("prefix", prefix), ("token", token)) if text}
    return f"/objects/{quote(bucket, safe='')}" + (f"?{urlencode(pairs)}" if pairs else "")


def folders(bucket: str, name: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The folders a name (or a prefix) lies in, as (last piece, href), and its own last piece.

    Of a name with very many pieces the first ones only.
    """
    body = name[:-1] if name.endswith("/") else name
    above, _, last = body.rpartition("/")
    pieces = above.split("/")[:_FOLDERS_MAX] if above or body.startswith("/") else []
    rows = []
    for n, piece in enumerate(pieces, 1):
        rows.append((piece or "/", folder(bucket, "/".join(pieces[:n]) + "/")))
    return tuple(rows), (last or "/") + ("/" if name.endswith("/") and last else "")


def disposition(name: str) -> str:
    """`Content-Disposition` for any object's name: an attachment under its last segment (RFC 6266).

    Nothing of a name can end the header, name a folder or hide what it ends in: control characters and the
    ones that turn the direction of writing are left out.
    """
    last = "".join(one for one in name.rstrip("/").rpartition("/")[2] if one.isprintable())
    last = last.strip(" .")[-_CHARS_MAX:] or FALLBACK
    plain = "".join(one if one.isascii() and one not in _ODD else "_" for one in last)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"
