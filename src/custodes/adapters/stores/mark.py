"""Is this folder still the store it was? A mount that went away leaves an empty folder of the same name.

Whatever were written there would be acknowledged, and hidden as soon as the mount is back. So a store bears a
mark, an empty folder `.store-ID`, and the ID is also kept outside of it, with the installation. A store whose
mark is not there is refused, for reading and for writing: `store-gone` where there is no folder, and
`store-not-this-one` where an empty or another one has its name. The first use of a folder makes both. A new
disk is one only when a person says so (`renew`).
"""

import hashlib
import os
import threading
from pathlib import Path

from custodes.adapters.log_files import write_durably
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import conflict, unavailable

_ID_BYTES = 16
_ID_LENGTH = 2 * _ID_BYTES


class Mark:
    """The mark of one folder; `records` is a folder that does not lie in any store."""

    def __init__(self, folder: Path, records: Path, dice: Dice) -> None:
        self._folder = folder
        self._record = records / hashlib.sha256(str(folder).encode()).hexdigest()[:_ID_LENGTH]
        self._dice = dice
        self._mark: Path | None = None
        self._first = threading.Lock()

    def demand(self) -> None:
        """`store-gone` (unavailable) unless the mark is there; OSError as it comes. For a thread."""
        mark = self._mark
        if mark is not None and mark.is_dir():
            return
        with self._first:  # clients that come at once make one mark, not many
            mark = self._known() or self._make()
        if not mark.is_dir():
            raise unavailable("store-not-this-one" if self._folder.is_dir() else "store-gone")
        self._mark = mark

    def renew(self) -> None:
        """What lies at this path is a new disk from now on: it gets a mark of its own. For a thread.

        `store-gone` (unavailable) without a folder; `store-not-empty` (conflict) where anything lies in it,
        another store's mark too.
        """
        if not self._folder.is_dir():
            raise unavailable("store-gone")
        if any(one.name != "lost+found" for one in self._folder.iterdir()):
            raise conflict("store-not-empty")
        with self._first:
            self._mark = self._make()

    def _known(self) -> Path | None:
        try:
            known = self._record.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        return self._folder / f".store-{known[:_ID_LENGTH]}"

    def _make(self) -> Path:
        """First use: the mark, durably, and only then the record that asks for it."""
        id_ = self._dice.draw(_ID_BYTES).hex()
        mark = self._folder / f".store-{id_}"
        mark.mkdir(parents=True)
        for place in (self._folder, self._folder.parent):
            handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        self._record.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self._record, id_.encode(), mode=0o600)
        return mark
