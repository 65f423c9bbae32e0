"""What the log says a bucket holds, against what the index says: a fold anybody can repeat.

The index (name to versions) is not under the standing root: whoever can write the database can point a name
at an older version, and its wrap opens, because nothing about that version was changed. Nothing can make the
log say so, too. Names are person fields; where one was erased, its version is only known to exist.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from .version import Versioning


class Deed(StrEnum):
    """What an entry did to a name."""

    PUT = "put"
    MARK = "mark"
    REMOVE = "remove"


class Noted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One committed change of the index, as its entry says it; `name` is None where it was erased."""

    deed: Deed
    bucket: str
    version: str
    name: str | None
    versioning: Versioning


class Difference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One name on which log and index do not agree. Codes, the gravest first:

    `rolled-back` (the name shows another version than the log's last), `version-lost` (the log has it, the
    index has not), `version-foreign` (the index has it, the log never wrote it), `order-differs`.
    """

    code: str
    bucket: str
    name: str
    said: tuple[str, ...]
    found: tuple[str, ...]


_DEEDS = {"object.put": Deed.PUT, "object.mark": Deed.MARK, "object.delete": Deed.REMOVE}

Names = Mapping[tuple[str, str], Sequence[str]]
"""(bucket, name) -> ids of its versions and delete markers, newest first."""


def noted_of(fields: Mapping[str, object]) -> Noted | None:
    """What an entry's opened fields did to the index; None for an entry that did nothing to it.

    An admission, and an outcome that is not `complete`, wrote nothing: only entries that name the bucket's
    versioning did.
    """
    deed = _DEEDS.get(str(fields.get("act")))
    if deed is None or "versioning" not in fields or fields.get("outcome", "complete") != "complete":
        return None
    name = fields.get("object_name")
    return Noted(
        deed=deed,
        bucket=str(fields["bucket"]),
        version=str(fields["object_version"]),
        name=name if isinstance(name, str) else None,
        versioning=Versioning(str(fields["versioning"])),
    )


def fold(noted: Iterable[Noted]) -> tuple[dict[tuple[str, str], tuple[str, ...]], frozenset[str]]:
    """What every name holds after these entries (in the log's order), and the versions without a name."""
    held: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    unnamed: set[str] = set()
    for one in noted:
        if one.name is None:
            unnamed.add(one.version)
            continue
        versions = held.setdefault((one.bucket, one.name), [])
        if one.deed is Deed.REMOVE:
            versions[:] = [kept for kept in versions if kept[0] != one.version]
            continue
        is_null = one.versioning is not Versioning.ENABLED
        if is_null:
            versions[:] = [kept for kept in versions if not kept[1]]
        versions.insert(0, (one.version, is_null))
    names = {at: tuple(id_ for id_, _ in versions) for at, versions in held.items() if versions}
    return names, frozenset(unnamed)


def differences(noted: Iterable[Noted], index: Names) -> tuple[Difference, ...]:
    """Every name on which the log and the index differ, in order of bucket and name."""
    said, unnamed = fold(noted)
    found = []
    for bucket, name in sorted(said.keys() | index.keys()):
        logged = tuple(said.get((bucket, name), ()))
        stored = tuple(index.get((bucket, name), ()))
        code = _code(logged, tuple(id_ for id_ in stored if id_ not in unnamed))
        if code is not None:
            found.append(Difference(code=code, bucket=bucket, name=name, said=logged, found=stored))
    return tuple(found)


def _code(said: tuple[str, ...], found: tuple[str, ...]) -> str | None:
    if said == found:
        return None
    if said and found and said[0] != found[0] and found[0] in said:
        return "rolled-back"
    if set(said) - set(found):
        return "version-lost"
    if set(found) - set(said):
        return "version-foreign"
    return "order-differs"
