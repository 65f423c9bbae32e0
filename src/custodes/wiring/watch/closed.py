"""What a watcher put aside when a log was closed and he followed the next one."""

from pathlib import Path

from custodes.acts.watch.ports import LogWeb
from custodes.ledger.loss import gap
from custodes.ledger.shards import turn

GAP, TURN, CLOSED = "gap.json", "turn.json", "closed"


class _Under:
    """A log that lies below another one's address."""

    def __init__(self, web: LogWeb, prefix: str) -> None:
        self._web = web
        self._prefix = prefix

    def get(self, path: str) -> bytes | None:
        """See `LogWeb`."""
        return self._web.get(f"{self._prefix}{path}")


def under(web: LogWeb, prefix: str) -> LogWeb:
    """The log at a folder below this one."""
    return _Under(web, prefix)


def first_entry(folder: Path) -> bytes:
    """What the log must begin with that a watcher follows now; nothing where he knows no log before it."""
    place = _newest(folder, (GAP, TURN))
    if place is None:
        return b""
    if (place / TURN).is_file():
        return turn.parse((place / TURN).read_bytes()).document.leaf()
    return gap.parse((place / GAP).read_bytes()).document.leaf()


def newest_closed(folder: Path) -> Path | None:
    """Where what was held before the last gap lies."""
    return _newest(folder, (GAP,))


def closed_roots(folder: Path) -> list[Path]:
    """What a monitor put aside at the turns of years, the oldest first, back to the last gap."""
    found = []
    for one in sorted((folder / CLOSED).glob("*"), key=lambda one: -int(one.name)):
        if (one / GAP).is_file():
            break
        if (one / TURN).is_file():
            found.append(one)
    return found[::-1]


def _newest(folder: Path, names: tuple[str, ...]) -> Path | None:
    places = [one for one in (folder / CLOSED).glob("*") if any((one / name).is_file() for name in names)]
    return max(places, key=lambda one: int(one.name), default=None)
