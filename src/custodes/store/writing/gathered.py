"""Small writes of one group, carried out together: a statement for each table, not a dozen for each write.

Each statement hands the interpreter to the loop and waits to have it back. What is gathered is the plain put:
its row is added and its blob kept, under no condition and no bound. Nothing gathered may be refused later,
because its act is answered as done by then; so it is looked at first whether every blob of the group may be
kept, and where one may not, nothing is gathered. Whatever else writes or looks finds it written already.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from custodes.acts.writing.act import Act, Write
from custodes.acts.writing.object_rows import VersionRow

Pair = tuple[str, str]
Verb = Callable[..., None]
Check = Callable[..., bool]

PUT = ("object.add", "blob.keep")
_HARMLESS = frozenset({"admission.close", "copy.due", "event.add", "object.add", "object.state"})


class Gathered:
    """What the plain puts of one group write, until it is written."""

    def __init__(
        self,
        connection: Connection,
        verbs: Mapping[str, Verb],
        checks: Mapping[str, Check],
        acts: Sequence[Act],
    ) -> None:
        """`acts` are all of the group."""
        self._connection = connection
        self._verbs = verbs
        self._checks = checks
        puts = [act.writes for act in acts if is_put(act.writes)]
        pairs = [pair for _, keep in puts for pair in keep.args[0]]
        self._kept = set(pairs)  # and still to be looked at, or to be written
        self._now = max((keep.args[1] for _, keep in puts), default=None)
        self._may: bool | None = None if puts and len(self._kept) == len(pairs) else False
        self._added: list[tuple[VersionRow, datetime]] = []
        self._names: set[tuple[str, str]] = set()
        self._pairs: list[Pair] = []

    def takes(self, writes: Sequence[Write]) -> bool:
        """Whether these are written with all others, later."""
        if not is_put(writes) or not self._is_open():
            return False
        (row, removed_at), (pairs, _) = writes[0].args, writes[1].args
        if (row.bucket, row.name) in self._names:
            self.write_out()  # one replaces the other
        self._added.append((row, removed_at))
        self._names.add((row.bucket, row.name))
        self._pairs.extend(pairs)
        return True

    def before(self, verb: str) -> None:
        """Another write comes: it finds everything written, and what it changes is looked at again."""
        self.write_out()
        if verb not in _HARMLESS and self._may is not False:
            self._may = None

    def write_out(self) -> None:
        """Write what was gathered."""
        if not self._added:
            return
        self._verbs["object.add-all"](self._connection, self._added)
        self._verbs["blob.keep-all"](self._connection, self._pairs)
        self._kept.difference_update(self._pairs)
        self._added, self._pairs = [], []
        self._names.clear()

    def _is_open(self) -> bool:
        if self._may is None:
            self._may = self._checks["blob.all-stay"](self._connection, sorted(self._kept), self._now)
        return self._may


def is_put(writes: Sequence[Write]) -> bool:
    """Whether an act writes a version and keeps its blob, and nothing else."""
    return (
        len(writes) == len(PUT)
        and (writes[0].verb, writes[1].verb) == PUT
        and not writes[0].args[0].is_marker
    )
