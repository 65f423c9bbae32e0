"""An office program asks: a key's public half for anybody, its private half for whom the tenant vouches.

The tenant's word is a claim of Microsoft's, recorded as such; whom it admits to which key is the customer's
own list. The keys that verify it are those the logkeeper fetched for an identity issuer of the organisation.
"""

from collections.abc import Callable
from typing import cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from custodes.acts.answers.granted_uses import digest_of
from custodes.acts.asks.clouds.dke import CallDke, DkeDone, LookDkeKey
from custodes.acts.benching.bench import Halver
from custodes.acts.federation.reading import Readings
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.issuers import Issuer
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Before
from custodes.custody.keys import Key, usable_for
from custodes.custody.materials.halves import Halves, public_half, secret_of
from custodes.custody.materials.kinds import RSA_BITS, Use
from custodes.custody.message import Material
from custodes.kernel.actor import Actor, ActorKind
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import Kind, Refusal, absent, denied, unauthenticated
from custodes.law.reasons import vocabulary
from custodes.parties.connections import Connection, ConnectionKind, ConnectionState, beneficiary_of, number
from custodes.policy.question import Decision, Reason
from custodes.protocols.dke import access, flow, messages
from custodes.protocols.dke.tokens import Caller, Expected, judge

from .claiming import Claim, Claims, Wanted
from .using import CloudUses, listed

PARTY = "microsoft-entra"
OPERATION = "decrypt"
_HASH = "sha2-256"


