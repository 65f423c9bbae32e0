"""Credentials: tokens and S3 keys drawn here and shown once, passwords, passkeys and file keys.

Who gets a token acts as its holder. So only an officer of the *same* organisation makes one for another
person or for an application, and a person for himself, by his signature; the trustee's administrators make
none for anybody else's people. Keys that sign stand only after `Enrol`.
"""

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import NamedTuple

import msgspec

from custodes.acts import signed
from custodes.acts.asks.parties import CredentialMade, Done, MakeCredential, RevokeCredential
from custodes.acts.authority import Alteration
from custodes.acts.entrance import passwords
from custodes.acts.entrance.challenges import Challenges
from custodes.acts.footing.identities import Identified, access_id
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import REASON_CHARACTERS_MAX, alter, permit, told
from custodes.acts.writing.act import Expect
from custodes.custody import hierarchy
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, conflict, denied, malformed
from custodes.parties import enrol
from custodes.parties.enrol import CredentialEnrolment
from custodes.parties.roles import PartyKind
from custodes.parties.rows import (
    Application,
    Credential,
    CredentialKind,
    CredentialState,
    Organisation,
    Person,
    roles_of,
)
from custodes.parties.signature import is_good_key
from custodes.policy.question import Resource

from .parties import PartyAnswers, is_near
from .said import changed

LABEL_CHARACTERS_MAX = 100
DAYS_MAX = 730
TOKEN_BYTES = 32
S3_SECRET_BYTES = 30  # 40 characters, as S3 clients expect
SELF_MADE = frozenset({CredentialKind.API_TOKEN, CredentialKind.PASSWORD, CredentialKind.S3_KEY})


class _Drawn(NamedTuple):
    """What is shown once, and what is kept of it."""

    shown: str
    kept: str


