"""The public log's folder, the logkeeper's memory of the last head, a watcher's own folder: durable files."""

import os
import shutil
from pathlib import Path

from custodes.kernel import canonical
from custodes.kernel.refusal import conflict
from custodes.ledger.merkle import EMPTY_ROOT


class FolderLog:
    """Fulfils `acts.logkeeper.ports.LogFiles` over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, path: str, body: bytes) -> None:
        """Temporary file, fsync, rename, fsync of the folder."""
        write_durably(self._folder / path, body, mode=0o644)

    def read(self, path: str) -> bytes | None:
        """The file's bytes, or None."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, path: str) -> None:
        """Unlink, if it is there."""
        (self._folder / path).unlink(missing_ok=True)

    def remove_all(self, path: str) -> None:
        """A tree below the folder, if it is there."""
        shutil.rmtree(self._folder / path, ignore_errors=True)


class KeptEvidence:
    """Fulfils `acts.logkeeper.ports.Evidence` over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, body: bytes, *, is_proven: bool) -> str:
        """`fork-<name>.json`, or `fork-<name>-proven.json`; what lies there already stays as it is."""
        file = f"fork-{name}-proven.json" if is_proven else f"fork-{name}.json"
        if not (self._folder / file).exists():
            write_durably(self._folder / file, body, mode=0o600)
        return file


class SignedHead:
    """Fulfils `acts.logkeeper.ports.LastSigned` over one file, outside the database."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[int, bytes]:
        """(size, root)."""
        try:
            found = canonical.decode(self._path.read_bytes())
        except FileNotFoundError:
            return 0, EMPTY_ROOT
        if not isinstance(found, list) or len(found) != 2:
            raise conflict("signed-head-moved")
        return int(str(found[0])), canonical.unb64(str(found[1]))

    def replace(self, old: tuple[int, bytes], new: tuple[int, bytes]) -> None:
        """Compare and swap; one logkeeper runs, so the comparison guards against a mistake, not a race."""
        if self.read() != old or new[0] < old[0]:
            raise conflict("signed-head-moved")
        write_durably(self._path, canonical.encode([new[0], canonical.b64(new[1])]), mode=0o600)


class WatchFolder:
    """Fulfils `acts.watch.ports.Folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """See the port."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def add(self, path: str, body: bytes) -> None:
        """See the port."""
        there = self.read(path)
        if there is None:
            write_durably(self._folder / path, body, mode=0o644)
        elif there != body:
            raise conflict("held-differs", path=path)

    def replace(self, path: str, body: bytes) -> None:
        """See the port."""
        write_durably(self._folder / path, body, mode=0o644)

    def names(self, path: str) -> tuple[str, ...]:
        """See the port."""
        try:
            return tuple(sorted(one.name for one in (self._folder / path).iterdir() if one.is_file()))
        except (FileNotFoundError, NotADirectoryError):
            return ()


def write_durably(path: Path, body: bytes, *, mode: int) -> None:
    """Replace one file so that after a crash there is the old or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        view = memoryview(body)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
