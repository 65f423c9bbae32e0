"""Files only the running user may read: every permission checked, written whole, never over another.

Each caller has refusals of its own; what went wrong here travels as `Unsafe` (with why), `Gone` or `Exists`.
"""

import errno
import os
import stat
from pathlib import Path


class Unsafe(Exception):  # noqa: N818 - it is a finding, named as what was found
    """Somebody else could read or replace the file; `why` is a kebab-noun."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Gone(Exception):  # noqa: N818
    """It cannot be reached, read or written."""


class Exists(Exception):  # noqa: N818
    """The name is taken."""


def read(path: Path, bytes_max: int, *, is_folder_checked: bool = True) -> bytes:
    """At most `bytes_max` + 1 bytes of a regular file of mode 0600 or less that is the running user's.

    With `is_folder_checked` nobody else may be able to put another file in its place either. `Unsafe`
    (`symlink`, `not-a-file`, `other-owner`, `open-to-others`, `folder-open-to-others`), `Gone`.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unsafe("symlink") from None
        raise Gone from None
    try:
        _demand_private(os.fstat(handle))
        if is_folder_checked:
            _demand_private_folder(path.parent.stat())
        return os.read(handle, bytes_max + 1)
    except OSError:
        raise Gone from None
    finally:
        os.close(handle)


def write_new(path: Path, raw: bytes) -> None:
    """Whole or not at all, mode 0600, synced: written beside, linked under the name, the folder synced.

    `Exists`, `Gone`. What a crash leaves beside stands in nobody's way.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.link(beside, path, follow_symlinks=False)
        finally:
            beside.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise Exists from None
    except OSError:
        raise Gone from None


def _demand_private(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Unsafe("not-a-file")
    if found.st_uid != os.geteuid():
        raise Unsafe("other-owner")
    if found.st_mode & 0o077:
        raise Unsafe("open-to-others")


def _demand_private_folder(folder: os.stat_result) -> None:
    is_theirs = folder.st_uid not in (os.geteuid(), 0)
    if is_theirs or (folder.st_mode & 0o022 and not folder.st_mode & stat.S_ISVTX):
        raise Unsafe("folder-open-to-others")
