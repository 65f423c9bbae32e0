"""Preservations: the desk's moves, and what is opened to a customer when a duty of silence has ended."""

from custodes.acts.asks.preserving.cases import (
    Disclosed,
    LookDisclosed,
    LookPreservation,
    LookPreservations,
    MovePreservation,
    OpenPreservation,
    Preservations,
    PreservationView,
)
from custodes.web.api.asking import Row

_WHO = ("forbidden", "no-such-thing", "not-authenticated")
ROWS = (
    Row(
        method="GET",
        path="/v1/preservations",
        name="list-preservations",
        action="preservation:read",
        ask=LookPreservations,
        gives=Preservations,
        summary="Legal preservations the asker may know of, newest first",
        refusals=_WHO,
    ),
    Row(
        method="POST",
        path="/v1/preservations",
        name="open-preservation",
        action="preservation:request",
        ask=OpenPreservation,
        gives=PreservationView,
        summary="Ask for a preservation under an order (form `Preserve`); the trustee's people only",
        documents=("form",),
        refusals=(*_WHO, "bad-form", "move-closed", "veil-full"),
    ),
    Row(
        method="GET",
        path="/v1/preservations/{case}",
        name="get-preservation",
        action="preservation:read",
        ask=LookPreservation,
        gives=PreservationView,
        summary="A preservation: order, what is preserved and pending, open moves, what one would sign",
        refusals=_WHO,
    ),
    Row(
        method="POST",
        path="/v1/preservations/{case}/{verb}",
        name="move-preservation",
        action="preservation:read",
        ask=MovePreservation,
        gives=PreservationView,
        summary="Take a move on the version one saw; an approval's signature stands in its form",
        documents=("form",),
        refusals=(*_WHO, "bad-form", "changed-meanwhile", "move-closed", "veil-full"),
    ),
    Row(
        method="GET",
        path="/v1/customers/{customer}/disclosed",
        name="list-disclosed",
        action="preservation:read",
        ask=LookDisclosed,
        gives=Disclosed,
        summary="What a duty of silence hid from a customer and hides no more, with proof from his veils",
        refusals=_WHO,
    ),
)
