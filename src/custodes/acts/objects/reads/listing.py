"""Listing under a grant: what it names in a bucket, and nothing else of it.

A grant names object versions, never a bucket or a prefix, so whoever has the action `object:list` in one sees
of a bucket exactly those. Each listing is an entry, witnessed before anything is shown; it releases no
content and so costs no use, like a HEAD.
"""

import msgspec

from custodes.acts.footing.decisions import Asked, Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.objects.ground import Ground, Stand, record
from custodes.acts.writing.object_rows import VersionRow
from custodes.acts.writing.ports import Reads
from custodes.kernel.actor import ActorKind
from custodes.kernel.ids import new_id
from custodes.objects.listing import Seek, VersionSeek
from custodes.objects.version import Version
from custodes.policy.question import GrantFact

from .grants import Grants, Read

ACTION = "object:list"


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """What a grant covers of one bucket: object versions by id; `fact` names the bucket besides."""

    grant: str
    fact: GrantFact
    purpose: str
    versions: tuple[str, ...]


class GrantedLists:
    """Finds grants for listings, and has each listing in the log before it is shown."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._grants = Grants(ground)

    def find(self, who: Identified, stand: Stand) -> Covered | None:
        """The grant under which this person may list something of this bucket; None without one that
        verifies.
        """
        o, bucket = self._g.o, stand.bucket.id
        if who.actor.kind is not ActorKind.PERSON:
            return None
        named = o.grants.find_in(who.actor, stand.customer.id, ACTION, bucket)
        if named is None or o.grants.verified(named[0]).reasons:
            return None
        found, versions = named
        fact = o.grants.fact(found)
        fact = msgspec.structs.replace(fact, resources=(*fact.resources, bucket))
        purpose = o.grants.document(found).purpose
        return Covered(grant=found.id, fact=fact, purpose=purpose, versions=versions)

    def asked(self, asked: Asked, covered: Covered) -> Asked:
        """The question, with the grant and the purpose it was given for."""
        return msgspec.structs.replace(asked, grant=covered.fact, purpose=covered.purpose)

    async def admit(
        self, who: Identified, stand: Stand, covered: Covered, decided: Decided, prefix: str
    ) -> None:
        """Its entry, witnessed. Refusals: `grant.ADMITS_CODES`, `grant-ended` (denied), `slow-down`
        (limited), what stands still through a kill (locked).
        """
        o = self._g.o
        said = record(
            "bucket.list", who, stand, decided, subject=stand.bucket.id, count=len(covered.versions)
        )
        if prefix:
            said = msgspec.structs.replace(said, person={**said.person, "prefix": prefix})
        o.decisions.refuse_if_killed(stand.customer.id)
        listing = Read(
            stand=stand,
            who=who,
            version=covered.versions[0],
            span=None,
            decided=decided,
            expects=self._g.footing(decided, stand),
            record=said,
            ask=f"{stand.bucket.id}/{covered.versions[0]}",
            action=ACTION,
            mark=prefix,
        )
        await self._grants.commit(listing, new_id("act", o.dice), ())
        o.decisions.refuse_if_killed(stand.customer.id)
        self._grants.refuse_if_ended(covered.grant)


class Shown:
    """The rows of a bucket that a grant names, as a listing seeks them."""

    def __init__(self, rows: tuple[VersionRow, ...], newest: frozenset[str]) -> None:
        """`newest` are the ids of those that are the newest of their name."""
        ordered = sorted(rows, key=lambda row: (row.name, -row.seq))
        self.rows = tuple(_version(row) for row in ordered)
        self.newest = newest

    def seek(self) -> Seek:
        """See `objects.listing.Seek`."""
        current = [row for row in self.rows if row.id in self.newest and not row.is_delete_marker]

        def from_(key: str, is_inclusive: bool, rows_max: int) -> list[Version]:
            found = [row for row in current if row.key > key or (is_inclusive and row.key == key)]
            return found[:rows_max]

        return from_

    def seek_versions(self) -> VersionSeek:
        """See `objects.listing.VersionSeek`."""

        def from_(key: str, sequence: int | None, rows_max: int) -> list[Version]:
            least = key if sequence is None else None
            found = [
                row
                for row in self.rows
                if row.key > key
                or row.key == least
                or (sequence is not None and row.key == key and row.sequence < sequence)
            ]
            return found[:rows_max]

        return from_


def shown(reads: Reads, bucket: str, versions: tuple[str, ...]) -> Shown:
    """What lies in a bucket of these versions, by ids: what is gone is left out."""
    rows = [row for row in map(reads.objects.by_id, versions) if row is not None and row.bucket == bucket]
    newest = set()
    for name in {row.name for row in rows}:
        first = reads.objects.version(bucket, name, None)
        if first is not None:
            newest.add(first.version)
    return Shown(tuple(rows), frozenset(newest))


def _version(row: VersionRow) -> Version:
    return Version(
        id=row.version,
        bucket=row.bucket,
        key=row.name,
        sequence=row.seq,
        last_modified=row.at,
        size_bytes=row.size,
        etag=row.etag,
        is_null=row.is_null,
        is_delete_marker=row.is_marker,
    )
