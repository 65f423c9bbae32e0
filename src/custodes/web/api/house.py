"""The installation itself: its state, kill and lift."""

import msgspec

from custodes.acts.asks.buckets.leftovers import LookStrays, PlanStrays, RemoveStrays, Strays, StraysPlan
from custodes.acts.asks.house import (
    ClockShown,
    ConfirmClock,
    House,
    Kill,
    Killed,
    KillPreview,
    Kills,
    KillScope,
    Lift,
    Lifted,
    LookClock,
    LookHouse,
    LookKills,
    PreviewKill,
)
from custodes.acts.asks.running.findings import Findings, LookFindings
from custodes.acts.asks.running.turning import LookShards, PruneShard, ShardList
from custodes.acts.asks.unsealing import CancelUnseal, GiveShare, LookUnseal, UnsealView
from custodes.web.kit.call import Call

from .asking import Row

_WHO = ("forbidden", "not-authenticated")
_SIGNED_BY_TWO = ("asker-did-not-sign", "signature-refused", "signatures-too-few", "too-many-signatures")
_SHARE = ("attempt-over", "share-stranger", "shares-open-nothing")
SHARE_BYTES_MAX = 8_192
_KILL = (*_WHO, "bad-target", "no-such-thing")


class KillTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`scope`: `house`, `customer` or `provider`; `subject`: its id, empty for the house."""

    scope: str
    subject: str = ""


class KillForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A target and why; the reason is logged."""

    scope: str
    subject: str = ""
    reason: str


def _target(call: Call) -> dict[str, object]:
    given = call.query if call.query is not None else call.body
    return {"target": KillScope(given.scope, given.subject)}


ROWS = (
    Row(
        method="GET",
        path="/v1/installation",
        name="get-installation",
        action=None,
        ask=LookHouse,
        gives=House,
        summary="What anyone may know: name, id, whether it is sealed, log origin, receipt key, grade",
    ),
    Row(
        method="GET",
        path="/v1/kills/preview",
        name="preview-kill",
        action="kill:pull",
        ask=PreviewKill,
        gives=KillPreview,
        summary="Who would stand still",
        fixed={"target": KillScope("")},
        form=KillTarget,
        make=_target,
        refusals=_KILL,
    ),
    Row(
        method="POST",
        path="/v1/kills",
        name="kill",
        action="kill:pull",
        ask=Kill,
        gives=Killed,
        summary="Stop every key use of a customer, a provider or the installation; one person suffices",
        fixed={"target": KillScope("")},
        form=KillForm,
        make=_target,
        refusals=(*_KILL, "reason-too-long"),
    ),
    Row(
        method="GET",
        path="/v1/kills",
        name="list-kills",
        action="customer:read",
        ask=LookKills,
        gives=Kills,
        summary="Kills that stand, with the document that has to be signed to lift each",
        refusals=(*_WHO, "no-such-thing", "trustee-only"),
    ),
    Row(
        method="POST",
        path="/v1/kills/{kill}/lift",
        name="lift-kill",
        action="kill:lift",
        ask=Lift,
        gives=Lifted,
        summary="Lift a kill by the signatures of two persons of two controlling groups",
        refusals=(*_WHO, "bad-signature-form", "no-such-thing", "quorum-not-met", "signature-refused"),
    ),
    Row(
        method="GET",
        path="/v1/unseal",
        name="get-unseal",
        action=None,
        ask=LookUnseal,
        gives=UnsealView,
        summary="How far unsealing by shares is, and the key to which a share is sealed",
    ),
    Row(
        method="POST",
        path="/v1/unseal/shares",
        name="give-share",
        action=None,
        ask=GiveShare,
        gives=UnsealView,
        summary="A custodian's share, sealed to the attempt and signed with his file key",
        refusals=(*_SHARE, "share-given", "share-older", "share-tries-many", "share-wrong", "journal-gone"),
        body_bytes_max=SHARE_BYTES_MAX,
    ),
    Row(
        method="POST",
        path="/v1/unseal/cancel",
        name="cancel-unseal",
        action=None,
        ask=CancelUnseal,
        gives=UnsealView,
        summary="End the attempt, signed by a custodian: every share given is forgotten",
        refusals=(*_SHARE, "journal-gone"),
        body_bytes_max=SHARE_BYTES_MAX,
    ),
    Row(
        method="GET",
        path="/v1/installation/findings",
        name="get-findings",
        action="house:read",
        ask=LookFindings,
        gives=Findings,
        summary="The state of the installation: each thing looked at, ok, warning, wrong or unknown, and why",
        refusals=_WHO,
    ),
    Row(
        method="GET",
        path="/v1/installation/years",
        name="get-years",
        action="house:read",
        ask=LookShards,
        gives=ShardList,
        summary="The log's years: each shard with its last head, and when the next one opens",
        refusals=_WHO,
    ),
    Row(
        method="POST",
        path="/v1/installation/years/prune",
        name="prune-year",
        action="kill:lift-house",
        ask=PruneShard,
        gives=ShardList,
        summary="Destroy the tree of a closed year, signed by two organisations; its last head stays",
        refusals=(*_WHO, *_SIGNED_BY_TWO, "no-such-thing", "older-shard-first", "shard-needed"),
    ),
    Row(
        method="GET",
        path="/v1/installation/strays",
        name="list-strays",
        action="house:read",
        ask=LookStrays,
        gives=Strays,
        summary="What lies in the stores and belongs to nothing: counts, and one location's blobs",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/installation/strays/plan",
        name="plan-strays",
        action="house:read",
        ask=PlanStrays,
        gives=StraysPlan,
        summary="What would be removed of it, with the document two organisations sign; changes nothing",
        refusals=(*_WHO, "bad-days", "location-is-a-source", "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/installation/strays/remove",
        name="remove-strays",
        action="kill:lift-house",
        ask=RemoveStrays,
        gives=Strays,
        summary="Have exactly what was planned removed, signed by two organisations",
        refusals=(
            *_WHO,
            *_SIGNED_BY_TWO,
            "bad-days",
            "location-is-a-source",
            "no-such-thing",
            "nothing-to-remove",
            "strays-changed",
        ),
    ),
    Row(
        method="GET",
        path="/v1/installation/clock",
        name="get-clock",
        action="clock:read",
        ask=LookClock,
        gives=ClockShown,
        summary="Whether the clock is believed, and a jump that waits for two officers with what they sign",
        refusals=_WHO,
    ),
    Row(
        method="POST",
        path="/v1/installation/clock/confirm",
        name="confirm-clock",
        action="clock:confirm",
        ask=ConfirmClock,
        gives=ClockShown,
        summary="Say that the time is right after a jump, by two persons of two controlling groups",
        refusals=(*_WHO, "bad-signature-form", "no-clock-jump", "quorum-not-met", "signature-refused"),
    ),
)
