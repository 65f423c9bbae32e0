"""From evidence to actor: every check of who asks, in the one process that holds the secrets.

Unknown and wrong are answered alike and take the same work: a stranger cannot tell a credential that does
not exist from a secret that does not fit.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta

import msgspec

from custodes.acts.asks import Evidence, Local, PostForm, Session, Signed, SigV4, Token
from custodes.acts.footing.issuers import Issuer
from custodes.acts.footing.keyring import Keyring
from custodes.acts.footing.standing import Standing
from custodes.acts.writing.act import Before, Expect
from custodes.custody import hierarchy
from custodes.kernel import canonical
from custodes.kernel.actor import Actor, ActorKind
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import Clock, from_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.mac import hmac_sha256
from custodes.kernel.refusal import Refusal, unauthenticated
from custodes.parties.rows import Credential, CredentialKind, Membership, is_live
from custodes.protocols.s3 import auth as s3_auth
from custodes.protocols.s3.forms.policy import access_key_of, verify_form

SESSION_HOURS = 8
_DUMMY = bytes(32)
_DAY_KEYS_MAX = 4_096
_EXCEPTIONAL_PLACE = "local"
_OF_CONNECTIONS = frozenset({CredentialKind.XKS_KEY})
_TOKENS = frozenset({CredentialKind.API_TOKEN, CredentialKind.DIRECTORY})


class Identified(msgspec.Struct, frozen=True, kw_only=True):
    """The actor, the standing rows that say so, and what a signature (SigV4) verified, or which session it
    was.
    """

    actor: Actor
    expects: tuple[Expect, ...]
    verified: s3_auth.Verified | None = None
    session: Session | None = None


class Asserted(msgspec.Struct, frozen=True, kw_only=True):
    """The roles an issuer's word gives in one session, and the generations they rest on: the issuer's, and
    that of the person's row in its directory (0: it has none).
    """

    issuer: str
    generation: int
    listed: int = 0
    roles: tuple[str, ...]


class Identities:
    """Checks evidence against standing rows."""

    def __init__(self, standing: Standing, keyring: Keyring, clock: Clock, local_token: str) -> None:
        self._standing = standing
        self._keyring = keyring
        self._clock = clock
        self._local_token = local_token
        self._run = keyring.dice.draw(32)  # a session does not outlive the process that gave it out
        self._ended_sessions: dict[str, datetime] = {}
        self._day_keys: dict[tuple[str, str, str, str], bytes] = {}  # until anything that stands changes
        self._day_keys_seq = -1
        self._applications: dict[tuple[str, str], tuple[int, Identified]] = {}
        self._members: dict[tuple[str, str], tuple[Membership, ...]] = {}
        self._members_changes = -1

    def of(self, evidence: Evidence) -> Identified:
        """Who asks; Refusal `not-authenticated` (unauthenticated), or what the protocol's check refuses."""
        if isinstance(evidence, Signed):
            return self.of(evidence.evidence)  # the signature is judged where the act is known
        if isinstance(evidence, SigV4):
            return self._by_signature(evidence)
        if isinstance(evidence, PostForm):
            return self._by_form(evidence)
        if isinstance(evidence, Token):
            return self._by_token(evidence)
        if isinstance(evidence, Session):
            return self._by_session(evidence)
        if isinstance(evidence, Local) and self._is_local(evidence):
            actor = Actor(kind=ActorKind.PROCESS, credential=_EXCEPTIONAL_PLACE, how="local")
            return Identified(actor=actor, expects=())
        raise _nobody()

    def open_session(
        self, credential: Credential, asserted: Asserted | None = None, minutes: int = SESSION_HOURS * 60
    ) -> tuple[str, str]:
        """A session token for a person just identified, and when it ends (RFC 3339).

        By an issuer's word it carries the roles that word gave, and ends when anything of the issuer changes.
        """
        ends = (self._clock.now() + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        parts: list[Plain] = [new_id("ses", self._keyring.dice), credential.id, ends]
        if asserted is not None:
            parts += [asserted.issuer, asserted.generation, asserted.listed, *asserted.roles]
        body = canonical.encode(parts)
        tag = self._session_tag(body)
        return base64.urlsafe_b64encode(body + tag).decode("ascii"), ends

    def end_session(self, token: str) -> None:
        """Sign out: this session proves nothing any more, however its token is spelled."""
        session, _, ends, _ = self._session(token)
        now = self._clock.now()
        self._ended_sessions = {id_: end for id_, end in self._ended_sessions.items() if now < end}
        self._ended_sessions[session] = ends

    def actor_of(self, credential: Credential, how: str) -> Identified:
        """The actor behind a live credential, with everything that makes him so.

        An application whose credential does not end is what it is until something that stands changes.
        """
        if credential.kind is CredentialKind.FEDERATED:
            raise _nobody()  # it is somebody only by an issuer's word: `asserted_actor`
        at = (credential.id, how)
        kept = self._applications.get(at)
        if kept is not None and kept[0] == self._standing.seq:
            return kept[1]
        found = self._actor_of(credential, how)
        if credential.application is not None and credential.expires_at is None:
            self._applications[at] = (self._standing.seq, found)
        return found

    def asserted_actor(self, credential: Credential, asserted: Asserted, how: str) -> Identified:
        """The actor behind a credential that rests on an issuer's word: its roles, no membership's.

        `not-authenticated` when the issuer is off, another than it was, or not his organisation's.
        """
        issuer = self._standing.get("issuer", asserted.issuer, Issuer)
        expect = self._standing.expect("issuer", asserted.issuer)
        listed = self._standing.expect("provisioned", str(credential.person))
        same = (
            issuer is not None
            and not issuer.is_off
            and expect.generation == asserted.generation
            and listed.generation == asserted.listed
            and issuer.organisation == credential.organisation
            and credential.kind is CredentialKind.FEDERATED
        )
        if not same:
            raise _nobody()
        found = self._actor_of(credential, how)
        actor = msgspec.structs.replace(found.actor, roles=asserted.roles)
        return Identified(actor=actor, expects=(*found.expects, expect, listed))

    def _actor_of(self, credential: Credential, how: str) -> Identified:
        now = self._clock.now()
        if not is_live(credential, now):
            raise _nobody()
        expects: list[Expect] = [self._standing.expect("credential", credential.id)]
        if credential.expires_at is not None:
            expects.append(Before(from_text(credential.expires_at)))
        roles: list[str] = []
        if credential.person is not None:
            expects.append(self._standing.expect("person", credential.person))
            for member in self._memberships(credential.person, credential.organisation):
                expects.append(self._standing.expect("membership", member.id))
                if _runs(member, now):
                    roles.extend(member.roles)
                    if member.until is not None:
                        expects.append(Before(from_text(member.until)))
        elif credential.kind is CredentialKind.DIRECTORY:
            expects.append(self._standing.expect("issuer", str(credential.application)))
            roles.append("directory")
        elif credential.kind in _OF_CONNECTIONS:
            expects.append(self._standing.expect("connection", str(credential.application)))
            roles.append("application")
        else:
            expects.append(self._standing.expect("application", str(credential.application)))
            roles.append("application")
        expects.append(self._standing.expect("organisation", credential.organisation))
        actor = Actor(
            kind=ActorKind.PERSON if credential.person else ActorKind.APPLICATION,
            credential=credential.id,
            organisation=credential.organisation,
            person=credential.person,
            customer=credential.customer,
            roles=tuple(sorted(set(roles))),
            how=how,
        )
        return Identified(actor=actor, expects=tuple(expects))

    def _memberships(self, person: str, organisation: str) -> tuple[Membership, ...]:
        """Of one person in one organisation; the index is made again when any membership has changed."""
        changes = self._standing.changes(("membership",))
        if self._members_changes != changes:
            found: dict[tuple[str, str], list[Membership]] = {}
            for row in self._standing.all_of("membership", Membership):
                found.setdefault((row.person, row.organisation), []).append(row)
            self._members = {at: tuple(rows) for at, rows in found.items()}
            self._members_changes = changes
        return self._members.get((person, organisation), ())

    def secret_of(self, credential: Credential) -> bytes:
        """The symmetric secret of an S3 key, opened for one check."""
        wrapped = canonical.unb64(str(credential.secret))
        return hierarchy.open_credential(
            self._keyring.house_keys, self._keyring.house, credential.id, wrapped
        )

    def _by_token(self, evidence: Token) -> Identified:
        id_, _, secret = evidence.token.partition(".")
        credential = self._standing.get("credential", id_, Credential) if is_id("crd", id_) else None
        known = credential is not None and credential.kind in _TOKENS
        expected = str(credential.secret) if credential is not None and known else _DUMMY.hex()
        fits = hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), expected)
        if credential is None or not known or not fits:
            raise _nobody()
        return self.actor_of(credential, "token")

    def _by_session(self, evidence: Session) -> Identified:
        session, credential_id, ends, asserted = self._session(evidence.token)
        credential = self._standing.get("credential", credential_id, Credential)
        if credential is None or session in self._ended_sessions or self._clock.now() >= ends:
            raise _nobody()
        if (asserted is None) is (credential.kind is CredentialKind.FEDERATED):
            raise _nobody()
        # However it began: a session is no signature.
        if asserted is None:
            found = self.actor_of(credential, "session")
        else:
            found = self.asserted_actor(credential, asserted, "session")
        return msgspec.structs.replace(found, expects=(*found.expects, Before(ends)), session=evidence)

    def _session(self, token: str) -> tuple[str, str, datetime, Asserted | None]:
        """What a token of this run says: session id, credential id, end, an issuer's word; else
        `not-authenticated`.
        """
        try:
            raw = base64.urlsafe_b64decode(token)
        except (binascii.Error, ValueError) as error:
            raise _nobody() from error
        body, tag = raw[:-32], raw[-32:]
        one_spelling = base64.urlsafe_b64encode(raw).decode("ascii") == token
        if not hmac.compare_digest(tag, self._session_tag(body)) or not one_spelling:
            raise _nobody()
        parsed = canonical.decode(body)
        if not isinstance(parsed, list):
            raise _nobody()
        session, credential, ends, *more = (str(part) for part in parsed)
        asserted = None
        if more:
            issuer, generation, listed, *roles = more
            asserted = Asserted(
                issuer=issuer, generation=int(generation), listed=int(listed), roles=tuple(roles)
            )
        return session, credential, from_text(ends), asserted

    def _session_tag(self, body: bytes) -> bytes:
        return hmac_sha256(self._keyring.house_keys.session, b"session\n" + self._run + body)

    def _is_local(self, evidence: Local) -> bool:
        given, token = evidence.token.encode(), self._local_token.encode()
        return token != b"" and hmac.compare_digest(given, token)

    def _by_signature(self, evidence: SigV4) -> Identified:
        claim = evidence.claim
        credential = self._s3_key(claim.access_key_id)
        if self._day_keys_seq != self._standing.seq or len(self._day_keys) >= _DAY_KEYS_MAX:
            self._day_keys.clear()
            self._day_keys_seq = self._standing.seq
        at = (claim.access_key_id, claim.date, claim.region, claim.service)
        key = self._day_keys.get(at)
        if key is None and credential is not None:
            key = s3_auth.day_key(claim, self.secret_of(credential))
        verified = s3_auth.verify_under(claim, None if credential is None else key, self._clock.now())
        if key is not None:  # only good signatures fill it
            self._day_keys[at] = key
        return self._verified(credential, verified)

    def _by_form(self, evidence: PostForm) -> Identified:
        credential = self._s3_key(access_key_of(evidence.form))
        secret = None if credential is None else self.secret_of(credential)
        return self._verified(credential, verify_form(evidence.form, secret, self._clock.now()))

    def _s3_key(self, access_key_id: str) -> Credential | None:
        found = self._standing.get("credential", credential_of(access_key_id), Credential)
        return found if found is not None and found.kind is CredentialKind.S3_KEY else None

    def _verified(self, credential: Credential | None, verified: s3_auth.Verified) -> Identified:
        if credential is None:
            raise _nobody()
        return msgspec.structs.replace(self.actor_of(credential, "sigv4"), verified=verified)


def access_id(credential: str) -> str:
    """The S3 access key id of a credential: its id in capitals without the dash."""
    return credential.replace("-", "").upper()


def credential_of(access_key_id: str) -> str:
    """Inverse of `access_id`; anything else gives an id nobody has."""
    lower = access_key_id.lower()
    return f"{lower[:3]}-{lower[3:]}"


def _runs(member: Membership, now: datetime) -> bool:
    return from_text(member.since) <= now and (member.until is None or now < from_text(member.until))


def _nobody() -> Refusal:
    return unauthenticated("not-authenticated")
