"""Whom the customer lets use which key: lines such as `letters domain:town.example` or `* group:1f…`.

No line, nobody. A line names a key as the wire does, or every key by `*`.
"""

import re
from collections.abc import Iterable

from .tokens import Caller

LINE = re.compile(r"(\*|[A-Za-z0-9._-]{1,128}) (mail|domain|group):([!-~]{1,300})", re.ASCII)


def admits(lines: Iterable[str], key: str, caller: Caller) -> str | None:
    """The first line by which this caller may use this key; None when there is none."""
    for line in lines:
        found = LINE.fullmatch(line)
        if found is None or found[1] not in {"*", key}:
            continue
        wanted = found[3] if found[2] == "group" else found[3].lower()
        has = {
            "mail": (caller.mail,),
            "domain": (caller.mail.rpartition("@")[2],),
            "group": caller.groups,
        }[found[2]]
        if wanted in has:
            return line
    return None
