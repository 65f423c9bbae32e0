"""Opened keys, in the keyroom's memory only: customer roots, key versions, shred keys, pages.

Opened on demand through the customer's own holder, dropped when the house or the customer is sealed or
killed. Python copies bytes as it likes: nothing here promises that a dropped key is overwritten.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from custodes.acts.footing.customer import Customer
from custodes.custody import hierarchy
from custodes.custody.hierarchy import HouseKeys, Page, PageKek, Scope
from custodes.custody.holder import Holder
from custodes.custody.keys import Key
from custodes.custody.materials import halves
from custodes.custody.materials.halves import PrivateHalf
from custodes.custody.message import Material
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, unavailable

_PAGES_MAX = 8_192


class Keyring:
    """Every opened key of the house. Refusals: `holder-sealed`, `holder-gone`, `wrap-mismatch`."""

    def __init__(self, house: str, house_keys: HouseKeys, holders: Mapping[str, Holder], dice: Dice) -> None:
        self.house = house
        self.house_keys = house_keys
        self.dice = dice
        self._holders = holders
        self._roots: dict[str, bytes] = {}
        self._versions: dict[tuple[str, int], bytes] = {}
        self._privates: dict[tuple[str, int], tuple[bytes, PrivateHalf]] = {}  # wrap and what it holds
        self._owners: dict[str, str] = {}  # customer of every key with an opened version
        self._shreds: dict[tuple[str, int], bytes] = {}
        self._keks: dict[tuple[str, int, int], PageKek] = {}
        self._pages: OrderedDict[tuple[str, int], tuple[str, bytes]] = OrderedDict()
        self._gone: dict[str, str] = {}  # holder that does not answer -> the refusal's code
        self._asking: dict[str, asyncio.Lock] = {}
        self._drops = 0

    def __repr__(self) -> str:
        return "Keyring(...)"

    async def ready(self, customer: Customer) -> None:
        """Open his root in a thread if it is not open: a holder far away must not hold up everybody.

        One question at a time for each holder; one that does not answer is gone for all its customers until
        it gave a sign of life (`holders.HolderWatch`).
        """
        if customer.id in self._roots or customer.holder in self._gone:
            return
        async with self._asking.setdefault(customer.holder, asyncio.Lock()):
            if customer.id in self._roots or customer.holder in self._gone:
                return
            drops = self._drops
            try:
                root = await asyncio.to_thread(self._opened_root, customer)
            except Refusal as refusal:
                if refusal.kind is Kind.UNAVAILABLE:
                    self._gone[customer.holder] = refusal.code
                raise
            if drops == self._drops:  # else everything was let go of meanwhile
                self._roots[customer.id] = root

    def root(self, customer: Customer) -> bytes:
        """The customer's root, 32 bytes."""
        if customer.holder in self._gone:
            raise _gone()
        if customer.id not in self._roots:
            self._roots[customer.id] = self._opened_root(customer)
        return self._roots[customer.id]

    def custody(self, customer: Customer) -> str:
        """What keeps the customer's root, as entries of key uses name it; none is made while it is gone."""
        holder = self._holders.get(customer.holder)
        if holder is None or customer.holder in self._gone:
            raise _gone()
        return holder.grade

    def lose(self, holder: str, code: str, customers: Sequence[str]) -> None:
        """A holder does not answer: let go of all its customers' keys, and open none until `regain`."""
        if holder not in self._gone or any(customer in self._roots for customer in customers):
            for customer in customers:
                self.drop(customer)
        self._gone[holder] = code

    def regain(self, holder: str) -> None:
        """It answers again."""
        self._gone.pop(holder, None)

    def lost(self) -> Mapping[str, str]:
        """Holders that do not answer, with the code of the refusal."""
        return dict(self._gone)

    def _opened_root(self, customer: Customer) -> bytes:
        holder = self._holders.get(customer.holder)
        if holder is None:
            raise _gone()
        return hierarchy.open_customer_root(
            holder, Scope(house=self.house, customer=customer.id), customer.root
        )

    def version(self, customer: Customer, key: Key, n: int) -> bytes:
        """Material of one version of a customer's key, 32 bytes."""
        if (key.id, n) not in self._versions:
            self._owners[key.id] = customer.id
            wrapped = next(version.wrapped for version in key.versions if version.n == n)
            self._versions[key.id, n] = hierarchy.open_key_version(
                self.root(customer), Scope(house=self.house, customer=customer.id, key=key.id), n, wrapped
            )
        return self._versions[key.id, n]

    def private(self, customer: Customer, key: Key, n: int) -> PrivateHalf:
        """The private half of one version of a pair, kept open for as long as the version's material is."""
        pair = next(version.halves for version in key.versions if version.n == n)
        secret = self.version(customer, key, n)
        kept = self._privates.get((key.id, n))
        if kept is None or kept[0] != pair.private:
            scope = Scope(house=self.house, customer=customer.id, key=key.id)
            material = Material(scope=scope, version=n, secret=secret)
            kept = self._privates[key.id, n] = (pair.private, halves.opened(pair, material))
        return kept[1]

    def shred(self, customer: Customer, generation: int) -> bytes:
        """The customer's shred key of a generation, 32 bytes."""
        if generation not in customer.shreds:  # also when it is still open here: it was dropped
            raise unavailable("shred-gone")  # the page was re-wrapped meanwhile, or put back
        if (customer.id, generation) not in self._shreds:
            self._shreds[customer.id, generation] = hierarchy.open_shred(
                self.root(customer),
                Scope(house=self.house, customer=customer.id),
                generation,
                customer.shreds[generation],
            )
        return self._shreds[customer.id, generation]

    def kek(self, customer: Customer, key: Key, n: int, shred: int) -> PageKek:
        """The kek of all pages under one key version and one shred generation."""
        at = (key.id, n, shred)
        if at not in self._keks or shred not in customer.shreds:
            self._keks[at] = hierarchy.page_kek(
                Scope(house=self.house, customer=customer.id, key=key.id),
                (n, self.version(customer, key, n)),
                (shred, self.shred(customer, shred)),
            )
        return self._keks[at]

    def new_page(self, customer: Customer, key: Key, page_id: str) -> Page:
        """A fresh page under the key's newest version; its key is kept open."""
        kek = self.kek(customer, key, key.versions[-1].n, customer.shred)
        page = hierarchy.make_page(kek, page_id, self.dice)
        self._keep(page, hierarchy.open_page(kek, page))
        return page

    def page(self, customer: Customer, key: Key, page: Page) -> bytes:
        """The page key of a page at rest, 32 bytes."""
        at = (page.id, page.generation)
        kept = self._pages.get(at)
        if kept is not None and kept[0] == customer.id:
            self._pages.move_to_end(at)
            return kept[1]
        kek = self.kek(customer, key, page.key_version, page.shred_generation)
        opened = hierarchy.open_page(kek, page)
        self._keep(page, opened)
        return opened

    def drop(self, customer: str | None = None) -> None:
        """Let go of every opened key of one customer, or of all."""
        self._drops += 1
        if customer is None:
            for kept in (self._roots, self._versions, self._owners, self._shreds, self._keks, self._pages):
                kept.clear()
            self._privates.clear()
            return
        self._roots.pop(customer, None)
        for shred in [at for at in self._shreds if at[0] == customer]:
            del self._shreds[shred]
        keks = [at for at, kek in self._keks.items() if kek.scope.customer == customer]
        for kek in keks:
            del self._keks[kek]
        for version in [at for at in self._versions if self._owners.get(at[0]) == customer]:
            del self._versions[version]
            self._privates.pop(version, None)
        for page in [at for at, (owner, _) in self._pages.items() if owner == customer]:
            del self._pages[page]

    def drop_shreds(self, customer: str, below: int) -> None:
        """Let go of a customer's shred keys below a generation, and of the keks made of them."""
        for at in [at for at in self._shreds if at[0] == customer and at[1] < below]:
            del self._shreds[at]
        for at_kek, kek in list(self._keks.items()):
            if kek.scope.customer == customer and kek.shred_generation < below:
                del self._keks[at_kek]

    def drop_page(self, page: str, below: int) -> None:
        """Let go of a page's keys of generations below this one: it was re-keyed."""
        for at in [at for at in self._pages if at[0] == page and at[1] < below]:
            del self._pages[at]

    def drop_key(self, key: str) -> None:
        """Let go of one key's versions and the keks made of them (its pages fall out with them)."""
        for at in [at for at in self._versions if at[0] == key]:
            del self._versions[at]
            self._privates.pop(at, None)
        for kek in [at for at in self._keks if at[0] == key]:
            del self._keks[kek]
        self._pages.clear()

    def _keep(self, page: Page, opened: bytes) -> None:
        self._pages[page.id, page.generation] = (page.scope.customer, opened)
        if len(self._pages) > _PAGES_MAX:
            self._pages.popitem(last=False)


def _gone() -> Refusal:
    return unavailable("holder-gone")
