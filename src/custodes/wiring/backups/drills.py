"""What the last restore drill found, as it is written down beside the keys."""

import msgspec

from custodes.settings import Settings

DRILL_FILE = "drill.json"


class Drilled(msgspec.Struct, frozen=True, kw_only=True):
    """The last drill: when, of which backup, and what was found."""

    at: str
    backup: str
    rows: int
    findings: tuple[str, ...]


def last_drill(settings: Settings) -> Drilled | None:
    """What the last drill found; None before the first."""
    try:
        return msgspec.json.decode((settings.keyroom / DRILL_FILE).read_bytes(), type=Drilled)
    except (OSError, msgspec.DecodeError):
        return None
