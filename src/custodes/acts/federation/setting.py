"""Setting up an issuer: by an officer of the organisation whose people it names, signed by himself."""

import re

import msgspec
from cryptography import x509

from custodes.acts import signed
from custodes.acts.answers.parties import credential_view
from custodes.acts.answers.said import changed
from custodes.acts.asks.identity import Issuers, IssuerView, LookIssuers, SetIssuer
from custodes.acts.asks.parties import CredentialView
from custodes.acts.authority import Alteration
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.issuers import ClientAuth, Issuer, IssuerKeys
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, permit, told
from custodes.acts.writing.act import Expect
from custodes.custody import hierarchy
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, conflict, malformed
from custodes.parties.roles import PartyKind, is_role
from custodes.parties.rows import Credential, CredentialKind, Organisation
from custodes.policy.question import Resource
from custodes.protocols.oidc.strict import is_address

from .entering import redirect_of
from .reading import Readings

NAME_CHARS_MAX = 100
SECRET_CHARS_MAX = 1_024
CA_CHARS_MAX = 65_536
ROLES_MAX = 200
SCOPES_MAX = 16
MINUTES = range(5, 481)
MACHINES = frozenset({"application", "directory"})  # roles that are no person's
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")  # RFC 6749 section 3.3
_CLAIM = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")


class Setting:
    """Answers `SetIssuer`, `LookIssuers`."""

    def __init__(self, opened: Opened, readings: Readings) -> None:
        self._o = opened
        self._readings = readings

    async def set(self, ask: SetIssuer) -> IssuerView:
        """`bad-issuer` (malformed, with the member), `no-such-organisation`, `no-such-issuer` (absent),
        `issuer-fixed` (conflict): address and subject claim of an issuer never change, because what is linked
        would then be somebody else.
        """
        o = self._o
        id_ = ask.issuer or new_id("iss", o.dice)
        secret = b""
        if ask.secret:
            raw = ask.secret.encode()
            secret = hierarchy.wrap_credential(o.keyring.house_keys, o.house, id_, raw, o.dice)

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("issuer", ask.issuer))
            home = o.standing.get("organisation", ask.organisation, Organisation)
            if home is None or who.actor.organisation != home.id:
                raise absent("no-such-organisation")
            resource = Resource(kind="party", id=id_, facts={"organisation": home.id})
            decided = permit(o, who, "identity:configure", resource)
            _check(ask, home, is_demo=o.is_demo)
            row = self._row(ask, id_, home, secret)
            return self._alteration(who, row, home, decided.expects)

        await alter(o, decide, ask, ask.evidence)
        self._readings.begun()
        row = o.standing.get("issuer", id_, Issuer)
        if row is None:
            raise absent("no-such-issuer")
        return self._view(row)

    async def look(self, ask: LookIssuers) -> Issuers:
        """Those of the asker's own organisation."""
        o = self._o
        who = o.identities.of(ask.evidence)
        rows = [
            row
            for row in o.standing.all_of("issuer", Issuer)
            if who.actor.person is not None and row.organisation == who.actor.organisation
        ]
        return Issuers(tuple(self._view(row) for row in sorted(rows, key=lambda row: (row.name, row.id))))

    def _row(self, ask: SetIssuer, id_: str, home: Organisation, secret: bytes) -> Issuer:
        o = self._o
        old = o.standing.get("issuer", id_, Issuer)
        if ask.issuer and (old is None or old.organisation != home.id):
            raise absent("no-such-issuer")
        if old is not None and (old.url, old.subject_claim) != (ask.url, ask.subject_claim):
            raise conflict("issuer-fixed")
        auth = ClientAuth(ask.auth)
        kept = secret or (old.secret if old else b"")
        if (not kept and auth is not ClientAuth.NONE) or (secret and auth is ClientAuth.NONE):
            raise malformed("bad-issuer", member="secret")
        return Issuer(
            id=id_,
            organisation=home.id,
            name=ask.name,
            url=ask.url,
            client_id=ask.client_id,
            auth=auth,
            secret=kept if auth is not ClientAuth.NONE else b"",
            subject_claim=ask.subject_claim,
            groups_claim=ask.groups_claim,
            roles=tuple(sorted(set(ask.roles))),
            scopes=ask.scopes,
            customer=_customer(ask, home),
            ca=ask.ca,
            session_minutes=ask.session_minutes,
            admits_unknown=ask.admits_unknown,
            is_listed=ask.is_listed,
            is_off=ask.is_off,
            created_at=old.created_at if old else to_text(o.clock.now()),
        )

    def _alteration(
        self, who: Identified, row: Issuer, home: Organisation, expects: tuple[Expect, ...]
    ) -> Alteration:
        bare = msgspec.structs.replace(row, secret=b"")
        record = changed("change.issuer", who, row.id, bare)
        return Alteration(
            changes=(Change(noun="issuer", id=row.id, customer="", value=row),),
            records=tuple((each, record) for each in told(self._o, home)),
            expects=expects,
        )

    def _view(self, row: Issuer) -> IssuerView:
        kept = self._o.standing.get("issuer-keys", row.id, IssuerKeys)
        is_read, trouble = self._readings.state_of(row.id)
        return IssuerView(
            id=row.id,
            organisation=row.organisation,
            name=row.name,
            url=row.url,
            client_id=row.client_id,
            auth=row.auth.value,
            has_secret=bool(row.secret),
            subject_claim=row.subject_claim,
            groups_claim=row.groups_claim,
            roles=row.roles,
            scopes=row.scopes,
            customer=row.customer,
            session_minutes=row.session_minutes,
            admits_unknown=row.admits_unknown,
            is_listed=row.is_listed,
            is_off=row.is_off,
            redirect=redirect_of(self._o),
            keys=tuple(key.kid for key in kept.keys) if kept else (),
            is_read=is_read,
            trouble=trouble,
            generation=self._o.standing.expect("issuer", row.id).generation,
            ca=row.ca,
            tokens=self._tokens(row),
        )

    def _tokens(self, row: Issuer) -> tuple[CredentialView, ...]:
        """Those of its directory, newest first."""
        found = [
            one
            for one in self._o.standing.all_of("credential", Credential)
            if one.kind is CredentialKind.DIRECTORY and one.application == row.id
        ]
        found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
        return tuple(credential_view(one) for one in found)


