"""What an ID token would give, without a sign-in: for whoever sets up a mapping and asks why it fails."""

from custodes.acts.asks.identity import TokenTried, TryToken
from custodes.acts.footing.issuers import Issuer, Linked, link_id, roles_for
from custodes.acts.opened import Opened
from custodes.kernel.refusal import Refusal, absent, malformed
from custodes.parties.rows import Credential, CredentialState
from custodes.protocols.oidc import tokens
from custodes.protocols.oidc.messages import Asserted, Expected

from .linking import listed_groups
from .reading import Readings


class Trying:
    """Answers `TryToken`. It opens no session, makes no person and writes nothing."""

    def __init__(self, opened: Opened, readings: Readings) -> None:
        self._o = opened
        self._readings = readings

    async def look(self, ask: TryToken) -> TokenTried:
        """By a person of the issuer's own organisation; everybody else's issuer is absent."""
        o = self._o
        who = o.identities.of(ask.evidence)
        issuer = o.standing.get("issuer", ask.issuer, Issuer)
        is_own = issuer is not None and issuer.organisation == who.actor.organisation
        if issuer is None or who.actor.person is None or not is_own:
            raise absent("no-such-issuer")
        token = ask.id_token.strip()
        if len(token) > tokens.TOKEN_CHARS_MAX:
            raise malformed("token-too-long")
        try:
            kept = self._readings.fresh(issuer.id)
        except Refusal as refusal:
            return TokenTried(reason=refusal.code)
        expected = Expected(
            issuer=issuer.url,
            client_id=issuer.client_id,
            nonce=tokens.nonce_of(token),
            begun_at_s=0,
            subject_claim=issuer.subject_claim,
            groups_claim=issuer.groups_claim,
        )
        judged = tokens.judge(token, kept.keys, expected, o.clock.now())
        if judged.asserted is None:
            return TokenTried(reason=judged.reason)
        return self._shown(issuer, judged.asserted)

    def _shown(self, issuer: Issuer, asserted: Asserted) -> TokenTried:
        o = self._o
        at = link_id(o.keyring.house_keys.session, issuer.id, asserted.subject)
        listed = listed_groups(o, issuer, at)
        given = {*asserted.groups, *listed}
        roles = roles_for(issuer, (*asserted.groups, *listed))
        linked = o.standing.get("linked", at, Linked)
        row = o.standing.get("credential", linked.credential, Credential) if linked else None
        is_known = row is not None and row.state is CredentialState.ACTIVE
        ends_in = "session" if is_known else "newcomer" if linked is None and issuer.admits_unknown else ""
        return TokenTried(
            subject=asserted.subject,
            name=asserted.name,
            groups=asserted.groups,
            listed=tuple(sorted(set(listed))),
            mapped=tuple(pair for pair in issuer.roles if pair[0] in given),
            roles=roles,
            person=linked.person if linked and is_known else "",
            ends_in=ends_in if roles and ends_in else "no-role-mapped",
        )
