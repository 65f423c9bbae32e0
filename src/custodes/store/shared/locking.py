"""Which locks a group takes in PostgreSQL before it looks at anything: all at once, in sorted order.

Uses hold what they rest on shared, changes hold it alone; heads of sub-logs are held alone, so one customer's
entries come one group after the other and many customers' do not wait for each other. Locks are advisory and
end with the transaction. SQLite needs none of this: its writers come one by one.
Source: https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from custodes.acts.writing.act import Act, Entry, Expect, Generation, Row, StandingSeq

Name = tuple[str, str]
Held = tuple[tuple[Name, bool], ...]  # (name, whether it is held alone)
Footprint = Callable[..., Held]

STRIPES = 256  # of standing rows: a group names hundreds, the server's lock table is small
_STANDING = ("standing", "")


@lru_cache(maxsize=65_536)
def key(kind: str, id_: str) -> int:
    """The lock's number: 64 bits of SHA-256, signed. Two names with one number only wait for each other."""
    return int.from_bytes(hashlib.sha256(f"{kind}\0{id_}".encode()).digest()[:8], "big", signed=True)


@lru_cache(maxsize=65_536)
def _row(noun: str, id_: str, *, is_alone: bool) -> Held:
    stripe = key(f"standing/{noun}", id_) % STRIPES
    return (((f"s{stripe}", ""), is_alone),)


def _alone(kind: str, id_: str) -> Held:
    return (((kind, id_), True),)


def _shared(kind: str, id_: str) -> Held:
    return (((kind, id_), False),)


def _in_page(page: str | None) -> Held:
    return () if page is None else _shared("page", page)


def _first(kind: str) -> Footprint:
    """Held alone: the thing of this kind that the first argument names."""
    return lambda id_, *_: _alone(kind, str(id_))


def _none(*_args: object) -> Held:
    """Statements that carry their own condition and rows nobody else can know of yet."""
    return ()


