"""The house's own work on a preservation: make its key, wrap again, destroy at the end. All of it resumes.

Nothing is said done before it is durable: a case stays *ordered* until its key is made by the holder, *being
preserved* until every version in scope has its second wrap, and *ended* until the last row and blob are let
go.
What cannot be done now (a holder that is sealed or gone, a killed customer, a suspended key) waits, with an
alarm; the case says how many versions are pending.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from functools import partial

from custodes.acts.footing.customer import Customer
from custodes.acts.objects.ground import Ground
from custodes.acts.objects.rules.states import opened_state
from custodes.acts.objects.rules.wishing import CUSTOMERS_OWN
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import LyingRow, VersionRow
from custodes.acts.writing.ports import Reads
from custodes.custody.hierarchy import Page
from custodes.custody.holder import Holder, holder_gone, holder_sealed
from custodes.custody.keys import Key
from custodes.custody.materials.kinds import Use
from custodes.custody.preserving import keys as preservation
from custodes.desks.forms import Begun, Counted
from custodes.desks.preservation import PRESERVATION, PreservationCase, order_in
from custodes.kernel import canonical
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, conflict
from custodes.objects.bucket import Bucket

from . import kept, rows
from .office import PreservationOffice, customer_of
from .rows import Pair, Preserved
from .scope import VERSIONS_MAX, in_scope

MOVES_MAX = 16  # of one case in one round: what it missed while the house was down
WAITS = (Kind.UNAVAILABLE, Kind.LOCKED, Kind.LIMITED, Kind.CONFLICT)

_log = logging.getLogger("custodes.preservation")


class Securing:
    """Takes what is due, and does what is to be done, whenever the house's clock is run."""

    def __init__(self, ground: Ground, office: PreservationOffice) -> None:
        self._g = ground
        self._o: Opened = ground.o
        self._office = office
        self._keys: dict[str, bytes] = {}
        self._one = asyncio.Lock()
        self.waits: dict[str, str] = {}  # case -> why nothing goes on, in this run's memory

    async def round(self) -> int:
        """How many moves were taken."""
        moved = 0
        async with self._one:
            for case in list(kept.every(self._o)):
                try:
                    moved += await self._one_case(case.id)
                    self.waits.pop(case.id, None)
                except Refusal as refusal:
                    if refusal.kind not in WAITS:
                        raise
                    self.waits[case.id] = refusal.code
                    _log.error("alarm: due work of preservation %s waits: %s", case.id, refusal.code)
        return moved

    async def key(self, case: PreservationCase) -> bytes:
        """The case's key, opened by its holder in a thread; `holder-gone`, `holder-sealed`."""
        if case.id not in self._keys:
            place = (self._o.house, case.customer, case.id)
            wrapped = canonical.unb64(case.body.key)
            holder = self._holder(case)
            self._keys[case.id] = await asyncio.to_thread(preservation.open_key, holder, place, wrapped)
        return self._keys[case.id]

    async def _one_case(self, case_id: str) -> int:
        moved = 0
        for _ in range(MOVES_MAX):
            case = kept.load(self._o, case_id)
            due = PRESERVATION.due(case)
            if due is not None and due.at <= self._o.grants.now():
                await self._office.take(case_id, None)
            elif case.state == "ordered":
                await self._begin(case)
            elif case.state == "securing":
                await self._secure(case)
            elif case.state == "ended":
                await self._destroy(case)
            else:
                break
            moved += 1
        return moved

    # --- wrapping -------------------------------------------------------------------------------------

    async def _begin(self, case: PreservationCase) -> None:
        """Have the holder make the key; its entry is committed before any version's key is used."""
        place = (self._o.house, case.customer, case.id)
        holder = self._holder(case)
        wrapped = await asyncio.to_thread(preservation.make_key, holder, place, self._o.dice)
        await self._office.take(case.id, "begin", Begun(key=canonical.b64(wrapped)))

    async def _secure(self, case: PreservationCase) -> None:
        """Whatever of the scope has no second wrap yet gets one, a page in an act."""
        key = await self.key(case)
        done, _ = await rows.every(self._o, case)
        versions = {one.version for one in done}
        order, until = order_in(case), case.body.scope_at or case.changed_at
        found = set(order.versions)
        async for page in in_scope(self._o, order, until):
            found.update(row.version for row in page)
            wanted = [row for row in page if row.version not in versions]
            for added in await self._wrapped(
                case, key, wanted[: VERSIONS_MAX - len(versions)], len(versions)
            ):
                versions.add(added.version)
        self._keys.pop(case.id, None)
        done, _ = await rows.every(self._o, case)
        form = Counted(count=len(done), missing=len(found - versions), digest=_digest(done))
        await self._office.take(case.id, "secure", form)

    async def _wrapped(
        self, case: PreservationCase, key: bytes, wanted: Sequence[VersionRow], first: int
    ) -> list[Preserved]:
        """One act for a page: what was deleted meanwhile is left out, nothing of it is half there."""
        left = list(wanted)
        while left:
            outcome = await self._try(case, key, left, first)
            if not isinstance(outcome, Failed):
                return outcome
            o, ids = self._o, [row.version for row in left]
            there = set(await o.read(lambda r, ids=ids: [one for one in ids if r.objects.is_version(one)]))  # type: ignore[misc]
            if len(there) == len(left):
                raise conflict("changed-meanwhile")  # by another keyroom: looked at again in the next round
            left = [row for row in left if row.version in there]
        return []

    async def _try(
        self, case: PreservationCase, key: bytes, wanted: Sequence[VersionRow], first: int
    ) -> list[Preserved] | Failed:
        g, o = self._g, self._o
        customer = customer_of(o, case)
        bucket = o.standing.get("bucket", order_in(case).bucket, Bucket)
        if bucket is None or bucket.customer != customer.id:
            return []
        await o.keyring.ready(customer)
        pages = await o.read(lambda r: _pages(r, o.house, wanted))
        o.decisions.refuse_if_killed(customer.id, ())
        expects = [o.standing.expect(kept.NOUN, case.id), o.standing.expect("customer", customer.id)]
        made: list[Preserved] = []
        for row in wanted:
            found = self._data_key(customer, row, pages.get(row.page or ""))
            if found is None:
                continue
            data_key, owner = found
            expects.append(o.standing.expect("key", owner))
            place = (o.house, customer.id, row.version)
            made.append(
                Preserved(
                    case=case.id,
                    n=first + len(made),
                    bucket=row.bucket,
                    name=row.name,
                    version=row.version,
                    size=row.size,
                    wrapped=canonical.b64(preservation.wrap_again(key, place, data_key, o.dice)),
                    manifest=canonical.b64(row.manifest),
                    blobs=row.blobs,
                    checks=tuple((blob, size, canonical.b64(check)) for blob, size, check in row.checks),
                    needs_brought=opened_state(g.o, bucket, row).sse == CUSTOMERS_OWN,
                )
            )
        if not made:
            return []
        stored = tuple(rows.row_of(o, one) for one in made)
        write = Write("preserved.add", (bucket.id, stored, tuple(one.version for one in made)))
        outcome = await o.gate.commit(
            Act(id=new_id("act", o.dice), expects=tuple(dict.fromkeys(expects)), writes=(write,))
        )
        return outcome if isinstance(outcome, Failed) else made

    def _data_key(self, customer: Customer, row: VersionRow, page: Page | None) -> tuple[bytes, str] | None:
        """A version's data key and the customer's key it lies under; None where it opens for nobody."""
        if page is None or page.scope.customer != customer.id:
            return None
        key = self._o.standing.get("key", page.scope.key, Key)
        if key is None or key.customer != customer.id:
            return None
        try:
            self._g.usable(key, Use.UNWRAP, page.key_version)
            return self._g.pages.unwrap(customer, key, page, row.version, row.wrapped), key.id
        except Refusal as refusal:
            if refusal.code in {"key-destroyed", "wrap-mismatch"}:
                return None
            raise

    # --- the end --------------------------------------------------------------------------------------

    async def _destroy(self, case: PreservationCase) -> None:
        """Rows go page by page; with the last row that needs it, a blob of a deleted version goes too."""
        self._keys.pop(case.id, None)
        o = self._o
        done, _ = await rows.every(o, case)
        digest = case.body.digest or _digest(done)
        total = case.body.count if rows.is_counted(case) else len(done)
        tags = [rows.row_tag(o, case.id, n) for n in range(total)]
        for at in range(0, len(tags), rows.PAGE_ROWS):
            await o.gate.until_committed(partial(self._let_go, tags[at : at + rows.PAGE_ROWS]))
        await self._office.take(case.id, "destroy", Counted(count=total, digest=digest))

    async def _let_go(self, tags: Sequence[str]) -> bool | Failed:
        o = self._o
        lying = await o.read(lambda r: list(r.objects.lying(r.objects.needed_by(tags))))
        found: tuple[tuple[LyingRow, Pair], ...] = tuple((row, rows.opened_lying(o, row)) for row in lying)
        write = Write("preserved.end", (tuple(tags), found, o.clock.now()))
        outcome = await o.gate.commit(Act(id=new_id("act", o.dice), writes=(write,), is_urgent=True))
        return outcome if isinstance(outcome, Failed) else True

    def _holder(self, case: PreservationCase) -> Holder:
        """The holder the order names; `holder-gone`, `holder-sealed`."""
        holder = self._o.holders.get(order_in(case).holder)
        if holder is None:
            raise holder_gone()
        if holder.is_sealed:
            raise holder_sealed()
        return holder


def _digest(done: Sequence[Preserved]) -> str:
    """SHA-256 over the ids of what is preserved, a line each, in the order of their numbers."""
    text = "".join(f"{one.version}\n" for one in sorted(done, key=lambda one: one.n))
    return canonical.b64(hashlib.sha256(text.encode("ascii")).digest())


def _pages(reads: Reads, house: str, wanted: Sequence[VersionRow]) -> dict[str, Page]:
    found = {id_: reads.page(house, id_) for id_ in {row.page for row in wanted if row.page}}
    return {id_: page for id_, page in found.items() if page is not None}