def _customer(ask: SetIssuer, home: Organisation) -> str | None:
    """For whom these people act: a customer's organisation names one of its own, nobody else names any."""
    if home.kind is not PartyKind.CUSTOMER:
        chosen, fits = ask.customer, ask.customer is None
    else:
        chosen = ask.customer or (home.customers[0] if len(home.customers) == 1 else None)
        fits = chosen in home.customers
    if not fits:
        raise malformed("bad-issuer", member="customer")
    return chosen


def _check(ask: SetIssuer, home: Organisation, *, is_demo: bool) -> None:
    texts = (ask.name, ask.client_id)
    roles = all(
        1 <= len(group) <= 255 and group.isprintable() and is_role(home.kind, role) and role not in MACHINES
        for group, role in ask.roles
    )
    checks = {
        "name": all(1 <= len(t.strip()) <= NAME_CHARS_MAX * 2 and t.isprintable() for t in texts),
        "url": is_address(ask.url, loopback_too=is_demo) and "?" not in ask.url,
        "auth": ask.auth in {one.value for one in ClientAuth},
        "secret": len(ask.secret) <= SECRET_CHARS_MAX and ask.secret.isprintable(),
        "subject_claim": _CLAIM.fullmatch(ask.subject_claim) is not None,
        "groups_claim": _CLAIM.fullmatch(ask.groups_claim) is not None,
        "roles": len(ask.roles) <= ROLES_MAX and roles,
        "scopes": len(ask.scopes) <= SCOPES_MAX and all(_SCOPE.fullmatch(one) for one in ask.scopes),
        "session_minutes": ask.session_minutes in MINUTES,
        "ca": len(ask.ca) <= CA_CHARS_MAX and _is_bundle(ask.ca),
    }
    wrong = next((name for name, holds in checks.items() if not holds), None)
    if wrong is not None:
        raise malformed("bad-issuer", member=wrong)


def _is_bundle(ca: str) -> bool:
    try:
        return not ca or len(x509.load_pem_x509_certificates(ca.encode())) > 0
    except ValueError:
        return False
