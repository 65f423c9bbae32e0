"""Holder root -> customer root -> key version and shred key -> page key -> data key.

Every step is a wrap v1 under the key above it; the one derivation is the page kek, which needs the key
version *and* the shred key, so that either, destroyed, takes the pages with it. Functions only: what they
return in the clear, the caller holds as briefly as he can.
"""

from collections.abc import Iterable, Mapping

import msgspec

from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.limits import PAGE_SUBJECTS_MAX
from custodes.kernel.refusal import Kind, Refusal, conflict

from .holder import Holder
from .wrap import KEY_BYTES, Context, Purpose, hkdf_sha512, unwrap, wrap

PAGE_KEK_LABEL = "custodes/page-kek/v1"
HOUSE_KEY_NAMES = ("credential", "mac", "receipt", "session")


class HouseKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The house's own keys in the clear, 32 bytes each; lives in the keyroom's memory only."""

    mac: bytes  # authority rows
    credential: bytes  # kek of callers' symmetric secrets
    receipt: bytes  # Ed25519 seed of sequenced receipts
    session: bytes  # session and cross-site tokens

    def __repr__(self) -> str:
        return "HouseKeys(...)"


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose keys a wrap is about: ids of house and customer and, below the customer root, of a key."""

    house: str
    customer: str
    key: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page key at rest. `generation` grows with every re-key, the other two with every re-wrap."""

    id: str
    scope: Scope
    key_version: int
    shred_generation: int
    generation: int
    wrapped: bytes


class SubjectKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One subject's key at rest in a page."""

    subject: str
    purpose: Purpose
    wrapped: bytes


