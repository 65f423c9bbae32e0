"""Tables as files a spreadsheet opens: CSV (RFC 4180), in which no cell is a formula."""

from collections.abc import Iterable, Sequence

from custodes.web.kit.call import Reply

CSV = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def sheet(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """A header and its lines, ends of line CRLF. Text is quoted where it must be; a text that a spreadsheet
    would calculate gets an apostrophe before it.
    """
    found = [",".join(columns), *(",".join(map(_cell, line)) for line in lines)]
    return "".join(f"{line}\r\n" for line in found).encode("utf-8", "replace")


def as_sheet(raw: bytes, name: str) -> Reply:
    """The answer that is taken away as a file."""
    return Reply(raw=raw, media=CSV, headers=(("content-disposition", f'attachment; filename="{name}.csv"'),))


def _cell(value: object) -> str:
    text = str(value)
    if isinstance(value, str) and text.startswith(_FORMULA):
        text = f"'{text}"
    if any(one in text for one in ',"\r\n'):
        text = '"' + text.replace('"', '""') + '"'
    return text
