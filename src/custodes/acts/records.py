"""Entries from fields: drafted, sealed into the customer's record page, ready for the sequencer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from custodes.acts.footing.customer import EXCEPTIONAL, SHOWN, Customer
from custodes.acts.footing.keyring import Keyring
from custodes.acts.footing.standing import Standing
from custodes.acts.footing.tombstone import Fold, Tombstone, fold
from custodes.acts.writing.act import Act, Entry, Failed, Write
from custodes.acts.writing.readers import OpeningRow
from custodes.custody import wrap
from custodes.custody.hierarchy import Page, subject_context
from custodes.custody.wrap import Purpose
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import Clock, to_text
from custodes.kernel.ids import new_id
from custodes.kernel.limits import PAGE_SUBJECTS_MAX
from custodes.kernel.refusal import Kind, Refusal, conflict
from custodes.ledger import entry as ledger_entry
from custodes.ledger import veil, vocabulary
from custodes.ledger.veil import VeilDraft

VEIL = "veil"
LOST = "lost"  # an entry of which only the leaf is left: its opening was lost with a machine

Fields = Mapping[str, Plain]
Commit = Callable[[Act], Awaitable[object]]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry says, before it is sealed. `person` holds the fields that can be erased."""

    act: str
    subject: str
    fields: dict[str, Plain]
    person: dict[str, Plain] = {}


class _Open(msgspec.Struct):
    page: Page
    key: bytes
    used: int


