"""When the last backup was made: every backup writes the keys file anew, so that file says it."""

from datetime import datetime

import msgspec

from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings

KEYS_FILE = "backup.keys"


def written_at(settings: Settings) -> datetime:
    """Read it; OSError where the file is not ours to read or away, ValueError where it is no keys file."""
    raw = (settings.keyroom / KEYS_FILE).read_bytes()
    try:
        return from_text(str(msgspec.json.decode(raw)["written_at"]))
    except (KeyError, TypeError, msgspec.DecodeError, Refusal) as error:
        raise ValueError("no keys file") from error


def last_backup(settings: Settings) -> datetime | None:
    """When it was; None where nobody can tell."""
    try:
        return written_at(settings)
    except (OSError, ValueError):
        return None
