"""Counts of what each bucket, key, connection and program did, by day and over its whole life.

Fed by one entry after another, in any order; what is counted holds nothing that can be erased: no name, no
pseudonym of a person. `actor` is the id of a credential, which is no person field (`ledger.vocabulary`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from custodes.assurance.metering import Change, Fields, at
from custodes.ledger.vocabulary import SubLog, sub_log

USES = frozenset({"key.wrap", "key.unwrap", "key.rewrap", "key.sign", "key.verify"})
UNKNOWN = "unknown"
OTHERS = "others"  # what is beyond `NAMES_MAX` is counted together
NAMES_MAX = 200
NAME_CHARACTERS_MAX = 64
_BEGINS = ("single", "admission")
_LEASE = "object.lease"
_WITH_KEY = USES | {"object.put", "object.get", "object.copy", _LEASE, "upload.open", "upload.part"}


class Used(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a key, a connection or a program did: a use of several messages counts as so many.

    `reasons` and `refused`: uses, and denials, by reason. `hours`: uses by hour of the day (`00` to `23`,
    UTC), in days only. `checks`: round trips with a test key. Times are RFC 3339, empty for never.
    """

    uses: int = 0
    bytes: int = 0
    denials: int = 0
    checks: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    hours: dict[str, int] = msgspec.field(default_factory=dict)
    used_at: str = ""
    denied_at: str = ""
    checked_at: str = ""


