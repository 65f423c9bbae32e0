"""Places where bytes can lie, and boundaries."""

from custodes.acts.asks.parties import Enrolled
from custodes.acts.asks.rules import LookPlaces, Places, SetBoundary, SetLocation

from .asking import Row

_WHO = ("forbidden", "not-authenticated")
_SIGNED = ("malformed-signature", "signature-refused", "signature-stale")
ROWS = (
    Row(
        method="GET",
        path="/v1/customers/{customer}/places",
        name="list-places",
        action="boundary:read",
        ask=LookPlaces,
        gives=Places,
        summary="A customer's boundary, and every place judged by it for a class of data",
        documents=("boundary",),
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="PUT",
        path="/v1/customers/{customer}/boundary",
        name="set-boundary",
        action="boundary:change",
        ask=SetBoundary,
        gives=Enrolled,
        summary="Where a customer's data may lie; a signed act",
        documents=("boundary",),
        refusals=(*_WHO, *_SIGNED, "bad-boundary", "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/locations",
        name="set-location",
        action="location:change",
        ask=SetLocation,
        gives=Enrolled,
        summary="A place: country, operator, who controls the operator, and its store",
        documents=("location",),
        refusals=(*_WHO, "bad-location", "changed-meanwhile", "name-taken"),
    ),
)