class CredentialAnswers:
    """Answers `MakeCredential`, `RevokeCredential`."""

    def __init__(self, opened: Opened, parties: PartyAnswers, challenges: Challenges) -> None:
        self._o = opened
        self._parties = parties
        self._challenges = challenges

    async def make(self, ask: MakeCredential) -> CredentialMade:
        """A credential that stands, or (passkey, file key) the document to be signed for it.

        Refusals: `bad-credential` (malformed), `no-such-holder` (absent), `officer-of-another` (denied),
        `password-too-weak`, `registration-refused`, and policy's.
        """
        kind = _kind(ask)
        if kind in signed.SIGNING_KINDS:
            return self._draft(ask, kind)
        o = self._o
        id_ = new_id("crd", o.dice)
        drawn = await self._draw(ask, kind, id_)

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("credential", ""))
            home, owner = self._holder(ask, who)
            expects = self._may_make(ask, who, home, kind, id_)
            row = Credential(
                id=id_,
                kind=kind,
                organisation=home.id,
                person=None if isinstance(owner, Application) else owner.id,
                application=owner.id if isinstance(owner, Application) else None,
                customer=self._customer(ask, who, home, owner),
                secret=drawn.kept,
                created_at=to_text(o.clock.now()),
                expires_at=self._expiry(ask),
                label=ask.label,
                is_demo=home.is_demo,
            )
            return self._alteration("enrol.credential", who, row, home, expects=expects)

        await alter(o, decide, ask, ask.evidence)
        shown = f"{id_}.{drawn.shown}" if kind is CredentialKind.API_TOKEN else drawn.shown
        access = access_id(id_) if kind is CredentialKind.S3_KEY else ""
        return CredentialMade(id=id_, access_id=access, secret=shown)

    async def revoke(self, ask: RevokeCredential) -> Done:
        """For good, from the next use on. One may revoke his own; else policy says who.

        `no-such-credential` (absent), `credential-revoked` (conflict).
        """
        o = self._o
        if len(ask.reason) > REASON_CHARACTERS_MAX:
            raise malformed("reason-too-long")

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            row = o.standing.get("credential", ask.credential, Credential)
            home = o.standing.get("organisation", row.organisation, Organisation) if row else None
            if row is None or home is None or not is_near(self._o, who, home):
                raise absent("no-such-credential")
            expects = who.expects
            if who.actor.person is None or who.actor.person != row.person:
                expects = (*expects, *self._parties.may_revoke(who, home, row.id).expects)
            if row.state is not CredentialState.ACTIVE:
                raise conflict("credential-revoked")
            dead = msgspec.structs.replace(row, state=CredentialState.REVOKED)
            return self._alteration("revoke.credential", who, dead, home, expects=expects, reason=ask.reason)

        await alter(o, decide, ask, ask.evidence, is_urgent=True)
        return Done()

    def _draft(self, ask: MakeCredential, kind: CredentialKind) -> CredentialMade:
        """The document for a key that signs; nothing stands yet."""
        o = self._o
        who = o.identities.of(ask.evidence)
        home, owner = self._holder(ask, who)
        is_own = who.actor.person == owner.id and who.actor.organisation == home.id
        if isinstance(owner, Application) or not (is_own or self._is_officer(who, home)):
            raise denied("officer-of-another")
        public, passkey_id = ask.public, None
        if kind is CredentialKind.PASSKEY:
            public, passkey_id = self._challenges.registered(ask.challenge, ask.public, owner.id)
        elif not is_good_key(public):
            raise malformed("bad-credential")
        row = Credential(
            id=new_id("crd", o.dice),
            kind=kind,
            organisation=home.id,
            person=owner.id,
            customer=self._customer(ask, who, home, owner),
            public=canonical.b64(public),
            passkey_id=passkey_id,
            created_at=to_text(o.clock.now()),
            expires_at=self._expiry(ask),
            label=ask.label,
            is_demo=home.is_demo,
        )
        document = CredentialEnrolment(
            v="custodes/enrol-credential/v1",
            house=o.house,
            credential=row,
            roles=ask.roles,
            signer=ask.signer,
            at=to_text(o.clock.now()),
        )
        return CredentialMade(id=row.id, document=enrol.document_bytes(document))

    async def _draw(self, ask: MakeCredential, kind: CredentialKind, id_: str) -> _Drawn:
        o = self._o
        if kind is CredentialKind.PASSWORD:
            salt = o.dice.draw(passwords.SALT_BYTES)
            return _Drawn("", await asyncio.to_thread(passwords.make, ask.secret, salt))
        if kind is CredentialKind.API_TOKEN:
            token = urlsafe_b64encode(o.dice.draw(TOKEN_BYTES)).decode("ascii").rstrip("=")
            return _Drawn(token, hashlib.sha256(token.encode()).hexdigest())
        secret = urlsafe_b64encode(o.dice.draw(S3_SECRET_BYTES))
        sealed = hierarchy.wrap_credential(o.keyring.house_keys, o.house, id_, secret, o.dice)
        return _Drawn(secret.decode("ascii"), canonical.b64(sealed))

    def _holder(self, ask: MakeCredential, who: Identified) -> tuple[Organisation, Person | Application]:
        o = self._o
        home = o.standing.get("organisation", ask.organisation or who.actor.organisation or "", Organisation)
        application = o.standing.get("application", ask.holder, Application)
        person = o.standing.get("person", ask.holder, Person)
        owner = application or person
        if home is None or owner is None or not is_near(self._o, who, home):
            raise absent("no-such-holder")
        if application is not None and application.organisation != home.id:
            raise absent("no-such-holder")
        return home, owner

    def _customer(
        self, ask: MakeCredential, who: Identified, home: Organisation, owner: Person | Application
    ) -> str | None:
        """For which customer it is good: an application's own; a customer's people act for one by name."""
        if isinstance(owner, Application):
            chosen: str | None = owner.customer
        elif home.kind is PartyKind.CUSTOMER:
            own = who.actor.customer if who.actor.organisation == home.id else None
            chosen = ask.customer or own or (home.customers[0] if len(home.customers) == 1 else None)
        else:
            chosen = None
        fits = chosen in home.customers if home.kind is PartyKind.CUSTOMER else chosen is None
        if not fits or ask.customer not in {None, chosen}:
            raise malformed("bad-credential")
        return chosen

    def _may_make(
        self,
        ask: MakeCredential,
        who: Identified,
        home: Organisation,
        kind: CredentialKind,
        id_: str,
    ) -> tuple[Expect, ...]:
        """By his own signature for himself; else by an officer of the same organisation, who signs where
        it is for another person: a stolen token must not become everybody's.
        """
        o = self._o
        is_own = who.actor.person is not None and who.actor.person == ask.holder
        has_signed = who.actor.how in {kind.value for kind in signed.SIGNING_KINDS}
        if is_own and who.actor.organisation == home.id and kind in SELF_MADE:
            if not has_signed:
                raise denied("sign-first")
            return who.expects
        if kind is CredentialKind.PASSWORD or not self._is_officer(who, home):
            raise denied("officer-of-another")
        if o.standing.get("person", ask.holder, Person) is not None:
            if not roles_of(o.directories.now(), ask.holder, home.id, o.clock.now()):
                raise absent("no-such-holder")
            if not has_signed:
                raise denied("sign-first")
        resource = Resource(kind="party", id=id_, facts={"organisation": home.id})
        return permit(o, who, "party:enrol", resource).expects

    def _is_officer(self, who: Identified, home: Organisation) -> bool:
        own = enrol.OFFICERS.get(home.kind, frozenset())
        return who.actor.organisation == home.id and bool(own & set(who.actor.roles))

    def _expiry(self, ask: MakeCredential) -> str | None:
        return None if ask.days is None else to_text(self._o.clock.now() + timedelta(days=ask.days))

    def _alteration(
        self,
        act: str,
        who: Identified,
        row: Credential,
        home: Organisation,
        *,
        expects: tuple[Expect, ...],
        reason: str = "",
    ) -> Alteration:
        """The hash leaves the secret out."""
        bare = msgspec.structs.replace(row, secret=None, label="")
        record = changed(act, who, row.id, bare, reason=reason or None)
        return Alteration(
            changes=(Change(noun="credential", id=row.id, customer=row.customer or "", value=row),),
            records=tuple((each, record) for each in told(self._o, home)),
            expects=expects,
        )


def _kind(ask: MakeCredential) -> CredentialKind:
    try:
        kind = CredentialKind(ask.kind)
    except ValueError as error:
        raise malformed("bad-credential") from error
    fits = len(ask.label) <= LABEL_CHARACTERS_MAX and ask.label.isprintable()
    days = ask.days is None or 1 <= ask.days <= DAYS_MAX
    if not fits or not days or (ask.roles and kind not in signed.SIGNING_KINDS):
        raise malformed("bad-credential")
    return kind
