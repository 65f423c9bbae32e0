"""A small world round the desks of access: a town, its trustee, a supplier, and people with real keys."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.desks.access import AccessCase, Facts, Mint
from custodes.desks.engine import Desk, Refused, Step, Taken
from custodes.desks.forms import Approve, Ask, Because, Form, Review
from custodes.desks.grant import Approval, Who, approval_digest, grant_hash
from custodes.desks.lockbox import LOCKBOX, opening
from custodes.kernel.actor import CLOCK, Actor, ActorKind
from custodes.kernel.canonical import b64
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from fakes import SeededDice

START = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
EVERYTHING = frozenset(
    f"lockbox:{verb}" for verb in ("request", "approve", "deny", "return", "revoke", "review")
)
HOUSE = Actor(kind=ActorKind.PROCESS, credential="keyroom", how="local")


def an_id(noun, name):
    seed = int.from_bytes(hashlib.sha256(f"{noun}/{name}".encode()).digest()[:8], "big")
    return new_id(noun, SeededDice(seed))


@dataclass(frozen=True)
class Somebody:
    """A person with an account: `human` is who it really is, `group` the controlling group acted for."""

    name: str
    organisation: str
    human: str = ""
    group: str = ""

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
    def who(self):
        return Who(
            credential=self.credential, organisation=an_id("org", self.organisation), person=self.person
        )

    @property
    def actor(self):
        return Actor(
            kind=ActorKind.PERSON,
            credential=self.credential,
            organisation=an_id("org", self.organisation),
            person=self.person,
            how="passkey",
        )


ANNA = Somebody("anna", "town")
ALBERT = Somebody("albert", "town")
ARNO = Somebody("arno", "town")
BERTA = Somebody("berta", "trustee")
BRUNO = Somebody("bruno", "trustee")
BEATE = Somebody("beate", "trustee")
EMIL = Somebody("emil", "supplier")
EVA = Somebody("eva", "supplier")
EMIL_AT_TOWN = Somebody("emil-town", "town", human="emil")  # a second account of the same human
MALLORY = Somebody("mallory", "stranger")
ALL = (ANNA, ALBERT, ARNO, BERTA, BRUNO, BEATE, EMIL, EVA, EMIL_AT_TOWN, MALLORY)


@dataclass(frozen=True)
class WorldRules:
    """The port `Rules` over the people above: real signatures, humans and groups counted once."""

    people: tuple = ALL
    revoked: frozenset = frozenset()
    groups: dict = field(default_factory=dict)

    def _of(self, person):
        return next((one for one in self.people if one.person == person), None)

    def _human(self, person):
        one = self._of(person)
        return person if one is None else one.human or one.name

    def signature_reason(self, approval, digest):
        one = self._of(approval.person)
        if one is None or approval.credential != one.credential or one.name in self.revoked:
            return "bad-signature"
        if approval.organisation != an_id("org", one.organisation) or approval.enrolment != 1:
            return "bad-signature"
        try:
            one.key.public_key().verify(approval.signature, digest)
        except InvalidSignature:
            return "bad-signature"
        return None

    def is_same_person(self, one, other):
        return self._human(one) == self._human(other)

    def meets_quorum(self, approvals, document):
        humans = {self._human(approval.person) for approval in approvals}
        organisations = {approval.organisation for approval in approvals}
        groups = {self.groups.get(one, one) for one in organisations}
        needed = {an_id("org", "town"), an_id("org", "trustee")}
        return needed <= organisations and len(groups) >= 2 and len(humans) >= 2


def facts(**changes):
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
        "rules": WorldRules(),
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
    facts: Facts = field(default_factory=facts)
    desk: Desk = LOCKBOX
    said: list = field(default_factory=list)
    allowed: frozenset = EVERYTHING

    def step(self, actor, form):
        return Step(
            case=self.case, actor=actor, form=form, now=self.now, facts=self.facts, allowed=self.allowed
        )

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

    def ask(self, somebody=EMIL, **changes):
        return self.take(somebody.actor, "ask", ask_form(**changes))

    def approve(self, somebody, **changes):
        form = approval_form(self.case.body.document, somebody, self.now)
        return self.take(somebody.actor, "approve", replace_form(form, **changes))

    def clock(self):
        due = self.desk.due(self.case)
        return self.take(CLOCK, due.verb) if due else ("nothing",)

    def clock_until(self, until):
        """Let time pass and take every move of the clock on the way."""
        while (due := self.desk.due(self.case)) is not None and due.at <= until:
            self.now = max(self.now, due.at)
            assert self.take(CLOCK, due.verb) == ()
        self.now = max(self.now, until)


def begin(desk=LOCKBOX, **changes):
    case = opening(an_id("cas", "case"), an_id("cus", "town"), START)
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


def signed(document, somebody, at, **changes):
    """An approval with a true signature over what it says (after `changes`)."""
    blank = Approval(
        grant_hash=grant_hash(document),
        person=somebody.person,
        organisation=an_id("org", somebody.organisation),
        credential=somebody.credential,
        enrolment=1,
        approved_at=at.replace(microsecond=0),
        signature_kind="file-key",
        signature=b"",
    )
    blank = _with(blank, **changes)
    return _with(blank, signature=somebody.key.sign(approval_digest(document, blank)))


def approval_form(document, somebody, at):
    approval = signed(document, somebody, at)
    return Approve(
        grant_hash=b64(approval.grant_hash),
        credential=approval.credential,
        enrolment=approval.enrolment,
        approved_at=to_text(approval.approved_at),
        signature_kind=approval.signature_kind,
        signature=b64(approval.signature),
    )


def replace_form(form, **changes):
    return _with(form, **changes)


def because(text="It is not needed."):
    return Because(reason=text)


def review(text="Only the letter was read."):
    return Review(finding="as-asked", reason=text)


def _with(value, **changes):
    import msgspec

    return msgspec.structs.replace(value, **changes)
