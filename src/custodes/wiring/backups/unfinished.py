"""A restore that was cut off leaves no house that could be served: a mark lies there until it is done."""

from custodes.adapters.log_files import write_durably
from custodes.kernel.refusal import unavailable
from custodes.settings import Settings

MARK = "restoring"


def begin(settings: Settings) -> bool:
    """From now on nobody serves this house. What an earlier try left in a file of ours is removed.

    True when an earlier try left a database that is not ours to empty.
    """
    is_again = (settings.keyroom / MARK).exists()
    if is_again:
        forget(settings)
    write_durably(settings.keyroom / MARK, b"docs/runbooks/restore.md\n", mode=0o600)
    return is_again and bool(settings.database_url)


def end(settings: Settings) -> None:
    """The house is whole, and killed; or nothing was done."""
    (settings.keyroom / MARK).unlink(missing_ok=True)


def forget(settings: Settings) -> None:
    """What was half restored is removed, where it is a file of ours; else the mark stays."""
    if settings.database_url:
        return
    for end_of_name in ("", "-wal", "-shm"):
        settings.database.with_name(settings.database.name + end_of_name).unlink(missing_ok=True)
    end(settings)


def refuse(settings: Settings) -> None:
    """`restore-unfinished` (unavailable): empty the database and restore again."""
    if (settings.keyroom / MARK).exists():
        raise unavailable("restore-unfinished")
