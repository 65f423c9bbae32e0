"""The object index against the fold over object entries: a name rolled back, lost or invented is found.

Two indexes are compared: every version of every name, and the listing of live names that clients see.
"""

from collections.abc import Iterable, Iterator, Sequence

from custodes.acts.writing.object_rows import ObjectReads
from custodes.objects.audit import Difference, Noted, differences
from custodes.objects.version import Version

from .opening import When

ROWS_AT_ONCE = 1_000


def check_names(
    noted: Iterable[tuple[When, Noted]], buckets: Sequence[str], reads: ObjectReads
) -> tuple[Difference, ...]:
    """Differences by bucket and name; `listing-differs` where clients are shown another version than the
    index holds as the newest.
    """
    index: dict[tuple[str, str], tuple[str, ...]] = {}
    found = []
    for bucket in buckets:
        newest: dict[str, Version] = {}
        for version in _versions(reads, bucket):
            at = (bucket, version.key)
            index[at] = (*index.get(at, ()), version.id)
            newest.setdefault(version.key, version)
        live = {key: one.id for key, one in newest.items() if not one.is_delete_marker}
        shown = {one.key: one.id for one in _live(reads, bucket)}
        for key in sorted(live.keys() | shown.keys()):
            if live.get(key) != shown.get(key):
                said, is_shown = _some(live.get(key)), _some(shown.get(key))
                found.append(
                    Difference(code="listing-differs", bucket=bucket, name=key, said=said, found=is_shown)
                )
    ordered = [one for _, one in sorted(noted, key=lambda pair: pair[0])]
    return (*differences(ordered, index), *found)


def _versions(reads: ObjectReads, bucket: str) -> Iterator[Version]:
    seek = reads.seek_versions(bucket)
    key, sequence = "", None
    while rows := seek(key, sequence, ROWS_AT_ONCE):
        yield from rows
        key, sequence = rows[-1].key, rows[-1].sequence


def _live(reads: ObjectReads, bucket: str) -> Iterator[Version]:
    seek = reads.seek(bucket)
    key, is_inclusive = "", True
    while rows := seek(key, is_inclusive, ROWS_AT_ONCE):
        yield from rows
        key, is_inclusive = rows[-1].key, False


def _some(id_: str | None) -> tuple[str, ...]:
    return () if id_ is None else (id_,)