class PageKek(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kek of all pages under one key version and one shred key, in the clear."""

    scope: Scope
    key_version: int
    shred_generation: int
    secret: bytes

    def __repr__(self) -> str:
        return f"PageKek(key_version={self.key_version}, shred_generation={self.shred_generation}, ...)"


# --- the house -------------------------------------------------------------------------------------


def make_house_keys(holder: Holder, house: str, dice: Dice) -> dict[str, bytes]:
    """Fresh house keys, each wrapped by the holder: name -> wrap."""
    return {name: holder.wrap(_house(house, name), _draw(dice), dice) for name in HOUSE_KEY_NAMES}


def open_house_keys(holder: Holder, house: str, wrapped: Mapping[str, bytes]) -> HouseKeys:
    """Open what `make_house_keys` made; `house-key-lost` (broken) when one of the names is missing."""
    if any(name not in wrapped for name in HOUSE_KEY_NAMES):
        raise Refusal("house-key-lost", Kind.BROKEN)
    return HouseKeys(
        **{name: _key(holder.unwrap(_house(house, name), wrapped[name])) for name in HOUSE_KEY_NAMES}
    )


def move_house_keys(
    old: Holder, new: Holder, house: str, wrapped: Mapping[str, bytes], dice: Dice
) -> dict[str, bytes]:
    """The same house keys, whatever their names, wrapped by another holder."""
    return {
        name: new.wrap(_house(house, name), _key(old.unwrap(_house(house, name), raw)), dice)
        for name, raw in wrapped.items()
    }


def make_receipt_key(holder: Holder, house: str, keyroom: str, dice: Dice) -> bytes:
    """A fresh receipt key (Ed25519 seed) for a further keyroom of the house, wrapped by the holder."""
    return holder.wrap(_house(house, f"receipt/{keyroom}"), _draw(dice), dice)


def open_receipt_key(holder: Holder, house: str, keyroom: str, wrapped: bytes) -> bytes:
    """Open what `make_receipt_key` made, 32 bytes; `wrap-mismatch` (broken) for another keyroom's."""
    return _key(holder.unwrap(_house(house, f"receipt/{keyroom}"), wrapped))


def wrap_credential(keys: HouseKeys, house: str, credential: str, secret: bytes, dice: Dice) -> bytes:
    """Wrap a caller's symmetric secret (S3, XKS) of any length for the credential's row."""
    return wrap(keys.credential, _credential(house, credential), secret, dice)


def open_credential(keys: HouseKeys, house: str, credential: str, wrapped: bytes) -> bytes:
    """Open what `wrap_credential` wrapped; `wrap-mismatch` (broken)."""
    return unwrap(keys.credential, _credential(house, credential), wrapped)


# --- the customer ----------------------------------------------------------------------------------


def make_customer_root(holder: Holder, scope: Scope, dice: Dice) -> bytes:
    """A fresh customer root, wrapped by that customer's own holder."""
    return holder.wrap(_root(scope), _draw(dice), dice)


def open_customer_root(holder: Holder, scope: Scope, wrapped: bytes) -> bytes:
    """The customer root in the clear, 32 bytes."""
    return _key(holder.unwrap(_root(scope), wrapped))


def move_customer_root(old: Holder, new: Holder, scope: Scope, wrapped: bytes, dice: Dice) -> bytes:
    """The same customer root, wrapped by another holder."""
    return new.wrap(_root(scope), open_customer_root(old, scope, wrapped), dice)


def make_key_version(root: bytes, scope: Scope, version: int, dice: Dice) -> bytes:
    """Fresh material of one key version, wrapped under the customer root."""
    return wrap(root, _key_version(scope, version), _draw(dice), dice)


def take_key_version(root: bytes, scope: Scope, version: int, material: bytes, dice: Dice) -> bytes:
    """Material that was made elsewhere (32 bytes), wrapped under the customer root."""
    return wrap(root, _key_version(scope, version), _key(material), dice)


def open_key_version(root: bytes, scope: Scope, version: int, wrapped: bytes) -> bytes:
    """The material of one key version in the clear, 32 bytes."""
    return _key(unwrap(root, _key_version(scope, version), wrapped))


def make_shred(root: bytes, scope: Scope, generation: int, dice: Dice) -> bytes:
    """A fresh shred key of the customer, wrapped under the customer root."""
    return wrap(root, _shred(scope, generation), _draw(dice), dice)


def open_shred(root: bytes, scope: Scope, generation: int, wrapped: bytes) -> bytes:
    """The shred key in the clear, 32 bytes."""
    return _key(unwrap(root, _shred(scope, generation), wrapped))


# --- pages and what lies in them --------------------------------------------------------------------


def page_kek(scope: Scope, version: tuple[int, bytes], shred: tuple[int, bytes]) -> PageKek:
    """Derive the page kek from (key version, material) and (shred generation, shred key)."""
    info = canonical.encode(
        {
            "customer": scope.customer,
            "house": scope.house,
            "key": _named(scope),
            "label": PAGE_KEK_LABEL,
            "shred": shred[0],
            "version": version[0],
        }
    )
    secret = hkdf_sha512(_key(version[1]) + _key(shred[1]), b"", info)[:KEY_BYTES]
    return PageKek(scope=scope, key_version=version[0], shred_generation=shred[0], secret=secret)


def make_page(kek: PageKek, page_id: str, dice: Dice) -> Page:
    """A fresh page key of generation 1."""
    return _page_row(kek, page_id, 1, _draw(dice), dice)


def open_page(kek: PageKek, page: Page) -> bytes:
    """The page key in the clear; `wrap-mismatch` (broken) under any other kek."""
    return _key(
        unwrap(kek.secret, _page(page.scope, page.key_version, page.id, page.generation), page.wrapped)
    )


def make_subject_key(page_key: bytes, page: Page, subject: str, purpose: Purpose, dice: Dice) -> SubjectKey:
    """A fresh 32-byte key for one subject, wrapped under the page key."""
    return wrap_subject_key(page_key, page, (subject, purpose), _draw(dice), dice)


def wrap_subject_key(
    page_key: bytes, page: Page, what: tuple[str, Purpose], secret: bytes, dice: Dice
) -> SubjectKey:
    """Wrap a key that exists already (an import, a copy inside one customer) for (subject, purpose)."""
    wrapped = wrap(page_key, subject_context(page, *what), _key(secret), dice)
    return SubjectKey(subject=what[0], purpose=what[1], wrapped=wrapped)


def open_subject_key(page_key: bytes, page: Page, row: SubjectKey) -> bytes:
    """The subject's key in the clear, 32 bytes; `wrap-mismatch` (broken)."""
    return _key(unwrap(page_key, subject_context(page, row.subject, row.purpose), row.wrapped))


def subject_context(page: Page, subject: str, purpose: Purpose) -> Context:
    """Where a subject's key belongs: bound to key and page generation, not to the key's version."""
    return Context(
        house=page.scope.house,
        customer=page.scope.customer,
        key=_named(page.scope),
        version=page.generation,
        purpose=purpose,
        subject=subject,
    )


def rewrap_page(old: PageKek, new: PageKek, page: Page, dice: Dice) -> Page:
    """The same page key under a newer key version or shred key; what lies in it stays as it is."""
    if old.scope != new.scope:
        raise ValueError("a page stays with its key")
    return _page_row(new, page.id, page.generation, open_page(old, page), dice)


def rekey_page(
    old: PageKek, new: PageKek, page: Page, survivors: Iterable[SubjectKey], dice: Dice
) -> tuple[Page, tuple[SubjectKey, ...]]:
    """Erasure: a fresh page key, and only the survivors re-wrapped under it.

    Whoever is not among them is unreadable as soon as the old page row is gone. `page-full` (conflict)
    above PAGE_SUBJECTS_MAX; `wrap-mismatch` (broken) when a survivor does not open: nothing is half done.
    """
    if old.scope != new.scope:
        raise ValueError("a page stays with its key")
    before, after = open_page(old, page), _draw(dice)
    fresh = _page_row(new, page.id, page.generation + 1, after, dice)
    kept: list[SubjectKey] = []
    for each in survivors:
        if len(kept) == PAGE_SUBJECTS_MAX:
            raise conflict("page-full", subjects_max=PAGE_SUBJECTS_MAX)
        secret = open_subject_key(before, page, each)
        kept.append(wrap_subject_key(after, fresh, (each.subject, each.purpose), secret, dice))
    return fresh, tuple(kept)


# --- private ---------------------------------------------------------------------------------------


def _page_row(kek: PageKek, page_id: str, generation: int, secret: bytes, dice: Dice) -> Page:
    context = _page(kek.scope, kek.key_version, page_id, generation)
    return Page(
        id=page_id,
        scope=kek.scope,
        key_version=kek.key_version,
        shred_generation=kek.shred_generation,
        generation=generation,
        wrapped=wrap(kek.secret, context, secret, dice),
    )


def _draw(dice: Dice) -> bytes:
    return _key(dice.draw(KEY_BYTES))


def _key(raw: bytes) -> bytes:
    if len(raw) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return raw


def _named(scope: Scope) -> str:
    if not scope.key:
        raise ValueError("a key's scope names the key")
    return scope.key


def _house(house: str, name: str) -> Context:
    return Context(house=house, customer="", key="", version=0, purpose=Purpose.HOUSE_KEY, subject=name)


def _credential(house: str, credential: str) -> Context:
    return Context(
        house=house, customer="", key="", version=0, purpose=Purpose.CREDENTIAL, subject=credential
    )


def _root(scope: Scope) -> Context:
    return Context(
        house=scope.house,
        customer=scope.customer,
        key="",
        version=0,
        purpose=Purpose.CUSTOMER_ROOT,
        subject=scope.customer,
    )


def _key_version(scope: Scope, version: int) -> Context:
    return Context(
        house=scope.house,
        customer=scope.customer,
        key=_named(scope),
        version=version,
        purpose=Purpose.KEY_VERSION,
        subject=scope.key,
    )


def _shred(scope: Scope, generation: int) -> Context:
    return Context(
        house=scope.house,
        customer=scope.customer,
        key="",
        version=generation,
        purpose=Purpose.SHRED,
        subject=scope.customer,
    )


def _page(scope: Scope, version: int, page_id: str, generation: int) -> Context:
    return Context(
        house=scope.house,
        customer=scope.customer,
        key=_named(scope),
        version=version,
        purpose=Purpose.PAGE,
        subject=f"{page_id}/{generation}",
    )