FOOTPRINTS: Mapping[str, Footprint] = MappingProxyType(
    {
        # writes
        "standing.put": lambda row, *_: ((_STANDING, True), *_row(row.noun, row.id, is_alone=True)),
        "standing.rewrite": lambda: ((_STANDING, True), *(((f"s{n}", ""), True) for n in range(STRIPES))),
        "house.move": lambda *_: _alone("epoch", ""),
        "epoch.add": lambda *_: _alone("epoch", ""),
        "epoch.publish": lambda *_: _alone("epoch", ""),
        "house.follow": lambda *_: _alone("epoch", ""),
        "shard.announce": lambda *_: _alone("epoch", ""),
        "shard.turn": lambda *_: _alone("epoch", ""),
        "shard.prune": lambda *_: _alone("epoch", ""),
        "case.put": lambda row: _alone("case", row.id),
        "outbox.add": _none,
        "outbox.done": _first("outbox"),
        "page.add": lambda page, _kind: _shared("floor", page.scope.customer) + _alone("page", page.id),
        "page.replace": lambda old, _new: _alone("page", old.id),
        "rekey.records": lambda old, *_: _alone("page", old.id),
        "rekey.objects": lambda old, *_: _alone("page", old.id),
        "retention.destroy": lambda old, *_: _alone("page", old.id),
        "retention.mark": _first("destroyed"),
        "retention.done": _first("due-retained"),
        "keep.due": lambda kind, id_, _at: _alone(f"due-{kind}", id_),
        "keep.done": lambda kind, id_: _alone(f"due-{kind}", id_),
        "shred.floor": _first("floor"),
        "fold.put": lambda step: _alone("fold", step.customer),
        "object.add": lambda row, _at: _alone("bucket", row.bucket) + _in_page(row.page),
        "object.add-all": _none,  # with SQLite alone (`writing/gathered.py`): no act names it
        "object.remove": _first("bucket"),
        "object.state": _first("bucket"),
        "bucket.forget": _first("bucket"),
        "usage.within": lambda buckets, *_: tuple((("bucket", one), True) for one in buckets),
        "upload.add": lambda row: _shared("bucket", row.bucket) + _in_page(row.page),
        "upload.part": lambda bucket, row, _at: _alone("bucket", bucket) + _alone("upload", row.upload),
        "upload.end": lambda at, *_: _alone("bucket", at[0]) + _alone("upload", at[1]),
        "upload.abort-all": _first("bucket"),
        "upload.forget": _none,
        "blob.schedule": _none,
        "blob.keep": lambda lying, _now: tuple((("blob", blob), True) for blob, _ in lying),
        "blob.keep-all": _none,  # as above
        "blob.collect": lambda lying, _now: tuple((("blob", blob), True) for blob, _ in lying),
        "blob.gone": lambda lying, _now: tuple((("blob", blob), True) for blob, _ in lying),
        "copy.due": _first("bucket"),
        "copy.landed": lambda bucket, _version, pairs, _times: (
            *_alone("bucket", bucket),
            *((("blob", blob), True) for blob, _ in pairs),
        ),
        "copy.bad": _first("bucket"),
        "copy.let-go": _first("bucket"),
        "copy.drop": _first("bucket"),
        "copy.hasten": _none,  # only when a row is looked at again changes
        "care.put": lambda row: _alone("bucket", row.bucket),
        "inventory.put": lambda row: _alone("bucket", row.bucket),
        "inventory.move": lambda before, _after: _alone("bucket", before.bucket),
        "inventory.drop": _first("bucket"),
        "stray.listed": _first("listing"),
        "stray.doom": _first("listing"),
        "stray.forget": lambda lying: tuple((("blob", blob), True) for blob, _ in lying),
        "preserved.add": lambda bucket, *_: _alone("preserved", "") + _shared("bucket", bucket),
        "preserved.spare": lambda found, _now: (
            *_alone("preserved", ""),
            *((("blob", blob), True) for _, (blob, _at) in found),
        ),
        "preserved.end": lambda *_: _alone("preserved", ""),
        "event.add": _none,
        "event.drop": _none,
        "adopt.found": _first("adoption"),
        "adopt.forget": _first("adoption"),
        "adopt.hand": _first("adoption"),
        "adopt.move": _first("adoption"),
        "adopt.pass": _first("adoption"),
        "adopt.seal": _first("adoption"),
        "admission.open": _none,
        "admission.close": _none,
        # checks
        "blob.all-stay": _none,  # as above
        "object.current": _first("bucket"),
        "object.state-is": _first("bucket"),
        "bucket.empty": _first("bucket"),
        "page.is": lambda page, _generation: _shared("page", page),
        "page.none-below": _first("floor"),
        "log.size": _first("head"),
    }
)


def of_group(acts: Iterable[Act]) -> tuple[list[int], list[bool]]:
    """Keys in ascending order, and for each whether it is held alone."""
    expects: dict[Expect, None] = {}  # a group rests on the same rows again and again
    wanted: dict[Name, bool] = {}
    for act in acts:
        expects.update(dict.fromkeys(act.expects))
        _take(wanted, (FOOTPRINTS[write.verb](*write.args) for write in act.writes))
        _take(wanted, map(_of_entry, act.entries))
    _take(wanted, map(_of_expect, expects))
    keys: dict[int, bool] = {}
    for name, is_alone in wanted.items():
        number = key(*name)
        keys[number] = keys.get(number, False) or is_alone
    ordered = sorted(keys)
    return ordered, [keys[number] for number in ordered]


def unknown(names: Sequence[Any]) -> list[str]:
    """Names of verbs and checks that have no footprint."""
    return [name for name in names if name not in FOOTPRINTS]


def _take(wanted: dict[Name, bool], held: Iterable[Held]) -> None:
    for one in held:
        for name, is_alone in one:
            wanted[name] = wanted.get(name, False) or is_alone


def _of_expect(expect: Expect) -> Held:
    if isinstance(expect, Generation):
        return _row(expect.noun, expect.id, is_alone=False)
    if isinstance(expect, StandingSeq):
        return ((_STANDING, True),)
    if isinstance(expect, Row):
        return FOOTPRINTS[expect.check](*expect.args)
    return ()


def _of_entry(entry: Entry) -> Held:
    page = _shared("page", entry.page) if entry.page_generation else ()
    return _alone("head", entry.log) + page
