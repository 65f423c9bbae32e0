"""From a click on the sign-in page to a session: ticket, code exchange, the ID token judged, an entry.

Three asks of a plane, each once and in this order. Every fault of a token is `not-authenticated` to the
browser; the house's own log has the reason.
"""

import logging

from custodes.acts.answers.said import single
from custodes.acts.asks.identity import (
    BeginFederated,
    CodeExchange,
    Entrance,
    Entrances,
    ExchangeCode,
    FederatedBegun,
    LookEntrances,
    SignInFederated,
)
from custodes.acts.asks.parties import SignedIn
from custodes.acts.entrance.tries import Tries
from custodes.acts.footing.identities import Asserted, Identified
from custodes.acts.footing.issuers import (
    Issuer,
    IssuerKeys,
    Linked,
    link_id,
    roles_for,
)
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.permitted import told_entries
from custodes.acts.writing.act import Act, Entry, Expect, Failed
from custodes.custody import hierarchy
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, denied, unauthenticated
from custodes.parties.rows import Credential, Organisation, Person
from custodes.protocols.oidc import flow, tokens
from custodes.protocols.oidc.messages import Asserted as Said
from custodes.protocols.oidc.messages import Expected

from .linking import Linking, listed_groups
from .reading import Readings
from .tickets import Ticket, Tickets

PEER_TRIES, PEER_WINDOW_S = 300, 300
NEW_KEY_WAIT_S = 8.0

_log = logging.getLogger("custodes.federation")


