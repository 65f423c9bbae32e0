"""Signing in and out: by password, passkey or file key; every sign-in is an entry before it is a session.

Unknown address, wrong password and dead credential are answered alike after the same work.
"""

import asyncio
import hashlib
from collections.abc import Sequence

import msgspec

from custodes.acts.asks.parties import (
    BeginPasskey,
    Done,
    PasskeyChallenge,
    SignedIn,
    SignIn,
    SigningKey,
    SignOut,
)
from custodes.acts.entrance import passwords
from custodes.acts.entrance.challenges import Challenges, b64url
from custodes.acts.entrance.tries import Tries
from custodes.acts.footing.identities import Identified
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.permitted import told_entries
from custodes.acts.signed import SIGNING_KINDS, credential_named, read, relying_party
from custodes.acts.writing.act import Act, Entry, Failed
from custodes.desks.rules import key_hash
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, malformed, unauthenticated
from custodes.parties.rows import Credential, CredentialKind, Organisation, Person, is_live
from custodes.parties.signature import verify

from .parties import even, person_by_mail
from .said import single

ACCOUNT_TRIES, ACCOUNT_WINDOW_S = 5, 900
PEER_TRIES, PEER_WINDOW_S = 300, 300  # a town hall comes from one address
HASHING_AT_ONCE = 2  # 64 MiB each


class SignInAnswers:
    """Answers `BeginPasskey`, `SignIn`, `SignOut`."""

    def __init__(self, opened: Opened, challenges: Challenges) -> None:
        self._o = opened
        self._challenges = challenges
        self._relying = relying_party(opened.body)
        self._by_account = Tries(opened.clock, tries_max=ACCOUNT_TRIES, window_s=ACCOUNT_WINDOW_S)
        self._by_peer = Tries(opened.clock, tries_max=PEER_TRIES, window_s=PEER_WINDOW_S)
        self._hashing = asyncio.Semaphore(HASHING_AT_ONCE)

    async def begin(self, ask: BeginPasskey) -> PasskeyChallenge:
        """A challenge. `bad-purpose` (malformed), `too-many-tries` (limited), those of the evidence."""
        if ask.purpose == "sign-in":
            self._by_peer.take(ask.peer)
            challenge, document = self._challenges.for_sign_in()
            return self._challenge(challenge, document=document)
        if ask.evidence is None or ask.purpose not in {"register", "sign"}:
            raise malformed("bad-purpose")
        o = self._o
        actor = o.identities.of(ask.evidence).actor
        person = o.standing.get("person", actor.person or "", Person)
        if person is None:
            raise malformed("bad-purpose")
        keys = [
            row
            for row in o.directories.now().credentials.values()
            if (row.person, row.organisation) == (actor.person, actor.organisation)
            and row.kind in SIGNING_KINDS
            and is_live(row, o.clock.now())
        ]
        if ask.purpose == "register":
            return self._challenge(self._challenges.for_registration(person.id), keys, person=person)
        if len(ask.document_hash) != hashlib.sha256().digest_size:
            raise malformed("bad-purpose")
        return self._challenge(ask.document_hash, keys)

    async def sign_in(self, ask: SignIn) -> SignedIn:
        """A session. `not-authenticated` (unauthenticated), `too-many-tries` (limited)."""
        self._by_peer.take(ask.peer)
        credential = await (self._by_key(ask) if ask.signature else self._by_password(ask))
        o = self._o

        async def once() -> Receipted | Failed:
            who = o.identities.actor_of(credential, credential.kind.value)
            act_id = new_id("act", o.dice)
            entries = await self._entries("sign-in", who, act_id, credential)
            # Also on a full disk: whoever wants to kill or revoke has to come in first.
            return await o.gate.commit(Act(id=act_id, expects=who.expects, entries=entries, is_urgent=True))

        o.gate.still_fresh(await o.gate.until_committed(once))
        person = o.standing.get("person", str(credential.person), Person)
        token, ends = o.identities.open_session(credential)
        return SignedIn(
            token=token,
            lapses_at=ends,
            person=str(credential.person),
            name=person.name if person else "",
        )

    async def sign_out(self, ask: SignOut) -> Done:
        """The session proves nothing any more, then its end is an entry."""
        o = self._o
        who = o.identities.of(ask.evidence)
        o.identities.end_session(ask.evidence.token)
        credential = o.standing.get("credential", who.actor.credential, Credential)
        if credential is not None:
            act_id = new_id("act", o.dice)
            entries = await self._entries("revoke.session", who, act_id, credential)
            await o.gate.commit(Act(id=act_id, entries=entries))
        return Done()

    async def _by_password(self, ask: SignIn) -> Credential:
        account = hashlib.sha256(even(ask.mail).encode("utf-8", "replace")).hexdigest()
        self._by_account.take(account)
        o = self._o
        person = person_by_mail(o, ask.mail) if ask.mail else None
        # With several organisations the newest password says for which one he comes.
        found = sorted(
            (
                row
                for row in o.directories.now().credentials.values()
                if person is not None
                and row.person == person.id
                and row.kind is CredentialKind.PASSWORD
                and is_live(row, o.clock.now())
            ),
            key=lambda row: (row.created_at, row.id),
        )
        kept = found[-1].secret if found else None
        async with self._hashing:
            fits = await asyncio.to_thread(passwords.fits, ask.password, kept)
        if not fits or not found:
            raise _nobody()
        self._by_account.forgive(account)
        return found[-1]

    async def _by_key(self, ask: SignIn) -> Credential:
        challenge = self._challenges.take(ask.challenge, "sign-in")
        signature = read(ask.signature)
        credential = credential_named(self._o, signature.credential)
        if challenge is None or credential is None or credential.kind not in SIGNING_KINDS:
            raise _nobody()
        own = msgspec.structs.replace(signature, credential=credential.id)
        if verify(own, credential, challenge, self._relying) is not None:
            raise _nobody()
        return credential

    async def _entries(
        self, act: str, who: Identified, act_id: str, credential: Credential
    ) -> tuple[Entry, ...]:
        o = self._o
        home = o.standing.get("organisation", credential.organisation, Organisation)
        record = single(act, who, credential.id, subject=credential.id, reason=credential.kind.value)
        return await told_entries(o, home, act_id, record)

    def _challenge(
        self,
        challenge: bytes,
        keys: Sequence[Credential] = (),
        *,
        document: bytes = b"",
        person: Person | None = None,
    ) -> PasskeyChallenge:
        return PasskeyChallenge(
            challenge=b64url(challenge),
            rp_id=self._relying.id,
            origin=self._relying.origins[0],
            allowed=tuple(row.passkey_id for row in keys if row.passkey_id),
            credentials=tuple(row.id for row in keys),
            keys=tuple(_signing_key(row) for row in keys),
            document=document,
            user_id=b64url(person.id.encode()) if person else "",
            user_name=(person.mail or person.name) if person else "",
        )


def _signing_key(row: Credential) -> SigningKey:
    return SigningKey(
        credential=row.id,
        kind=row.kind.value,
        key_hash=key_hash(row),
        passkey=row.passkey_id or "",
    )


def _nobody() -> Refusal:
    return unauthenticated("not-authenticated")
