"""The page keys under which objects' data keys lie: at most a thousand subjects to a page.

A page is durable before an act refers to it, and each act that adds a wrap expects the page's generation:
a page that was re-keyed meanwhile would not open what is wrapped under the old one.
"""

import asyncio

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Row, Write
from custodes.custody import hierarchy
from custodes.custody.hierarchy import Page, SubjectKey
from custodes.custody.keys import Key
from custodes.custody.wrap import Purpose
from custodes.kernel.ids import new_id
from custodes.kernel.limits import PAGE_SUBJECTS_MAX
from custodes.kernel.refusal import Kind, Refusal


class Wrapped(msgspec.Struct, frozen=True, kw_only=True):
    """A data key at rest, and what the act that stores it expects."""

    page: str
    key_version: int
    wrapped: bytes
    expect: Row


class _Open(msgspec.Struct):
    page: Page
    used: int = 0


class ObjectPages:
    """Wraps data keys under the customer's newest pages, and opens them again."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._open: dict[tuple[str, str], _Open] = {}
        self._lock = asyncio.Lock()

    async def ready(self, customer: Customer, key: Key) -> None:
        """Make sure that there is a page with room under the key's current version and shred key.

        No `await` may stand between this and `wrap`.
        """
        if self._has_room(customer, key):
            return
        async with self._lock:
            if self._has_room(customer, key):
                return
            o = self._o
            page = o.keyring.new_page(customer, key, new_id("pag", o.dice))
            act = Act(id=new_id("act", o.dice), writes=(Write("page.add", (page, "object")),))
            await o.gate.commit(act)
            self._open[customer.id, key.id] = _Open(page)

    def wrap(self, customer: Customer, key: Key, version: str, data_key: bytes) -> Wrapped:
        """Wrap the data key of one object version. Call `ready` first."""
        if not self._has_room(customer, key):
            raise Refusal("page-not-ready", Kind.BROKEN)
        kept = self._open[customer.id, key.id]
        page_key = self._o.keyring.page(customer, key, kept.page)
        row = hierarchy.wrap_subject_key(
            page_key, kept.page, (version, Purpose.OBJECT), data_key, self._o.dice
        )
        kept.used += 1
        return Wrapped(
            page=kept.page.id,
            key_version=kept.page.key_version,
            wrapped=row.wrapped,
            expect=Row("page.is", (kept.page.id, kept.page.generation)),
        )

    def unwrap(self, customer: Customer, key: Key, page: Page, version: str, wrapped: bytes) -> bytes:
        """The data key of one object version; `wrap-mismatch` (broken) for a wrap of anything else."""
        page_key = self._o.keyring.page(customer, key, page)
        row = SubjectKey(subject=version, purpose=Purpose.OBJECT, wrapped=wrapped)
        return hierarchy.open_subject_key(page_key, page, row)

    def forget(self, customer: Customer, key: Key) -> None:
        """Use a fresh page next time: the present one was re-keyed."""
        self._open.pop((customer.id, key.id), None)

    def _has_room(self, customer: Customer, key: Key) -> bool:
        kept = self._open.get((customer.id, key.id))
        return (
            kept is not None
            and kept.used < PAGE_SUBJECTS_MAX
            and kept.page.key_version == key.versions[-1].n
            and kept.page.shred_generation == customer.shred
        )
