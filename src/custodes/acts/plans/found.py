"""What stands, as the answers of asks say it to this asker; what he may not know is None."""

from collections.abc import Callable

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.house import House, LookHouse
from custodes.acts.asks.keys import Keys, KeyView, LookKeys
from custodes.acts.asks.objects import Buckets, BucketView, LookBuckets
from custodes.acts.asks.parties import (
    CustomerView,
    LookCustomer,
    LookOrganisations,
    LookParties,
    Me,
    Organisations,
    OrganisationView,
    Parties,
    PartyView,
    WhoAmI,
)
from custodes.acts.asks.rules import (
    LookPlaces,
    LookPolicy,
    LookWitnessPolicy,
    Places,
    PlaceView,
    PolicyView,
    WitnessPolicySet,
)

from .talking import Talk, asked, maybe


class FoundCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """One customer with everything of his that the asker may see."""

    view: CustomerView
    places: Places | None
    policy: PolicyView | None
    keys: Keys | None
    buckets: Buckets | None
    parties: Parties | None
    witnesses: WitnessPolicySet | None

    @property
    def applications(self) -> tuple[PartyView, ...]:
        """His software, by name."""
        rows = self.parties.parties if self.parties else ()
        return tuple(
            one for one in rows if one.kind == "application" and one.organisation == self.view.organisation
        )

    @property
    def live_keys(self) -> tuple[KeyView, ...]:
        """His keys, without those destroyed."""
        return tuple(one for one in (self.keys.keys if self.keys else ()) if one.state != "destroyed")

    @property
    def all_buckets(self) -> tuple[BucketView, ...]:
        """His buckets."""
        return self.buckets.buckets if self.buckets else ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The house as one asker sees it."""

    me: Me
    house: House
    organisations: Organisations | None
    customers: tuple[FoundCustomer, ...]
    places: Places | None

    def organisation(self, id_: str) -> OrganisationView | None:
        """An organisation by its id."""
        rows = self.organisations.organisations if self.organisations else ()
        return next((one for one in rows if one.id == id_), None)

    @property
    def locations(self) -> tuple[PlaceView, ...]:
        """Every place, by name."""
        return self.places.places if self.places else ()


def gather(evidence: Evidence, wants: Callable[[str, str], bool]) -> Talk[Found]:
    """Look at what stands; of customers only at those (id, name) that `wants` names."""
    me = yield from asked(WhoAmI(evidence))
    house = yield from asked(LookHouse())
    organisations = yield from maybe(LookOrganisations(evidence))
    customers = []
    for id_, name in me.customers:
        if id_ == house.id or not wants(id_, name):
            continue
        one = yield from _customer(evidence, id_)
        if one is not None:
            customers.append(one)
    places = next((one.places for one in customers if one.places is not None), None)
    if (
        places is None
    ):  # the house is its own customer, and every customer: it shows the places to the trustee
        places = yield from maybe(LookPlaces(evidence, house.id))
    return Found(me=me, house=house, organisations=organisations, customers=tuple(customers), places=places)


def _customer(evidence: Evidence, id_: str) -> Talk[FoundCustomer | None]:
    view = yield from maybe(LookCustomer(evidence, id_))
    if view is None:
        return None
    places = yield from maybe(LookPlaces(evidence, id_))
    policy = yield from maybe(LookPolicy(evidence, id_))
    keys = yield from maybe(LookKeys(evidence, id_))
    buckets = yield from maybe(LookBuckets(evidence, id_))
    parties = yield from maybe(LookParties(evidence, id_))
    witnesses = yield from maybe(LookWitnessPolicy(evidence, id_))
    return FoundCustomer(
        view=view,
        places=places,
        policy=policy,
        keys=keys,
        buckets=buckets,
        parties=parties,
        witnesses=witnesses,
    )
