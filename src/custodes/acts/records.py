"""Entries from fields: drafted, sealed into the customer's record page, ready for the sequencer."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.keyring import Keyring
from custodes.acts.writing.act import Act, Entry, Write
from custodes.acts.writing.readers import OpeningRow
from custodes.custody import wrap
from custodes.custody.hierarchy import Page, subject_context
from custodes.custody.wrap import Purpose
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import Clock, to_text
from custodes.kernel.ids import new_id
from custodes.kernel.limits import PAGE_SUBJECTS_MAX
from custodes.ledger import entry as ledger_entry
from custodes.ledger import vocabulary

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

    def __init__(self, keyring: Keyring, clock: Clock, commit: Commit) -> None:
        self._keyring = keyring
        self._clock = clock
        self._commit = commit
        self._open: dict[str, _Open] = {}

    async def ready(self, customer: Customer, count: int = 1) -> None:
        """Make sure that the customer's record page has room for `count` entries, person parts included."""
        kept = self._open.get(customer.id)
        if kept is not None and kept.used + 2 * count <= PAGE_SUBJECTS_MAX:
            return
        page = self._keyring.new_page(customer, customer.records, new_id("pag", self._keyring.dice))
        key = self._keyring.page(customer, customer.records, page)
        act = Act(
            id=new_id("act", self._keyring.dice),
            writes=(Write("page.add", (page, "record")),),
            is_urgent=True,
        )
        await self._commit(act)
        self._open[customer.id] = _Open(page, key, 0)

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
        return self._sealed(customer, f"{act_id}/{ordinal}", at, (record, fields))

    def unseal(self, customer: Customer, page: Page, row: OpeningRow, leaf: bytes) -> ledger_entry.Opened:
        """Open a stored entry and prove it against its leaf: `opening-differs`, `wrap-mismatch`."""
        return ledger_entry.check(leaf, *self.opening(customer, page, row))

    def opening(self, customer: Customer, page: Page, row: OpeningRow) -> tuple[bytes, bytes | None]:
        """The act opening and, unless erased, the person opening of a stored entry."""
        key = self._keyring.page(customer, customer.records, page)
        subject = f"{row.act}/{row.ordinal}"
        record = wrap.unwrap(key, subject_context(page, subject, Purpose.RECORD), row.sealed)
        person = None
        if row.person_sealed is not None:
            context = subject_context(page, subject, Purpose.RECORD_PERSON)
            person = wrap.unwrap(key, context, row.person_sealed)
        return ledger_entry.expand(record, person)

    def forget(self, customer: str | None = None) -> None:
        """Drop open record pages (the house or the customer was sealed, or pages were re-keyed)."""
        if customer is None:
            self._open.clear()
        else:
            self._open.pop(customer, None)

    def _sealed(
        self, customer: Customer, subject: str, at: datetime, what: tuple[Record, dict[str, Plain]]
    ) -> Entry:
        record, fields = what
        kept = self._open[customer.id]
        draft = ledger_entry.draft(fields, record.person, self._keyring.dice)
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
            log=customer.log(vocabulary.sub_log(fields).value),
            leaf=draft.leaf,
            act_code=record.act,
            subject=record.subject,
            at=at,
            page=kept.page.id,
            sealed=sealed,
            person_page=kept.page.id if person_sealed else None,
            person_sealed=person_sealed,
        )
