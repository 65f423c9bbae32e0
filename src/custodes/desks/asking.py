"""From a filled-in form to the grant document that everybody signs; the same for both desks of access."""

from datetime import datetime, timedelta

import msgspec

from custodes.kernel import canonical, clock
from custodes.kernel.limits import REQUEST_DAYS_MAX
from custodes.kernel.refusal import Refusal

from .access import AccessStep, who
from .engine import guard
from .forms import GRANT_PURPOSES, GRANTABLE_ACTIONS, Ask, Call
from .grant import BREAK_GLASS, LOCKBOX, Document, KeyFor, ObjectVersion, Resource, WholeKey

EMERGENCY = "emergency"
BEGINS_WITHIN = {LOCKBOX: timedelta(days=REQUEST_DAYS_MAX), BREAK_GLASS: timedelta(hours=1)}


def new_document(step: AccessStep) -> Document:
    """The document this request asks for; ValueError or `bad-time` when its parts do not fit together.

    Nothing is taken from the form that the office has not looked up: the beneficiary's organisation and
    person come from the directory. It begins within `BEGINS_WITHIN` of the asking, or never.
    """
    form: Call = step.form
    mint, beneficiary = step.facts.mint, step.facts.beneficiary
    if mint is None or beneficiary is None or beneficiary.credential != form.beneficiary:
        raise ValueError("the office has not looked up what the form names")
    asked_at = step.now.replace(microsecond=0)
    window = timedelta(hours=form.hours)
    return Document(
        desk=step.case.desk,
        house=mint.house,
        grant=mint.grant,
        case=step.case.id,
        customer=step.case.customer,
        asker=who(step.actor),
        beneficiary=beneficiary,
        resources=_resources(form.resources),
        actions=tuple(sorted(set(form.actions))),
        purpose=form.purpose if isinstance(form, Ask) else EMERGENCY,
        reason=form.reason,
        ticket=form.ticket,
        asked_at=asked_at,
        not_before=_begin(form, asked_at),
        window_s=form.hours * 3600,
        lapses_at=asked_at + BEGINS_WITHIN[step.case.desk] + window,
        uses_max=form.uses,
        bytes_max=form.bytes_max,
        policy_hash=mint.policy_hash,
        origins=mint.origins,
        nonce=mint.nonce,
    )


@guard("beneficiary-unknown", reads_form=True)
def is_beneficiary_known(step: AccessStep) -> str | None:
    """The credential named is enrolled, and the office found it."""
    found = step.facts.beneficiary
    return None if found is not None and found.credential == step.form.beneficiary else "beneficiary-unknown"


@guard("action-not-grantable", reads_form=True)
def is_an_action_to_grant(step: AccessStep) -> str | None:
    """A grant is for reading, never for changing or deleting."""
    return None if set(step.form.actions) <= set(GRANTABLE_ACTIONS) else "action-not-grantable"


@guard("purpose-not-exceptional", reads_form=True)
def is_exceptional(step: AccessStep) -> str | None:
    """Regular operation needs no grant; an order has its own desk and may not come this way (promise 6)."""
    return None if step.form.purpose in GRANT_PURPOSES else "purpose-not-exceptional"


@guard("bad-request", reads_form=True)
def is_valid_document(step: AccessStep) -> str | None:
    """The parts make a document; a missing beneficiary has its own reason."""
    if step.facts.beneficiary is None:
        return None
    try:
        new_document(step)
    except (ValueError, Refusal):
        return "bad-request"
    return None


def _begin(form: Call, asked_at: datetime) -> datetime:
    if isinstance(form, Ask) and form.not_before:
        return max(asked_at, clock.from_text(form.not_before))
    return asked_at


def _resources(texts: tuple[str, ...]) -> tuple[Resource, ...]:
    found: list[Resource] = []
    for text in set(texts):
        found.append(_resource(text))
    return tuple(sorted(found, key=lambda one: canonical.encode(msgspec.to_builtins(one))))


def _resource(text: str) -> Resource:
    """`bkt-.../ver-...`, `key-...`, or `key-... mail:ada@town.example`: for one whom a cloud names."""
    key, is_claimed, said = text.partition(" ")
    if is_claimed:
        claim, _, value = said.strip().partition(":")
        value = value.strip().lower() if claim == "mail" else value.strip()
        return KeyFor(key=key, claim=claim, value=value)
    bucket, is_object, version = text.partition("/")
    return ObjectVersion(bucket=bucket, version=version) if is_object else WholeKey(key=text)
