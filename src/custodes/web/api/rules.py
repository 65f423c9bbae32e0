"""Rules of a customer: presets as forms, what stands, why a decision was as it was."""

import msgspec

from custodes.acts.asks.parties import Enrolled
from custodes.acts.asks.rules import (
    Explain,
    Explained,
    LookPolicy,
    LookSealAuditors,
    LookWitnessPolicy,
    PolicyView,
    ResetPolicy,
    SealAuditorsSet,
    SetPolicy,
    SetSealAuditors,
    SetWitnessPolicy,
    WitnessPolicySet,
)
from custodes.policy.presets import PRESETS
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .asking import Row

_WHO = ("forbidden", "not-authenticated")
_SIGNED = ("malformed-signature", "signature-refused", "signature-stale")
ROWS = (
    Row(
        method="GET",
        path="/v1/customers/{customer}/policy",
        name="get-policy",
        action="policy:read",
        ask=LookPolicy,
        gives=PolicyView,
        summary="The rules that stand, as choices of presets",
        documents=("choices",),
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="PUT",
        path="/v1/customers/{customer}/policy",
        name="set-policy",
        action="policy:change",
        ask=SetPolicy,
        gives=Enrolled,
        summary="Choose presets and fill them in; a signed act",
        documents=("choices",),
        refusals=(*_WHO, *_SIGNED, "bad-choices", "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/customers/{customer}/policy/reset",
        name="reset-policy",
        action="policy:reset",
        ask=ResetPolicy,
        gives=Enrolled,
        summary="The preset rules again; a signed act",
        refusals=(*_WHO, *_SIGNED, "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/customers/{customer}/witnesses",
        name="get-witness-policy",
        action="policy:read",
        ask=LookWitnessPolicy,
        gives=WitnessPolicySet,
        summary="Whose cosignatures are asked for: the customer's tlog-policy and the installation's",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="PUT",
        path="/v1/customers/{customer}/witnesses",
        name="set-witness-policy",
        action="policy:change",
        ask=SetWitnessPolicy,
        gives=WitnessPolicySet,
        summary="Ask for other cosignatures besides (tlog-policy); a signed act",
        refusals=(*_WHO, *_SIGNED, "bad-policy", "no-such-thing", "quorum-not-met", "witness-policy-refused"),
    ),
    Row(
        method="GET",
        path="/v1/seal-auditors",
        name="get-seal-auditors",
        action="policy:read",
        ask=LookSealAuditors,
        gives=SealAuditorsSet,
        summary="Who can open veils together, and how many of them it takes",
        refusals=("not-authenticated",),
    ),
    Row(
        method="PUT",
        path="/v1/seal-auditors",
        name="set-seal-auditors",
        action="witnesses:change",
        ask=SetSealAuditors,
        gives=SealAuditorsSet,
        summary="Set the seal auditors by signatures of two persons of two controlling groups",
        refusals=(*_WHO, "bad-seal-auditors", "bad-signature-form", "quorum-not-met", "signature-refused"),
    ),
    Row(
        method="GET",
        path="/v1/explain",
        name="explain",
        action="policy:read",
        ask=Explain,
        gives=Explained,
        summary="Which rule said no, why, and who can change it",
        documents=("document",),
        refusals=(*_WHO, "bad-question", "no-such-thing"),
    ),
)


class PresetPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to fill in: `kind` is `texts`, `weekdays`, `from-minute` or `to-minute`."""

    name: str
    kind: str
    german: str
    english: str


class PresetForm(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as a form; `is_default`: a new customer starts with it."""

    name: str
    german: str
    english: str
    is_default: bool
    places: tuple[PresetPlace, ...]


class PresetForms(msgspec.Struct, frozen=True, kw_only=True):
    """All forms."""

    presets: tuple[PresetForm, ...]


FORMS = PresetForms(
    presets=tuple(
        PresetForm(
            name=one.name,
            german=one.german,
            english=one.english,
            is_default=one.is_default,
            places=tuple(
                PresetPlace(name=place.name, kind=place.kind, german=place.german, english=place.english)
                for place in one.places
            ),
        )
        for one in PRESETS.values()
    )
)


async def presets(_call: Call) -> Reply:
    """The forms; they are the same in every installation and no secret."""
    return Reply(gives=FORMS)


PRESETS_ENDPOINT = Endpoint(
    method="GET",
    path="/v1/presets",
    name="list-presets",
    action=None,
    does=presets,
    summary="Rules as forms: what can be chosen, and what each wants filled in",
    gives=PresetForms,
)