class DkeAnswers:
    """Answers `LookDkeKey`, `CallDke`."""

    def __init__(self, opened: Opened, uses: CloudUses, readings: Readings) -> None:
        self._o = opened
        self._uses = uses
        self._readings = readings

    async def look(self, ask: LookDkeKey) -> DkeDone:
        """The newest version's public half. Whoever cannot use the key now is not shown it either."""
        connection, key = self._key(ask.connection, ask.key)
        version = key.version_current
        if connection.state is not ConnectionState.ON or usable_for(key, Use.DECRYPT) is not None:
            raise absent("no-such-path")
        kid = f"{flow.key_url(_host(connection), connection.id, ask.key)}/{version}"
        days = number(connection, "cache-days") or messages.CACHE_DAYS
        half = cast("RSAPublicKey", public_half(_halves(key, version or 0)))
        return DkeDone(messages.public(half, kid, self._o.clock.now(), days))

    async def call(self, ask: CallDke) -> DkeDone:
        """One content key; see docs/protocols/dke.md for the order of checks."""
        connection, _ = self._key(ask.connection, ask.key)
        _, caller = self._caller(connection, ask.token)
        sealed = messages.sealed(ask.body)
        await self._refuse_unlisted(ask, connection, caller)

        self._o.bench.refuse_if_full()

        def work(material: Material) -> bytes:
            _, key = self._key(ask.connection, ask.key)
            return secret_of(_halves(key, material.version), material)

        private, used = await self._uses.use(lambda: self._wanted(ask, sealed.value), work)
        unseal: Callable[[Halver], bytes] = lambda halver: halver.unseal(private, _HASH, sealed.value)  # noqa: E731
        plaintext = await self._o.bench.run(unseal)
        self._o.decisions.refuse_if_killed(connection.customer)  # it may have been pulled meanwhile
        return DkeDone(messages.opened(plaintext), used.position.log, used.position.index)

    def _wanted(self, ask: CallDke, sealed: bytes) -> Wanted:
        """All of it read again: a use is decided on what stands now. Under a grant the same caller's same
        document is the same use.
        """
        connection, key = self._key(ask.connection, ask.key)
        who, caller = self._caller(connection, ask.token)
        line = access.admits(connection.settings.get("access", ()), ask.key, caller)
        if line is None:
            raise denied("caller-not-listed")
        unusable = usable_for(key, Use.DECRYPT, ask.version)
        if unusable == "version-unknown":
            raise absent("no-such-path")
        return Wanted(
            who=who,
            connection=connection,
            lent=self._uses.lent(connection, ask.key, "unwrap"),
            verb="unwrap",
            use=Use.DECRYPT,
            claims=_claims(caller, line),
            version=ask.version,
            bytes=len(sealed),
            digest=digest_of(f"{caller.object_id}\n{caller.mail}".encode(), sealed),
        )

    def _key(self, id_: str, name: str) -> tuple[Connection, Key]:
        """A connection of this kind and the RSA key it lends by this name; else `no-such-path` (absent)."""
        try:
            connection = self._uses.connection(id_)
            key, _ = self._uses.key_of(connection, self._uses.lent(connection, name))
        except Refusal as refusal:
            if refusal.kind is Kind.ABSENT:
                raise absent("no-such-path") from refusal
            raise
        if connection.kind is not ConnectionKind.DKE or key.kind not in RSA_BITS or not _host(connection):
            raise absent("no-such-path")
        return connection, key

    def _caller(self, connection: Connection, token: str) -> tuple[Identified, Caller]:
        """Whom the tenant vouches for, acting as the connection; `token-refused` for every fault alike."""
        o, host = self._o, _host(connection)
        issuer_id = connection.settings.get("identity-issuer", ("",))[0]
        issuer = o.standing.get("issuer", issuer_id, Issuer)
        if not token or issuer is None or issuer.is_off or issuer.organisation != connection.organisation:
            raise unauthenticated("token-refused", host=host)
        expected = Expected(
            issuers=connection.settings.get("token-issuers", (issuer.url,)),
            audiences=connection.settings.get("audiences", (f"https://{host}",)),
        )
        judged = judge(token, self._readings.fresh(issuer.id).keys, expected, o.clock.now())
        if judged.caller is None:
            raise unauthenticated("token-refused", host=host)
        actor = Actor(
            kind=ActorKind.APPLICATION,
            credential=beneficiary_of(connection),
            organisation=connection.organisation,
            customer=connection.customer,
            roles=("application",),
            how="tenant-token",
        )
        rows = (("connection", connection.id), ("issuer", issuer.id), ("issuer-keys", issuer.id))
        expects = tuple(o.standing.expect(*row) for row in rows)
        ends = Before(judged.caller.ends_at)
        return Identified(actor=actor, expects=(*expects, ends)), judged.caller

    async def _refuse_unlisted(self, ask: CallDke, connection: Connection, caller: Caller) -> None:
        """A caller of the tenant whom no line admits: an entry, then `caller-not-listed` (denied)."""
        if access.admits(connection.settings.get("access", ()), ask.key, caller) is not None:
            return
        o = self._o
        who, _ = self._caller(connection, ask.token)
        _, key = self._key(ask.connection, ask.key)
        owner = o.standing.get("customer", connection.customer, Customer)
        no = Decision(
            allowed=False,
            action="key:use-unwrap",
            kind=Kind.DENIED,
            reasons=(Reason(code="caller-not-listed", scope="-"),),
            rules=(),
            purpose=vocabulary().of(ConnectionKind.DKE.value, OPERATION).purpose,
        )
        if owner is not None:
            more: dict[str, Plain] = {
                "connection": connection.id,
                "claims": listed(_claims(caller, "").plain),
            }
            await o.denials.record(who, owner, Decided(decision=no, expects=()), subject=key.id, more=more)
        raise denied("caller-not-listed")


def _host(connection: Connection) -> str:
    return connection.settings.get("host", ("",))[0]


def _halves(key: Key, version: int) -> Halves:
    return next(one.halves for one in key.versions if one.n == version)


def _claims(caller: Caller, line: str) -> Claims:
    """What the tenant says, and which line of the customer's admitted it (empty: none did)."""
    said = (
        ("iss", caller.issuer),
        ("tid", caller.tenant),
        ("appid", caller.application),
        ("uti", caller.token_id),
    )
    kind = line.partition(" ")[2].partition(":")[0]
    plain = [Claim(PARTY, name, value) for name, value in said if value]
    people = [Claim(PARTY, caller.mail_claim, caller.mail)]
    people += [Claim(PARTY, "oid", caller.object_id)] if caller.object_id else []
    return Claims(
        reason=vocabulary().of(ConnectionKind.DKE.value, OPERATION),
        operation=OPERATION,
        principal=caller.mail,
        plain=(*plain, *([Claim("customer", "admitted-by", kind)] if kind else [])),
        people=tuple(people),
    )
