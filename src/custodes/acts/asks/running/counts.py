"""Asks for counts: what each bucket, key, cloud connection and program of a customer did, in all and by day.

Every figure is a fold over his entries, each taken once. It says how far it is: `counted_at` is the newest
time that was counted, `behind` how many entries are not counted yet. Times are RFC 3339, empty for never.
Bytes are plain. Docs: docs/reference/counts.md.
"""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence


class LookCounts(Ask["Counts"], frozen=True, tag="look-counts"):
    """-> `Counts` of one customer, over all his entries. Whoever may read his log may ask."""

    evidence: Evidence
    customer: str


class LookCountedDays(Ask["CountedDays"], frozen=True, tag="look-counted-days"):
    """-> `CountedDays`, for charts. `kind` is `customer`, `bucket`, `key`, `connection` or `program`; `id`
    names which (a bucket by its id), empty for the customer himself.

    Days are `YYYY-MM-DD` in UTC, both included, at most 400; `last_day` empty is today, `first_day` empty is
    thirty days before it. Days on which nothing was entered are left out.
    """

    evidence: Evidence
    customer: str
    kind: str = "customer"
    id: str = ""
    first_day: str = ""
    last_day: str = ""


class StoreCounts(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket: versions that are held and their plain bytes, as the entries say, whatever the index says.

    `requests` by act (`object.put`, `object.get`, `bucket.list` ...; reads under a lease as its end says).
    `actors`: reads by credential, a lease once. `refused`: denials by reason.
    """

    id: str
    objects: int = 0
    bytes_stored: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    requests: dict[str, int] = {}
    actors: dict[str, int] = {}
    refused: dict[str, int] = {}
    used_at: str = ""


class UseCounts(msgspec.Struct, frozen=True, kw_only=True):
    """A key, a connection, or a program (the credential of who used keys by name).

    `reasons`: uses by reason, as the other end claims it; the S3 endpoint gives none. `refused`: denials by
    reason. `checks`: good round trips with a test key.
    """

    id: str
    uses: int = 0
    bytes: int = 0
    denials: int = 0
    checks: int = 0
    reasons: dict[str, int] = {}
    refused: dict[str, int] = {}
    used_at: str = ""
    denied_at: str = ""
    checked_at: str = ""


class Counts(msgspec.Struct, frozen=True, tag="counts", kw_only=True):
    """Everything counted. `missed`: entries destroyed under retention before anybody had counted them;
    `lost`: entries whose openings a machine took with it. Both are in no other figure.

    `unnamed`: versions among `objects` whose name was erased.
    """

    customer: str
    counted_at: str = ""
    behind: int = 0
    first_day: str = ""
    missed: int = 0
    lost: int = 0
    objects: int = 0
    bytes_stored: int = 0
    unnamed: int = 0
    buckets: tuple[StoreCounts, ...] = ()
    keys: tuple[UseCounts, ...] = ()
    connections: tuple[UseCounts, ...] = ()
    programs: tuple[UseCounts, ...] = ()


class ShareCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What one credential wrote and read on a day. `unsaid`: it may have read so many more objects at most,
    under leases whose end nobody said.
    """

    writes: int = 0
    reads: int = 0
    unsaid: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class CountedDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day. What does not belong to the kind asked for is 0 or empty.

    `objects` and `bytes_stored` as the day ended (customer, bucket). `hours`: uses by hour, `00` to `23` in
    UTC. For `customer`, `uses` are those of all keys and `requests` those of all buckets. `shares` by
    credential (customer, bucket); days counted before there were any have none.
    """

    day: str
    uses: int = 0
    bytes: int = 0
    denials: int = 0
    checks: int = 0
    hours: dict[str, int] = {}
    reasons: dict[str, int] = {}
    refused: dict[str, int] = {}
    requests: dict[str, int] = {}
    actors: dict[str, int] = {}
    shares: dict[str, ShareCounts] = {}
    bytes_in: int = 0
    bytes_out: int = 0
    objects: int = 0
    bytes_stored: int = 0


class CountedDays(msgspec.Struct, frozen=True, tag="counted-days", kw_only=True):
    """The days, in order."""

    kind: str
    id: str
    first_day: str
    last_day: str
    counted_at: str = ""
    behind: int = 0
    days: tuple[CountedDay, ...] = ()
