"""Whether a file makes sense in itself: names once, forms filled in, places the law's tables know."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from msgspec import UNSET

from custodes.kernel.refusal import Refusal
from custodes.law.book import Book
from custodes.ledger import quorum
from custodes.objects.names import check_bucket_name
from custodes.parties.roles import PartyKind, is_role
from custodes.policy import presets
from custodes.policy.actions import PURPOSES

from . import wanted as w
from .reading import Text, fault
from .wanted import Wanted, managed


def check(wanted: Wanted, text: Text, book: Book, on: date) -> None:
    """Raise `file-refused` (malformed) for the first thing that does not fit."""
    _Check(text, book, on).run(wanted)


class _Check:
    def __init__(self, text: Text, book: Book, on: date) -> None:
        self._text = text
        self._book = book
        self._on = on

    def run(self, wanted: Wanted) -> None:
        self._once("$.organisations", wanted.organisations, lambda one: one.name)
        keys = [one for one in wanted.organisations if one.root_key is not UNSET]
        if len({one.root_key for one in keys}) != len(keys):
            raise self._no("twice", "$.organisations", "root_key")
        self._once("$.people", wanted.people, lambda one: (one.mail.casefold(), one.organisation))
        self._once("$.locations", wanted.locations, lambda one: one.name)
        self._once("$.customers", wanted.customers, lambda one: (one.name, one.organisation))
        kinds = {one.name: one.kind for one in wanted.organisations}
        for number, one in enumerate(wanted.organisations):
            self._country(f"$.organisations[{number}].country", one.country)
        for number, person in enumerate(wanted.people):
            self._person(f"$.people[{number}]", person, kinds.get(person.organisation))
        for number, place in enumerate(wanted.locations):
            self._location(f"$.locations[{number}]", place)
        for number, customer in enumerate(wanted.customers):
            kind = kinds.get(customer.organisation, PartyKind.CUSTOMER)
            if kind is not PartyKind.CUSTOMER:
                raise self._no("not-a-customer", f"$.customers[{number}].organisation", customer.organisation)
            self._customer(f"$.customers[{number}]", customer)

    def _person(self, path: str, person: w.Person, kind: PartyKind | None) -> None:
        if person.country is not UNSET:
            self._country(f"{path}.country", person.country)
        for place, role in enumerate(person.roles):
            fits = any(is_role(each, role) for each in ((kind,) if kind else PartyKind))
            if not fits or role in {"application", "directory"}:
                raise self._no("unknown-role", f"{path}.roles[{place}]", role)

    def _location(self, path: str, place: w.Location) -> None:
        if place.country is not None:
            self._country(f"{path}.country", place.country)
        for number, country in enumerate(place.jurisdictions):
            self._country(f"{path}.jurisdictions[{number}]", country)
        store = place.store
        if store is not UNSET and ("://" not in store or "@" in store):
            raise self._no("bad-store", f"{path}.store")

    def _customer(self, path: str, customer: w.Customer) -> None:
        if customer.boundary is not UNSET:
            self._boundary(f"{path}.boundary", customer.boundary)
        if customer.witness_policy is not UNSET and customer.witness_policy:
            self._witnesses(f"{path}.witness_policy", customer.witness_policy)
        for number, rule in enumerate(managed(customer.rules)):
            self._rule(f"{path}.rules[{number}]", rule)
        for name in ("applications", "keys", "buckets"):
            self._once(f"{path}.{name}", managed(getattr(customer, name)), lambda one: one.name)
        for number, bucket in enumerate(managed(customer.buckets)):
            self._bucket(f"{path}.buckets[{number}]", bucket)

    def _boundary(self, path: str, boundary: w.Boundary) -> None:
        for member in ("areas", "jurisdictions", "denied_jurisdictions"):
            for number, area in enumerate(getattr(boundary, member)):
                if not self._book.is_area(area):
                    raise self._no("unknown-area", f"{path}.{member}[{number}]", area)
        for number, name in enumerate(boundary.data_classes):
            self._class(f"{path}.data_classes[{number}]", name)

    def _rule(self, path: str, rule: w.Rule) -> None:
        try:
            presets.rule(rule.preset, rule.filled)
        except Refusal as refusal:
            known = refusal.code != "unknown-preset"
            field = str(refusal.facts.get("field", ""))
            place = f"{path}.filled" if known else f"{path}.preset"
            raise self._no("bad-rule", f"{place}.{field}" if field else place, rule.preset) from refusal
        for purpose in rule.filled.get("purposes", ()):
            if purpose not in PURPOSES:
                raise self._no("bad-rule", f"{path}.filled.purposes", purpose)
        for name in rule.filled.get("classes", ()):
            self._class(f"{path}.filled.classes", name)
        for area in rule.filled.get("areas", ()):
            if not self._book.is_area(area):
                raise self._no("unknown-area", f"{path}.filled.areas", area)

    def _witnesses(self, path: str, lines: Sequence[str]) -> None:
        try:
            quorum.parse("".join(f"{line}\n" for line in lines).encode())
        except Refusal as refusal:
            number = int(str(refusal.facts.get("line", 0)))
            place = f"{path}[{number - 1}]" if 0 < number <= len(lines) else path
            raise self._no("bad-witness-policy", place) from refusal

    def _bucket(self, path: str, bucket: w.Bucket) -> None:
        try:
            check_bucket_name(bucket.name)
        except Refusal as refusal:
            raise self._no("bad-bucket-name", f"{path}.name", bucket.name) from refusal
        if bucket.data_class is not UNSET:
            self._class(f"{path}.data_class", bucket.data_class)

    def _class(self, path: str, name: str) -> None:
        if self._book.data_class(name) is None:
            raise self._no("unknown-class", path, name)

    def _country(self, path: str, code: str) -> None:
        if not self._book.is_country(code):
            raise self._no("unknown-country", path, code)

    def _once(self, path: str, rows: Iterable[Any], name: Callable[[Any], object]) -> None:
        seen = set()
        for number, row in enumerate(rows):
            if name(row) in seen:
                raise self._no("twice", f"{path}[{number}]", str(getattr(row, "name", "")))
            seen.add(name(row))

    def _no(self, why: str, path: str, what: str = "") -> Refusal:
        return fault(why, self._text.line(path), path, what)
