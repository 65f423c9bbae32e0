"""A small world round the desks of access: a town, its trustee, a supplier, and people with real keys."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.desks.access import AccessCase, Facts, Mint, opening
from custodes.desks.engine import Desk, Refused, Step, Taken
from custodes.desks.forms import Approve, Ask, Because, Form, Review
from custodes.desks.grant import Approval, FileSignature, Who, approval_digest, grant_hash, verify
from custodes.desks.lockbox import LOCKBOX
from custodes.desks.rules import rules_at
from custodes.kernel.actor import CLOCK, Actor, ActorKind
from custodes.kernel.canonical import b64
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.roles import PartyKind
from custodes.parties.rows import (
    Credential,
    CredentialKind,
    CredentialState,
    Membership,
    Organisation,
    Person,
    directory,
)
from custodes.parties.signature import RelyingParty, to_sign
from fakes import SeededDice

START = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
EVERYTHING = frozenset(
    f"lockbox:{verb}" for verb in ("request", "approve", "deny", "return", "revoke", "review")
)
HOUSE = Actor(kind=ActorKind.PROCESS, credential="keyroom", how="local")


@cache
def an_id(noun, name):
    seed = int.from_bytes(hashlib.sha256(f"{noun}/{name}".encode()).digest()[:8], "big")
    return new_id(noun, SeededDice(seed))


@dataclass(frozen=True, repr=False)
class Somebody:
    """A person with an account and a file key; who shares a `mail` is the same human being."""

    name: str
    organisation: str
    mail: str = ""
    also: tuple = ()  # further organisations the same person id acts for
    roles: tuple = ("approver",)

    def __repr__(self):
        return self.name

    @property
    def person(self):
        return an_id("per", self.name)

    @property
    def credential(self):
        return an_id("crd", self.name)

    @property
    def key(self):
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.name.encode()).digest())

    @property
    def public(self):
        return self.key.public_key().public_bytes_raw()

    @property
    def who(self):
        return Who(
            credential=self.credential, organisation=an_id("org", self.organisation), person=self.person
        )

    @property
    def actor(self):
        return self.acting_for(self.organisation)

    def acting_for(self, organisation):
        return Actor(
            kind=ActorKind.PERSON,
            credential=self.credential,
            organisation=an_id("org", organisation),
            person=self.person,
            how="file-key",
        )


ANNA = Somebody("anna", "town")
ALBERT = Somebody("albert", "town")
ARNO = Somebody("arno", "town")
BERTA = Somebody("berta", "trustee")
BRUNO = Somebody("bruno", "trustee")
BEATE = Somebody("beate", "trustee")
EMIL = Somebody("emil", "supplier", mail="emil@supplier.example", roles=("engineer",))
EVA = Somebody("eva", "supplier", roles=("engineer",))
EMIL_AT_TOWN = Somebody("emil-town", "town", mail="Emil@supplier.example")  # the same human again
ZOE = Somebody("zoe", "town", mail="zoe@both.example")  # a seat in both organisations,
ZOE_AT_TRUSTEE = Somebody("zoe-trustee", "trustee", mail="zoe@both.example")  # and a key for each
MALLORY = Somebody("mallory", "stranger")
ALL = (ANNA, ALBERT, ARNO, BERTA, BRUNO, BEATE, EMIL, EVA, EMIL_AT_TOWN, ZOE, ZOE_AT_TRUSTEE, MALLORY)
KINDS = {"town": "customer", "trustee": "trustee", "supplier": "supplier", "stranger": "customer"}
SITE = RelyingParty(id="localhost", origins=("http://localhost:8443",))


@cache
def the_directory(revoked=(), groups=()):
    """`revoked` names people whose key is revoked; `groups` maps organisations to controlling groups."""
    long_ago = "2026-01-01T00:00:00Z"
    rows = [
        Organisation(
            id=an_id("org", name),
            name=name,
            kind=PartyKind(kind),
            controlling_group=dict(groups).get(name, name),
            country="DE",
            root_key=b64(hashlib.sha256(name.encode()).digest()),
            enrolled_at=long_ago,
        )
        for name, kind in KINDS.items()
    ]
    for one in ALL:
        rows.append(
            Person(id=one.person, name=one.name, mail=one.mail or None, is_mail_verified=bool(one.mail))
        )
        rows += [
            Membership(
                id=an_id("mem", f"{one.name}/{organisation}"),
                person=one.person,
                organisation=an_id("org", organisation),
                roles=one.roles,
                since=long_ago,
            )
            for organisation in (one.organisation, *one.also)
        ]
        rows.append(
            Credential(
                id=one.credential,
                kind=CredentialKind.FILE_KEY,
                organisation=an_id("org", one.organisation),
                person=one.person,
                public=b64(one.public),
                state=CredentialState.REVOKED if one.name in revoked else CredentialState.ACTIVE,
                created_at=long_ago,
            )
        )
    return directory(1, rows)


def the_rules(now=START, **changes):
    return rules_at(
        the_directory(**changes),
        SITE,
        now,
        customer_organisation=an_id("org", "town"),
        trustee_organisation=an_id("org", "trustee"),
    )


def facts(now=START, **changes):
    mint = Mint(
        house=an_id("hse", "house"),
        grant=an_id("grt", "grant"),
        policy_hash=b"\x11" * 32,
        origins=("log.example/exceptional",),
        nonce=b"\x22" * 16,
    )
    values = {
        "customer_organisation": an_id("org", "town"),
        "trustee_organisation": an_id("org", "trustee"),
        "rules": the_rules(now),
        "mint": mint,
        "beneficiary": EVA.who,
    }
    return Facts(**{**values, **changes})


def ask_form(**changes):
    values = {
        "beneficiary": EVA.credential,
        "resources": (f"{an_id('bkt', 'files')}/{an_id('ver', 'letter')}",),
        "actions": ("object:read",),
        "purpose": "support",
        "reason": "The letter cannot be opened.",
        "ticket": "T-4711",
        "bytes_max": 1_000_000,
    }
    return Ask(**{**values, **changes})


@dataclass
class Play:
    """One case played move by move; `say` keeps the last answer."""

    case: AccessCase
    now: datetime = START
    facts: dict = field(default_factory=dict)
    people: dict = field(default_factory=dict)
    desk: Desk = LOCKBOX
    said: list = field(default_factory=list)
    allowed: frozenset = EVERYTHING

    def step(self, actor, form):
        rules = the_rules(self.now, **self.people)
        found = facts(self.now, **{"rules": rules, **self.facts})
        return Step(case=self.case, actor=actor, form=form, now=self.now, facts=found, allowed=self.allowed)

    def take(self, actor, verb, form=None):
        answer = self.desk.take(self.step(actor, form or Form()), verb)
        if isinstance(answer, Taken):
            self.case = answer.case
            self.said += answer.intents
            return ()
        assert isinstance(answer, Refused)
        assert answer.reasons
        return answer.reasons

    def forward(self, **by):
        self.now += timedelta(**by)

    @property
    def document(self):
        return self.case.body.document

    def verdict(self, now=None):
        """The grant as the keyroom judges it at a use: from document and approvals alone."""
        now = now or self.now
        return verify(self.document, self.case.body.approvals, the_rules(now, **self.people), now)

    def ask(self, somebody=EMIL, **changes):
        return self.take(somebody.actor, "ask", ask_form(**changes))

    def approve(self, somebody, organisation=None, **changes):
        organisation = organisation or somebody.organisation
        form = approval_form(self.document, somebody, self.now, organisation)
        return self.take(somebody.acting_for(organisation), "approve", replaced(form, **changes))

    def clock(self):
        due = self.desk.due(self.case)
        return self.take(CLOCK, due.verb) if due else ("nothing",)

    def clock_until(self, until):
        """Let time pass and take every move of the clock on the way."""
        while (due := self.desk.due(self.case)) is not None and due.at <= until:
            self.now = max(self.now, due.at)
            assert self.take(CLOCK, due.verb) == ()
        self.now = max(self.now, until)


def begin(desk=LOCKBOX, name="case", **changes):
    case = opening(desk.name, an_id("cas", name), an_id("cus", "town"), START)
    return Play(case=case, desk=desk, **changes)


def granted():
    play = begin()
    assert play.ask() == ()
    play.forward(minutes=10)
    assert play.approve(ANNA) == ()
    play.forward(minutes=10)
    assert play.approve(BERTA) == ()
    assert play.case.state == "granted"
    return play


def signed(document, somebody, at, organisation=None, **changes):
    """An approval with a true signature over what it says (after `changes`)."""
    blank = Approval(
        grant_hash=grant_hash(document),
        person=somebody.person,
        organisation=an_id("org", organisation or somebody.organisation),
        credential=somebody.credential,
        key_hash=hashlib.sha256(somebody.public).digest(),
        approved_at=at.replace(microsecond=0),
        signature=FileSignature(signature=b""),
    )
    return sign(replaced(blank, **changes), somebody)


def sign(approval, somebody):
    """The approval with somebody's signature over what it says."""
    signature = somebody.key.sign(to_sign(approval_digest(approval)))
    return replaced(approval, signature=FileSignature(signature=signature))


def approval_form(document, somebody, at, organisation=None):
    approval = signed(document, somebody, at, organisation)
    return Approve(
        grant_hash=b64(approval.grant_hash),
        credential=approval.credential,
        key_hash=b64(approval.key_hash),
        approved_at=to_text(approval.approved_at),
        signature=b64(approval.signature.signature),
    )


def because(text="It is not needed."):
    return Because(reason=text)


def review(text="Only the letter was read."):
    return Review(finding="as-asked", reason=text)


def replaced(value, **changes):
    return msgspec.structs.replace(value, **changes)