class Records:
    """Seals records. A record page must be durable before an entry refers to it: `ready` sees to that."""

    def __init__(self, keyring: Keyring, clock: Clock, commit: Commit, standing: Standing) -> None:
        self._keyring = keyring
        self._clock = clock
        self._commit = commit
        self._standing = standing
        self._drafter = ledger_entry.Drafter()
        self._open: dict[tuple[str, str], _Open] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._erased: tuple[int, Fold] = (0, Fold())

    async def ready(self, customer: Customer, count: int = 1) -> None:
        """Make sure that the customer's record pages have room for `count` entries, person parts included.

        There is one for each of his sub-logs: what is kept for one term dies with its pages, whole.
        `changed-meanwhile` (conflict) when his shred key turned and the old one is gone already.
        """
        await self._keyring.ready(customer)
        while wanting := [kind for kind in SHOWN if not self._has_room((customer.id, kind), count)]:
            # Both are looked at again after each wait: what was there may be forgotten meanwhile.
            async with self._opening.setdefault(customer.id, asyncio.Lock()):
                if not self._has_room((customer.id, wanting[0]), count):  # else somebody else opened one
                    await self._open_page(customer, wanting[0])

    def seal(self, customer: Customer, act_id: str, ordinal: int, record: Record) -> Entry:
        """Draft, commit to and seal one record. Call `ready` first."""
        at = self._clock.now()
        fields: dict[str, Plain] = {
            "at": to_text(at),
            "act": record.act,
            "house": self._keyring.house,
            "customer": customer.id,
            **record.fields,
        }
        if "key" in fields:
            fields["custody"] = self._keyring.custody(customer)
        return self._sealed(customer, f"{act_id}/{ordinal}", at, (record, fields))

    def unseal(self, customer: Customer, page: Page, row: OpeningRow, leaf: bytes) -> ledger_entry.Opened:
        """Open a stored entry and prove it against its leaf: `opening-differs`, `wrap-mismatch`.

        Of a veil only customer, day and how many items stay closed are shown: the same number every day.
        """
        if leaf[:1] == veil.VEIL_LEAF_VERSION:
            lifted = veil.lift(leaf, veil.disclose(self.veil_opening(customer, page, row), ()))
            fields: dict[str, Plain] = {
                "act": VEIL,
                "customer": lifted.customer,
                "day": lifted.day,
                "closed": lifted.closed,
            }
            return ledger_entry.Opened(fields=fields, erased=(), closed=())
        return ledger_entry.check(leaf, *self.opening(customer, page, row))

    def opening(self, customer: Customer, page: Page, row: OpeningRow) -> tuple[bytes, bytes | None]:
        """The act opening and, unless erased, the person opening of a stored entry.

        What has a tombstone stays shut, whatever row lies there; `page-rolled-back` (broken) for a page older
        than an erasure in it.
        """
        erased = self.erased()
        _refuse_older(page, erased)
        return _opening(self._keyring.page(customer, customer.records, page), page, row, erased)

    def erased(self) -> Fold:
        """Everything that was erased in this house."""
        changes = self._standing.changes(("tombstone",))
        if changes != self._erased[0]:
            self._erased = (changes, fold(self._standing.all_of("tombstone", Tombstone)))
        return self._erased[1]

    def seal_veil(self, customer: Customer, act_id: str, what: tuple[str, VeilDraft]) -> Entry:
        """The veil of `what` = (day, draft); its opening is sealed like a record's. Call `ready` first."""
        kept = self._open[customer.id, EXCEPTIONAL]
        context = subject_context(kept.page, f"{act_id}/0", Purpose.RECORD)
        sealed = wrap.wrap(kept.key, context, what[1].opening, self._keyring.dice)
        kept.used += 1
        return Entry(
            log=customer.log(EXCEPTIONAL),
            leaf=what[1].leaf,
            act_code=VEIL,
            subject=f"{VEIL}/{customer.id}/{what[0]}",
            at=self._clock.now(),
            page=kept.page.id,
            page_generation=kept.page.generation,
            sealed=sealed,
        )

    def veil_opening(self, customer: Customer, page: Page, row: OpeningRow) -> bytes:
        """The whole opening of a stored veil: for seal auditors, never for the customer as it is."""
        key = self._keyring.page(customer, customer.records, page)
        context = subject_context(page, f"{row.act}/{row.ordinal}", Purpose.RECORD)
        return wrap.unwrap(key, context, row.sealed)

    def forget(self, customer: str | None = None) -> None:
        """Drop open record pages (the house or the customer was sealed, or pages were re-keyed)."""
        if customer is None:
            self._open.clear()
        else:
            for kind in SHOWN:
                self._open.pop((customer, kind), None)

    def _has_room(self, at: tuple[str, str], count: int) -> bool:
        kept = self._open.get(at)
        return kept is not None and kept.used + 2 * count <= PAGE_SUBJECTS_MAX

    async def _open_page(self, customer: Customer, kind: str) -> None:
        page = self._keyring.new_page(customer, customer.records, new_id("pag", self._keyring.dice))
        key = self._keyring.page(customer, customer.records, page)
        act = Act(
            id=new_id("act", self._keyring.dice),
            writes=(Write("page.add", (page, "record")),),
            is_urgent=True,
        )
        if isinstance(await self._commit(act), Failed):
            raise conflict("changed-meanwhile")
        self._open[customer.id, kind] = _Open(page, key, 0)

    def _sealed(
        self, customer: Customer, subject: str, at: datetime, what: tuple[Record, dict[str, Plain]]
    ) -> Entry:
        record, fields = what
        kind = vocabulary.sub_log(fields).value
        kept = self._open[customer.id, kind]
        draft = self._drafter.draft(fields, record.person, self._keyring.dice)
        sealed = wrap.wrap(
            kept.key, subject_context(kept.page, subject, Purpose.RECORD), draft.record, self._keyring.dice
        )
        kept.used += 1
        person_sealed = None
        if draft.person_record is not None:
            context = subject_context(kept.page, subject, Purpose.RECORD_PERSON)
            person_sealed = wrap.wrap(kept.key, context, draft.person_record, self._keyring.dice)
            kept.used += 1
        return Entry(
            log=customer.log(kind),
            leaf=draft.leaf,
            act_code=record.act,
            subject=record.subject,
            at=at,
            page=kept.page.id,
            page_generation=kept.page.generation,
            sealed=sealed,
            person_page=kept.page.id if person_sealed else None,
            person_sealed=person_sealed,
        )


def unsealed(key: bytes, page: Page, row: OpeningRow, leaf: bytes, erased: Fold) -> ledger_entry.Opened:
    """What `Records.unseal` gives of an entry that is no veil, under a page key that is open already."""
    _refuse_older(page, erased)
    return ledger_entry.check(leaf, *_opening(key, page, row, erased))


def _refuse_older(page: Page, erased: Fold) -> None:
    if page.generation < erased.pages.get(page.id, 0):
        raise Refusal("page-rolled-back", Kind.BROKEN)


def _opening(key: bytes, page: Page, row: OpeningRow, erased: Fold) -> tuple[bytes, bytes | None]:
    subject = f"{row.act}/{row.ordinal}"
    record = wrap.unwrap(key, subject_context(page, subject, Purpose.RECORD), row.sealed)
    person = None
    if row.person_sealed is not None and (row.log, row.index) not in erased.entries:
        context = subject_context(page, subject, Purpose.RECORD_PERSON)
        person = wrap.unwrap(key, context, row.person_sealed)
    return ledger_entry.expand(record, person)
