"""What a watcher put aside when a log was closed and he followed the next one."""

from pathlib import Path

from custodes.ledger.loss import gap

GAP, CLOSED = "gap.json", "closed"


def first_entry(folder: Path) -> bytes:
    """What the log must begin with that a watcher follows behind a gap; nothing where it follows none."""
    place = newest_closed(folder)
    return gap.parse((place / GAP).read_bytes()).document.leaf() if place is not None else b""


def newest_closed(folder: Path) -> Path | None:
    """Where what was held before the last gap lies."""
    places = [one for one in (folder / CLOSED).glob("*") if (one / GAP).is_file()]
    return max(places, key=lambda one: int(one.name), default=None)