class Share(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one credential wrote and read in a bucket on a day; reads under a lease as its end says.

    `unsaid`: how many reads were given by leases of the day whose end nobody has said; it was at most so many
    more, of which no bytes are known.
    """

    writes: int = 0
    reads: int = 0
    unsaid: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class Stored(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What happened in a bucket: `objects` and `bytes_stored` of a day say by how much they changed.

    `requests` by act (`object.get` ...), those under a lease as its end says. `actors`: reads by credential.
    `denials` by reason. `shares` by credential, in days only.
    """

    objects: int = 0
    bytes_stored: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    requests: dict[str, int] = msgspec.field(default_factory=dict)
    actors: dict[str, int] = msgspec.field(default_factory=dict)
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    shares: dict[str, Share] = msgspec.field(default_factory=dict)
    used_at: str = ""


class Begun(NamedTuple):
    """The beginning an end belongs to: bucket and credential it names, its day, and reads a lease gave."""

    bucket: str
    actor: str = UNKNOWN
    day: str = ""
    given: int = 0


class Portion(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A day of a customer, or all of it, by id. Programs are credentials that use keys by no connection."""

    buckets: dict[str, Stored] = msgspec.field(default_factory=dict)
    keys: dict[str, Used] = msgspec.field(default_factory=dict)
    connections: dict[str, Used] = msgspec.field(default_factory=dict)
    programs: dict[str, Used] = msgspec.field(default_factory=dict)


def count(
    day: Portion, life: Portion, fields: Fields, change: Change, sent: Sequence[tuple[Begun, int]]
) -> None:
    """Count one entry in its day and in the whole.

    `change` is what it did to what is stored; `sent` is what ends say was sent, each with its beginning,
    which whoever calls looks up: ends do not name bucket or actor.
    """
    for portion, is_day in ((day, True), (life, False)):
        _count(portion, fields, change, is_day=is_day)
        for begun, size in sent if fields.get("act") != _LEASE else ():
            _of(portion.buckets, begun.bucket, Stored).bytes_out += size
    for begun, size in sent:
        share = _share(day, begun)
        share.bytes_out += size
        share.reads += int(fields.get("count", 0)) if fields.get("act") == _LEASE else 0


def settle(day: Portion, begun: Begun) -> None:
    """The end of a lease that was taken on this day was said."""
    share = _share(day, begun)
    share.unsaid = max(share.unsaid - begun.given, 0)  # one taken before shares were counted was never added


def begun_of(fields: Fields) -> Begun:
    """What is remembered of an entry that has an end to come."""
    given = int(fields.get("count", 0)) if fields.get("act") == _LEASE else 0
    return Begun(str(fields.get("bucket", "")), _actor(fields), at(fields)[:10], given)


def added(portions: Iterable[Portion]) -> Portion:
    """Several days together; hours are added up by hour of the day."""
    whole = Portion()
    for one in portions:
        for name in Portion.__struct_fields__:
            into: dict[str, Any] = getattr(whole, name)
            for id_, counts in getattr(one, name).items():
                _add(_of(into, id_, type(counts)), counts)
    return whole


def _count(portion: Portion, fields: Fields, change: Change, *, is_day: bool) -> None:
    act = str(fields.get("act"))
    bucket = str(fields.get("bucket", ""))
    if bucket and (change.objects or change.size_bytes):
        stored = _of(portion.buckets, bucket, Stored)
        stored.objects += change.objects
        stored.bytes_stored += change.size_bytes
    if fields.get("decision") == "deny" or act == "denial":
        _denied(portion, fields)
        return
    if act == "connection.check":
        used = _of(portion.connections, str(fields.get("connection", UNKNOWN)), Used)
        used.checks += 1
        used.checked_at = max(used.checked_at, at(fields))
        return
    if sub_log(fields) is SubLog.EXCEPTIONAL and act not in USES and not act.startswith("object."):
        return
    if bucket:
        _requested(portion, fields, act, bucket)
        if is_day:
            _shared(portion, fields, act)
    if "key" in fields and fields.get("phase") in _BEGINS and act in _WITH_KEY:
        _used(_of(portion.keys, str(fields["key"]), Used), fields, is_day=is_day)
    if act in USES:
        connection = fields.get("connection")
        there = portion.programs if connection is None else portion.connections
        id_ = str(fields.get("actor", UNKNOWN)) if connection is None else str(connection)
        _used(_of(there, id_, Used), fields, is_day=is_day)


def _requested(portion: Portion, fields: Fields, act: str, bucket: str) -> None:
    stored = _of(portion.buckets, bucket, Stored)
    phase, number = fields.get("phase"), int(fields.get("bytes", 0))
    is_lease_end = act == _LEASE and phase == "outcome"
    if is_lease_end:
        _more(stored.requests, "object.get", int(fields.get("count", 0)))
        stored.bytes_out += number
    elif phase in _BEGINS and act != _LEASE:
        _more(stored.requests, act, 1)
        if act == "object.get":
            _more(stored.actors, str(fields.get("actor", UNKNOWN)), 1)
    elif phase in _BEGINS:
        _more(stored.actors, str(fields.get("actor", UNKNOWN)), 1)
    if act == "object.put" and "versioning" in fields:
        stored.bytes_in += number
    if phase in _BEGINS:
        stored.used_at = max(stored.used_at, at(fields))


def _shared(day: Portion, fields: Fields, act: str) -> None:
    """What an entry says by itself of who wrote and read."""
    is_written = act == "object.put" and "versioning" in fields
    is_begun = fields.get("phase") in _BEGINS and act in {_LEASE, "object.get"}
    if not is_written and not is_begun:
        return
    share = _share(day, begun_of(fields))
    if is_written:
        share.writes += 1
        share.bytes_in += int(fields.get("bytes", 0))
    elif act == _LEASE:
        share.unsaid += int(fields.get("count", 0))
    else:
        share.reads += 1


def _share(day: Portion, begun: Begun) -> Share:
    shares = _of(day.buckets, begun.bucket, Stored).shares
    return _of(shares, _short(shares, begun.actor), Share)  # type: ignore[no-any-return]


def _actor(fields: Fields) -> str:
    return str(fields.get("actor", UNKNOWN))


def _denied(portion: Portion, fields: Fields) -> None:
    number, reason = int(fields.get("count", 1)), str(fields.get("reason", UNKNOWN))
    subject, bucket = str(fields.get("subject", "")), str(fields.get("bucket", ""))
    if bucket or subject.startswith("bkt-"):
        _more(_of(portion.buckets, bucket or subject, Stored).refused, reason, number)
    found: list[Used] = []
    key = str(fields.get("key", subject if subject.startswith("key-") else ""))
    if key:
        found.append(_of(portion.keys, key, Used))
    if "connection" in fields:
        found.append(_of(portion.connections, str(fields["connection"]), Used))
    elif key and not bucket:
        found.append(_of(portion.programs, str(fields.get("actor", UNKNOWN)), Used))
    for used in found:
        used.denials += number
        used.denied_at = max(used.denied_at, at(fields))
        _more(used.refused, reason, number)


def _used(used: Used, fields: Fields, *, is_day: bool) -> None:
    number = 1 if fields.get("act") == _LEASE else int(fields.get("count", 1))
    used.uses += number
    used.bytes += int(fields.get("bytes", 0))
    used.used_at = max(used.used_at, at(fields))
    if "reason" in fields or fields.get("act") in USES:  # the S3 endpoint's clients give no reasons
        _more(used.reasons, str(fields.get("reason", UNKNOWN)), number)
    if is_day:
        _more(used.hours, at(fields)[11:13], number)


def _more(counts: dict[str, int], name: str, number: int) -> None:
    name = _short(counts, name)
    counts[name] = counts.get(name, 0) + number


def _short(counts: Mapping[str, object], name: str) -> str:
    """A few short names each; a flood of them is counted as one."""
    is_long = not name.isascii() or len(name) > NAME_CHARACTERS_MAX
    return OTHERS if is_long or (name not in counts and len(counts) >= NAMES_MAX) else name


def _of(there: dict[str, Any], id_: str, kind: type[Any]) -> Any:  # noqa: ANN401 - Used or Stored
    if id_ not in there:
        there[id_] = kind()
    return there[id_]


def _add(whole: Any, part: Any) -> None:  # noqa: ANN401 - Used, Stored or Share, all the same
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, dict):
            into = getattr(whole, name)
            for one, number in value.items():
                if isinstance(number, Share):
                    _add(_of(into, _short(into, one), Share), number)
                else:
                    _more(into, one, number)
        elif isinstance(value, int):
            setattr(whole, name, getattr(whole, name) + value)
        else:
            setattr(whole, name, max(getattr(whole, name), value))
