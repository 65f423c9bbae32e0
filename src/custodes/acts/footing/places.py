"""Where a bucket's bytes lie, judged: every replica, against the customer's boundary and the law's floor.

The verdict is taken again for every write; the rows it rested on are expects of the act, so that a boundary
changed between decision and commit fails the act.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from custodes.acts.asks.objects import Store
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.footing.standing import Standing
from custodes.acts.writing.act import Generation
from custodes.boundary.judge import Outside, judge
from custodes.boundary.places import Boundary, Location
from custodes.kernel.clock import Clock
from custodes.kernel.refusal import Refusal, denied, malformed
from custodes.law import book
from custodes.policy.question import Place

KEPT_MAX = 4_096
DATA_CLASS_DEFAULT = "personal"  # the strictest floor that fits anybody's data


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on some locations: reasons why not, the stores there, who runs them, and its footing."""

    is_inside: bool
    reasons: tuple[str, ...]
    place: Place
    stores: tuple[Store, ...]
    providers: tuple[str, ...]
    expects: tuple[Generation, ...]

    def refusal(self) -> Refusal:
        """`outside-boundary` (denied), with every reason."""
        return denied("outside-boundary", reasons=self.reasons)


class Places:
    """Judges locations by what stands and by the law's tables of this version."""

    def __init__(self, standing: Standing, clock: Clock, *, is_demo: bool) -> None:
        self._standing = standing
        self._clock = clock
        self._is_demo = is_demo
        self._law = book.shipped()
        self._kept: dict[tuple[str, tuple[str, ...], str], Judged] = {}
        self._kept_at: tuple[date | None, int] = (None, -1)
        self._run_by: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._stores: dict[tuple[str, ...], tuple[Store, ...]] = {}
        self._known_at = -1  # what stood when these two were looked up

    def judged(self, customer: str, locations: Sequence[str], data_class: str) -> Judged:
        """Judge every one of these locations for data of this class. It follows from what stands, and the
        day.
        """
        today, seq = self._clock.now().date(), self._standing.seq
        if self._kept_at != (today, seq) or len(self._kept) >= KEPT_MAX:
            self._kept.clear()
            self._kept_at = (today, seq)
        at = (customer, tuple(locations), data_class)
        kept = self._kept.get(at)
        if kept is None:
            kept = self._kept[at] = self._judged(customer, locations, data_class, today)
        return kept

    def _judged(self, customer: str, locations: Sequence[str], data_class: str, on: date) -> Judged:
        standing = self._standing
        boundary = standing.get("boundary", customer, Boundary)  # its row's id is the customer's
        expects = [standing.expect("boundary", customer)]
        found: list[Location] = []
        reasons: list[Outside] = []
        for id_ in locations:
            expects += [standing.expect("location", id_), standing.expect("store", id_)]
            location = standing.get("location", id_, Location)
            if location is None or standing.get("store", id_, StoreAt) is None:
                reasons.append(Outside(code="location-unknown", location=id_))
            else:
                found.append(location)
        areas: tuple[str, ...] = ()
        if boundary is None:
            reasons.append(Outside(code="no-boundary"))
        else:
            verdict = judge(boundary, found, data_class, self._law, on=on, is_demo_house=self._is_demo)
            reasons += verdict.reasons
            areas = verdict.areas
        return Judged(
            is_inside=not reasons,
            reasons=tuple(dict.fromkeys(_said(reason) for reason in reasons)),
            place=Place(is_inside=not reasons, areas=areas),
            stores=self.stores(locations),
            providers=tuple(dict.fromkeys(place.operator for place in found if place.operator)),
            expects=tuple(expects),
        )

    def stores(self, locations: Sequence[str]) -> tuple[Store, ...]:
        """The stores of these locations, as far as they are known."""
        self._look_again()
        at = tuple(locations)
        kept = self._stores.get(at)
        if kept is None:
            rows = (self._standing.get("store", id_, StoreAt) for id_ in at)
            kept = self._stores[at] = tuple(Store(row.location, row.uri) for row in rows if row is not None)
        return kept

    def providers(self, locations: Sequence[str]) -> tuple[str, ...]:
        """Who runs these locations: a kill against a provider stops what lies with him."""
        self._look_again()
        at = tuple(locations)
        kept = self._run_by.get(at)
        if kept is None:
            rows = (self._standing.get("location", id_, Location) for id_ in at)
            names = dict.fromkeys(row.operator for row in rows if row is not None and row.operator)
            kept = self._run_by[at] = tuple(names)
        return kept

    def _look_again(self) -> None:
        """Stores and operators follow from what stands, and are looked up once while nothing changes."""
        if self._known_at != self._standing.seq or len(self._run_by) + len(self._stores) >= KEPT_MAX:
            self._run_by.clear()
            self._stores.clear()
            self._known_at = self._standing.seq

    def chosen(self, customer: str, asked: Sequence[str], data_class: str) -> tuple[str, ...]:
        """Location ids for a new bucket: those asked for by id or name, else the first one inside.

        `location-invalid` (malformed) for a name nobody has.
        """
        rows = list(self._standing.all_of("location", Location))
        if not asked:
            inside = (row.id for row in rows if self.judged(customer, (row.id,), data_class).is_inside)
            first = next(inside, None)
            return () if first is None else (first,)
        known = {row.id: row.id for row in rows} | {row.name: row.id for row in rows}
        if any(one not in known for one in asked):
            raise malformed("location-invalid")
        return tuple(dict.fromkeys(known[one] for one in asked))

    def data_class(self, customer: str, asked: str) -> str:
        """The class asked for, else the first one the customer's boundary names, else personal data."""
        if asked:
            return asked
        boundary = self._standing.get("boundary", customer, Boundary)
        named = boundary.data_classes if boundary is not None else ()
        return named[0] if named else DATA_CLASS_DEFAULT


def _said(reason: Outside) -> str:
    return ":".join(part for part in (reason.code, reason.location, reason.what) if part)