class Entering:
    """Answers `LookEntrances`, `BeginFederated`, `ExchangeCode`, `SignInFederated`."""

    def __init__(self, opened: Opened, readings: Readings, linking: Linking) -> None:
        self._o = opened
        self._readings = readings
        self._linking = linking
        self._tickets = Tickets(opened.clock, opened.dice)
        self._by_peer = Tries(opened.clock, tries_max=PEER_TRIES, window_s=PEER_WINDOW_S)

    async def entrances(self, _ask: LookEntrances) -> Entrances:
        """Issuers that are on and listed, by name."""
        rows = [row for row in self._o.standing.all_of("issuer", Issuer) if row.is_listed and not row.is_off]
        rows.sort(key=lambda row: (row.name, row.id))
        return Entrances(tuple(Entrance(row.id, row.name) for row in rows))

    async def begin(self, ask: BeginFederated) -> FederatedBegun:
        """`no-such-issuer` (absent), `issuer-unread` (unavailable), `too-many-tries` (limited)."""
        self._by_peer.take(ask.peer)
        issuer = self._issuer(ask.issuer)
        kept = self._readings.fresh(issuer.id)
        name, ticket = self._tickets.draw(issuer.id, self._generation(issuer.id))
        url = flow.authorization_url(
            kept.provider,
            issuer.client_id,
            redirect_of(self._o),
            issuer.scopes,
            (ticket.state, ticket.nonce, ticket.verifier),
        )
        return FederatedBegun(url, name)

    async def exchange(self, ask: ExchangeCode) -> CodeExchange:
        """What the plane sends to the token endpoint. `not-authenticated`, `issuer-unread`.

        An answer that names another issuer than the one asked is refused (RFC 9207 section 2.4).
        """
        o = self._o
        ticket = self._tickets.exchange(ask.ticket, ask.state)
        if ticket is None or not 1 <= len(ask.code) <= flow.CODE_CHARS_MAX:
            raise _nobody()
        issuer = self._same(ticket)
        if ask.iss and ask.iss != issuer.url:
            _log.warning("an answer of another issuer for %s", issuer.id)
            raise _nobody()
        kept = self._readings.fresh(issuer.id)
        secret = ""
        if issuer.secret:
            keys = o.keyring.house_keys
            secret = hierarchy.open_credential(keys, o.house, issuer.id, issuer.secret).decode()
        client = (issuer.client_id, issuer.auth.value, secret)
        made = flow.exchange(kept.provider, client, redirect_of(o), ticket.verifier, ask.code)
        return CodeExchange(made, issuer.ca)

    async def sign_in(self, ask: SignInFederated) -> SignedIn:
        """A session by the issuer's word; the entry says which roles it gave."""
        self._by_peer.take(ask.peer)
        ticket = self._tickets.end(ask.ticket, ask.state)
        if ticket is None:
            raise _nobody()
        issuer = self._same(ticket)
        kept = await self._keys_for(issuer, ask.id_token)
        asserted = self._judged(issuer, kept, ticket, ask.id_token)
        at = link_id(self._o.keyring.house_keys.session, issuer.id, asserted.subject)
        roles = roles_for(issuer, (*asserted.groups, *listed_groups(self._o, issuer, at)))
        if not roles:
            raise denied("no-role-mapped")
        credential = await self._credential(issuer, asserted, roles, at)
        listed = self._o.standing.expect("provisioned", str(credential.person)).generation
        given = Asserted(issuer=issuer.id, generation=ticket.generation, listed=listed, roles=roles)
        await self._note(credential, given, self._o.standing.expect("issuer-keys", issuer.id))
        person = self._o.standing.get("person", str(credential.person), Person)
        token, ends = self._o.identities.open_session(credential, given, issuer.session_minutes)
        return SignedIn(
            token=token,
            lapses_at=ends,
            person=str(credential.person),
            name=person.name if person else "",
        )

    async def _keys_for(self, issuer: Issuer, token: str) -> IssuerKeys:
        """The keys; read again when the token names one that is new to us."""
        kept = self._readings.fresh(issuer.id)
        kid = tokens.key_id(token) if len(token) <= tokens.TOKEN_CHARS_MAX else None
        if kid is not None and all(key.kid != kid for key in kept.keys):
            await self._readings.until_news(issuer.id, NEW_KEY_WAIT_S)
            kept = self._readings.fresh(issuer.id)
        return kept

    def _judged(self, issuer: Issuer, kept: IssuerKeys, ticket: Ticket, token: str) -> Said:
        expected = Expected(
            issuer=issuer.url,
            client_id=issuer.client_id,
            nonce=ticket.nonce,
            begun_at_s=ticket.begun_at_s,
            subject_claim=issuer.subject_claim,
            groups_claim=issuer.groups_claim,
        )
        judged = tokens.judge(token, kept.keys, expected, self._o.clock.now())
        if judged.asserted is None:
            _log.warning("a token by issuer %s does not hold: %s", issuer.id, judged.reason)
            raise _nobody()
        return judged.asserted

    async def _credential(
        self, issuer: Issuer, asserted: Said, roles: tuple[str, ...], at: str
    ) -> Credential:
        """Under which he is known here; a newcomer's is made where the organisation admits them."""
        o = self._o
        linked = o.standing.get("linked", at, Linked)
        if linked is None and issuer.admits_unknown:
            await self._linking.admit(issuer, asserted, roles)
            linked = o.standing.get("linked", at, Linked)
        credential = o.standing.get("credential", linked.credential, Credential) if linked else None
        if credential is None:
            raise denied("no-role-mapped")
        return credential

    async def _note(self, credential: Credential, given: Asserted, keys: Expect) -> None:
        o = self._o

        async def once() -> Receipted | Failed:
            who = o.identities.asserted_actor(credential, given, "federated")
            act_id = new_id("act", o.dice)
            entries = await self._entries(who, act_id, credential, given)
            expects = (*who.expects, keys)
            return await o.gate.commit(Act(id=act_id, expects=expects, entries=entries, is_urgent=True))

        o.gate.still_fresh(await o.gate.until_committed(once))

    async def _entries(
        self, who: Identified, act_id: str, credential: Credential, given: Asserted
    ) -> tuple[Entry, ...]:
        o = self._o
        home = o.standing.get("organisation", credential.organisation, Organisation)
        record = single(
            "sign-in",
            who,
            credential.id,
            subject=credential.id,
            reason=credential.kind.value,
            claims=[[given.issuer, "role", role, "signed"] for role in given.roles],
        )
        return await told_entries(o, home, act_id, record)

    def _issuer(self, id_: str) -> Issuer:
        row = self._o.standing.get("issuer", id_, Issuer)
        if row is None or row.is_off:
            raise absent("no-such-issuer")
        return row

    def _same(self, ticket: Ticket) -> Issuer:
        """The issuer as it was when the sign-in began."""
        row = self._o.standing.get("issuer", ticket.issuer, Issuer)
        if row is None or row.is_off or self._generation(row.id) != ticket.generation:
            raise _nobody()
        return row

    def _generation(self, issuer: str) -> int:
        return self._o.standing.expect("issuer", issuer).generation


def redirect_of(o: Opened) -> str:
    """The address the issuer sends the browser back to."""
    return o.body.console.rstrip("/") + "/sign-in/returned"


def _nobody() -> Refusal:
    return unauthenticated("not-authenticated")
