"""Where data may lie: a customer's boundary, the house's locations, and each judged for him."""

import logging
from functools import partial
from typing import Any

import msgspec

from custodes.acts import signed
from custodes.acts.asks.parties import Enrolled
from custodes.acts.asks.rules import LookPlaces, Places, PlaceView, SetBoundary, SetLocation
from custodes.acts.authority import Alteration
from custodes.acts.counting.fold import Counting
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, house, may_read, permit
from custodes.acts.writing.ports import Reads
from custodes.assurance.counting import Portion, Stored
from custodes.boundary.judge import judge, problems
from custodes.boundary.places import Boundary, Location
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import Refusal, absent, conflict, malformed
from custodes.law.book import Book, shipped
from custodes.objects.bucket import Bucket
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Organisation
from custodes.policy.question import Resource

from .parties import PartyAnswers
from .said import changed

DATA_CLASS_DEFAULT = "personal"  # what somebody who does not say is judged for
DOCUMENT_BYTES_MAX = 16_384
URI_CHARACTERS_MAX = 500
TEXT_CHARACTERS_MAX = 200
JURISDICTIONS_MAX = 20
COUNTED_FIRST_MAX = 1_000
_log = logging.getLogger("custodes.places")


class _Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to lie in each location, and copies missing there; `lying` None where it is not counted."""

    lying: dict[str, Stored] | None = None
    missing: dict[str, int] = {}
    at: str = ""
    behind: int = 0

    def told(self, place: PlaceView) -> PlaceView:
        """The place with what is counted of it."""
        if self.lying is None:
            return place
        held = self.lying.get(place.id, Stored())
        return msgspec.structs.replace(
            place,
            objects=held.objects,
            bytes=held.bytes_stored,
            missing=self.missing.get(place.id, 0),
        )


class PlaceAnswers:
    """Answers `SetBoundary`, `SetLocation`, `LookPlaces`."""

    def __init__(self, opened: Opened, parties: PartyAnswers, book: Book | None = None) -> None:
        self._o = opened
        self._counting = Counting(opened)
        self._parties = parties
        self._book = book or shipped()

    async def set_boundary(self, ask: SetBoundary) -> Enrolled:
        """`bad-boundary`, `boundary-refused` (malformed, with codes of `boundary.judge`)."""
        o = self._o
        made = self._made(ask.customer, ask.boundary)

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("boundary", ask.customer))
            owner = customer(o, ask.customer)
            resource = Resource(kind="boundary", id=owner.id, customer=owner.id)
            decided = permit(o, who, "boundary:change", resource)
            record = changed("change.boundary", who, owner.id, made)
            return Alteration(
                changes=(Change(noun="boundary", id=owner.id, customer=owner.id, value=made),),
                records=((owner, record),),
                expects=decided.expects,
            )

        receipted = await alter(o, decide, ask, ask.evidence)
        return self._parties.enrolled("boundary", ask.customer, receipted)

    async def set_location(self, ask: SetLocation) -> Enrolled:
        """A place and its store. `bad-location` (malformed), `no-such-location`, `no-such-operator`."""
        o = self._o
        form = _object(ask.location, "bad-location")
        id_ = ask.id or new_id("loc", o.dice)
        made = _convert({**form, "id": id_}, Location, "bad-location")
        _check_location(made, ask.store, is_demo_house=o.is_demo)
        store = StoreAt(location=id_, uri=ask.store)

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            decided = permit(o, who, "location:change", Resource(kind="house", id=o.house))
            if ask.id and o.standing.get("location", ask.id, Location) is None:
                raise absent("no-such-location")
            self._refuse_unseen(ask, made)
            if made.operator and o.standing.get("organisation", made.operator, Organisation) is None:
                raise absent("no-such-operator")
            record = changed("change.location", who, id_, made, location=id_)
            return Alteration(
                changes=(
                    Change(noun="location", id=id_, customer="", value=made),
                    Change(noun="store", id=id_, customer="", value=store),
                ),
                records=tuple((each, record) for each in (house(o), *self._customers_at(id_))),
                expects=decided.expects,
            )

        return self._parties.enrolled("location", id_, await alter(o, decide, ask, ask.evidence))

    async def look(self, ask: LookPlaces) -> Places:
        """Every location judged for this customer, by his boundary or by the one tried out.

        `no-such-customer` (absent), `bad-boundary`, `boundary-refused` (malformed).
        """
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = customer(o, ask.customer)
        await may_read(o, who, "boundary:read", Resource(kind="boundary", id=owner.id, customer=owner.id))
        boundary = o.standing.get("boundary", owner.id, Boundary)
        if ask.trial:
            boundary = self._made(owner.id, ask.trial)
        own = o.standing.get("organisation", who.actor.organisation or "", Organisation)
        sees_stores = own is not None and own.kind is PartyKind.TRUSTEE
        data_class = ask.data_class or DATA_CLASS_DEFAULT
        rows = sorted(o.standing.all_of("location", Location), key=lambda row: (row.name, row.id))
        counted = await self._counted(who, owner)
        return Places(
            boundary=canonical.encode(msgspec.to_builtins(boundary)) if boundary else b"{}",
            generation=o.standing.expect("boundary", owner.id).generation,
            law=self._book.version,
            places=tuple(
                counted.told(self._view(row, boundary, owner, data_class, sees_stores)) for row in rows
            ),
            counted_at=counted.at,
            behind=counted.behind,
        )

    async def _counted(self, who: Identified, owner: Customer) -> "_Counted":
        """What is to lie where, for whoever may read the log it is counted in; else nothing is counted.

        Where nothing can be counted now (his holder is gone, an opening is missing) the places still stand.
        """
        o = self._o
        resource = Resource(kind="log", id=owner.id, customer=owner.id)
        asked = Asked(action="log:read", resource=resource, purpose="audit")
        if not o.decisions.decide(who, asked).decision.allowed:
            return _Counted()
        try:
            behind = await self._counting.reach(owner, COUNTED_FIRST_MAX)
        except Refusal as refusal:
            _log.warning("what lies where is not counted for %s: %s", owner.id, refusal.code)
            return _Counted()
        return _Counted(
            lying=_lying(o, owner, behind.head.life),
            missing=await o.read(partial(_missing, o, owner)),
            at=behind.head.counted_at,
            behind=behind.entries,
        )

    def _refuse_unseen(self, ask: SetLocation, made: Location) -> None:
        """What he who asks has seen must still stand: `changed-meanwhile`, `name-taken` (conflict)."""
        if ask.generation is None:
            return
        standing = self._o.standing
        if ask.id and standing.expect("location", ask.id).generation != ask.generation:
            raise conflict("changed-meanwhile")
        if not ask.id and any(row.name == made.name for row in standing.all_of("location", Location)):
            raise conflict("name-taken")

    def _made(self, owner: str, raw: bytes) -> Boundary:
        """A boundary out of a form, with the id that stands (`bad-boundary`, `boundary-refused`)."""
        o = self._o
        old = o.standing.get("boundary", owner, Boundary)
        id_ = old.id if old else new_id("bdy", o.dice)
        form = _object(raw, "bad-boundary")
        made: Boundary = _convert({**form, "id": id_, "customer": owner}, Boundary, "bad-boundary")
        wrong = problems(made, self._book, o.clock.now().date())
        if wrong:
            raise malformed("boundary-refused", problems=tuple(one.code for one in wrong))
        return made

    def _view(
        self, row: Location, boundary: Boundary | None, owner: Customer, data_class: str, sees_stores: bool
    ) -> PlaceView:
        o = self._o
        reasons: tuple[str, ...] = ("no-boundary",)
        if boundary is not None:
            verdict = judge(
                boundary,
                (row,),
                data_class,
                self._book,
                on=o.clock.now().date(),
                is_demo_house=o.is_demo,
            )
            reasons = tuple(one.code for one in verdict.reasons)
        store = o.standing.get("store", row.id, StoreAt)
        operator = o.standing.get("organisation", row.operator or "", Organisation)
        return PlaceView(
            id=row.id,
            name=row.name,
            country=row.country or "",
            operator=operator.name if operator else "",
            operator_id=operator.id if operator else "",
            jurisdictions=row.jurisdictions,
            inside=not reasons,
            reasons=reasons,
            buckets=sum(
                row.id in bucket.locations and bucket.state == "open"
                for bucket in o.standing.all_of("bucket", Bucket, owner.id)
            ),
            store=store.uri if store and sees_stores else "",
            generation=o.standing.expect("location", row.id).generation,
        )

    def _customers_at(self, location: str) -> tuple[Customer, ...]:
        """Whose open buckets lie there: they are told."""
        o = self._o
        ids = {row.customer for row in o.standing.all_of("bucket", Bucket) if location in row.locations}
        rows = (o.standing.get("customer", id_, Customer) for id_ in sorted(ids))
        return tuple(row for row in rows if row is not None)


def _buckets(o: Opened, owner: Customer) -> list[Bucket]:
    return [row for row in o.standing.all_of("bucket", Bucket, owner.id) if row.state == "open"]


def _lying(o: Opened, owner: Customer, counted: Portion) -> dict[str, Stored]:
    """What is to lie in each location, of all buckets that have it: every one of them holds every byte."""
    found: dict[str, Stored] = {}
    for bucket in _buckets(o, owner):
        held = counted.buckets.get(bucket.id, Stored())
        for location in bucket.locations:
            there = found.setdefault(location, Stored())
            there.objects += held.objects
            there.bytes_stored += held.bytes_stored
    return found


def _missing(o: Opened, owner: Customer, reads: Reads) -> dict[str, int]:
    """Copies that are not where they are to lie, or are bad there."""
    found: dict[str, int] = {}
    for bucket in _buckets(o, owner):
        for location, _, count in reads.objects.copies_wanting(bucket.id):
            found[location] = found.get(location, 0) + count
    return found


def _object(raw: bytes, code: str) -> dict[str, Plain]:
    try:
        plain = canonical.decode(raw) if len(raw) <= DOCUMENT_BYTES_MAX else None
    except Refusal as refusal:
        raise malformed(code) from refusal
    if not isinstance(plain, dict) or {"id", "customer"} & set(plain):
        raise malformed(code)
    return plain


def _convert(plain: dict[str, Plain], kind: type[Any], code: str) -> Any:  # noqa: ANN401
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise malformed(code) from error


def _check_location(made: Location, store: str, *, is_demo_house: bool) -> None:
    texts = (made.name, made.country or "-", made.operator or "-", *made.jurisdictions)
    fits = (
        all(0 < len(text) <= TEXT_CHARACTERS_MAX and text.isprintable() for text in texts)
        and len(made.jurisdictions) <= JURISDICTIONS_MAX
        and is_id("loc", made.id)
        and 0 < len(store) <= URI_CHARACTERS_MAX
        and "://" in store
        and store.isprintable()
        and (is_demo_house or not made.is_demo)
    )
    if not fits or "@" in store:  # a secret in a URI would be a secret in a row
        raise malformed("bad-location")
