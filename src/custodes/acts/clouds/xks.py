"""AWS KMS asks: the four calls of an external key store proxy, judged and carried out in the keyroom.

The process in front is believed nothing: path, operation and key are read from the signed bytes, and the body
counts only if its hash is the one that was signed. A name that is not lent to the connection does not exist.
"""

import hashlib
import hmac
from collections import OrderedDict

import msgspec

from custodes.acts.answers.granted_uses import digest_of
from custodes.acts.asks.clouds.xks import CallXks, XksDone
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.custody import external
from custodes.custody.keys import KeyState
from custodes.custody.message import Material
from custodes.kernel.ids import ALPHABET
from custodes.kernel.refusal import Kind, Refusal, limited, malformed, unauthenticated
from custodes.law.reasons import vocabulary
from custodes.parties.connections import Connection, ConnectionKind, ConnectionState, number
from custodes.parties.rows import Credential, CredentialKind
from custodes.protocols.xks import auth, codec, flow
from custodes.protocols.xks.auth import XksClaim
from custodes.protocols.xks.messages import (
    KEY_SPEC,
    Decrypt,
    Decrypted,
    Encrypt,
    Encrypted,
    KeyMetadata,
    Operation,
    Route,
    Said,
)

from .claiming import Claim, Claims, Wanted
from .health import Healths
from .pace import Pace
from .peers import common_name
from .recalling import Earlier
from .repeats import Repeats, act_ids
from .using import CloudUses, Used

PARTY = "aws"
REPEATS_MAX = 3
DAY_KEYS_MAX = 4_096
PREFIX = "CXK"
_AWS_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_AWS = str.maketrans(ALPHABET, _AWS_ALPHABET)
_FROM_AWS = str.maketrans(_AWS_ALPHABET, ALPHABET)
_USAGE = {"wrap": "ENCRYPT", "unwrap": "DECRYPT"}


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call whose signature was verified: by which credential, what it asks for, what it says."""

    credential: Credential
    connection: Connection
    who: Identified
    route: Route
    said: Said
    seq: int  # of what stood when all this was found
    act_ids: tuple[str, ...]  # one of which it must take


class XksAnswers:
    """Answers `CallXks`."""

    def __init__(self, opened: Opened, uses: CloudUses, healths: Healths) -> None:
        self._o = opened
        self._uses = uses
        self._day_keys: OrderedDict[tuple[str, int, str, str], bytes] = OrderedDict()
        self._healths = healths
        self._paces: dict[str, Pace] = {}
        self._repeats = Repeats(span_ms=2 * auth.SKEW_S_MAX * 1000)
        self._earlier = Earlier(opened, span_s=2 * auth.SKEW_S_MAX, times_max=REPEATS_MAX)

    async def call(self, ask: CallXks) -> XksDone:
        """Refusals: see docs/protocols/xks.md."""
        route = flow.route(auth.path_of(ask.claim))  # what it may be; `_signer` verifies the same bytes
        connection = self._connection(route)
        credential, who = self._signer(ask, connection)
        times = await self._times(ask.claim.signature)
        if times >= REPEATS_MAX:
            raise unauthenticated("signature-repeated")
        self._refuse_if_too_fast(connection)
        message = codec.decode(route.operation, ask.body)
        said = codec.said(route.operation, message)
        call = _Call(
            credential=credential,
            connection=connection,
            who=who,
            route=route,
            said=said,
            seq=self._o.standing.seq,
            act_ids=self._act_ids(ask.claim.signature, times),
        )
        if isinstance(message, Encrypt):
            return await self._encrypt(call, message)
        if isinstance(message, Decrypt):
            return await self._decrypt(call, message)
        if route.operation is Operation.HEALTH:
            return XksDone(codec.encode(await self._healths.of(connection, call.who.actor)))
        return self._metadata(connection, route)

    def _signer(self, ask: CallXks, connection: Connection) -> tuple[Credential, Identified]:
        """Whose secret signed this very request: a live one of the connection's. Unknown and wrong cost and
        say the same: `signature-differs` (unauthenticated). Besides: what `auth.verify` and settings refuse.
        """
        o, claim = self._o, ask.claim
        credential = o.standing.get("credential", credential_of(claim.access_key_id), Credential)
        if credential is not None and not _is_of(credential, connection):
            credential = None
        verified = auth.verify(claim, self._day_key(claim, credential), o.clock.now())
        is_whole = hmac.compare_digest(hashlib.sha256(ask.body).hexdigest(), verified.body_sha256)
        if credential is None or not is_whole:
            raise unauthenticated("signature-differs")
        regions = connection.settings.get("regions", ())
        if regions and claim.region not in regions:
            raise unauthenticated("region-not-allowed")
        names = connection.settings.get("client-names", ())
        if names and common_name(ask.certificate) not in names:
            raise unauthenticated("certificate-differs")
        return credential, o.identities.actor_of(credential, "sigv4")

    async def _times(self, signature: str) -> int:
        """How often these bytes came before. Where others answer too, only the database knows."""
        before = 0 if self._o.books.is_shared else await self._earlier.times(signature)
        return before + self._repeats.count(int(signature[:16], 16), self._o.clock.boot_ms())

    def _act_ids(self, signature: str, times: int) -> tuple[str, ...]:
        """Which acts it may be. Where other keyrooms answer too, the database counts: any that is left. Where
        nobody else does it is the next one, and only a later start will look for it.
        """
        return act_ids(signature, range(times, REPEATS_MAX if self._o.books.is_shared else times + 1))

    def _refuse_if_too_fast(self, connection: Connection) -> None:
        most = number(connection, "uses-per-second")
        if most is None:
            return
        pace = self._paces.get(connection.id)
        if pace is None or pace.per_second != most:
            pace = self._paces[connection.id] = Pace(most)
        if not pace.takes(self._o.clock.boot_ms()):
            raise limited("connection-too-fast", per_second=most)

    def _connection(self, route: Route) -> Connection:
        row = self._uses.connection(route.prefix)
        if row.kind is not ConnectionKind.XKS:
            return self._uses.connection("")  # to this wire it does not exist
        return row

    def _day_key(self, claim: XksClaim, credential: Credential | None) -> bytes | None:
        """The day's signing key, opened once; for an unknown credential the same work is done for nothing."""
        o = self._o
        id_ = credential.id if credential is not None else ""
        generation = o.standing.expect("credential", id_).generation
        at = (id_, generation, claim.date, claim.region)
        key = self._day_keys.get(at)
        if key is None:
            secret = o.identities.secret_of(credential) if credential is not None else b"nobody has this"
            key = self._day_keys[at] = auth.day_key(secret, claim)
            if len(self._day_keys) > DAY_KEYS_MAX:
                self._day_keys.popitem(last=False)
        return key if credential is not None else None

    def _wanted(self, call: "_Call", *verbs: str) -> Wanted:
        """All of it read again if anything has changed: a use is decided on what stands now. The first verb
        is what is done.
        """
        o, connection, who = self._o, call.connection, call.who
        if call.seq != o.standing.seq:
            connection = self._connection(call.route)
            credential = o.standing.get("credential", call.credential.id, Credential)
            if credential is None or not _is_of(credential, connection):
                raise unauthenticated("signature-differs")
            who = o.identities.actor_of(credential, "sigv4")
        return Wanted(
            who=who,
            connection=connection,
            lent=self._uses.lent(connection, call.route.key, *verbs),
            verb=verbs[0],
            claims=claims_of(call.said),
            act_ids=call.act_ids,
        )

    async def _encrypt(self, call: "_Call", message: Encrypt) -> XksDone:
        o = self._o
        wants_cdiv = message.ciphertext_data_integrity_value_algorithm is not None

        verbs = ("wrap", "unwrap") if wants_cdiv else ("wrap",)  # a vouched message was opened again

        def want() -> Wanted:
            wanted = self._wanted(call, *verbs)
            return msgspec.structs.replace(wanted, bytes=len(message.plaintext))

        def work(material: Material) -> Encrypted:
            mark = external.new_mark(material.version, o.dice)
            iv = o.dice.draw(external.NONCE_BYTES)
            aad = message.additional_authenticated_data
            given = flow.framed(aad, mark)
            ciphertext, tag = external.encrypt(material, mark, iv, given, message.plaintext)
            value = None
            if wants_cdiv:  # first the value, then the opening: what changes in between is seen
                value = flow.cdiv(aad, mark, iv, ciphertext, tag)
                again = external.decrypt(material, mark, iv, given, (ciphertext, tag))
                if not hmac.compare_digest(again, message.plaintext):
                    raise Refusal("integrity-value-differs", Kind.BROKEN)
            return Encrypted(
                ciphertext=ciphertext,
                ciphertext_metadata=mark,
                initialization_vector=iv,
                authentication_tag=tag,
                ciphertext_data_integrity_value=value,
            )

        answer, used = await self._uses.use(want, work)
        return _done(codec.encode(answer), used)

    async def _decrypt(self, call: "_Call", message: Decrypt) -> XksDone:
        mark = message.ciphertext_metadata
        digest = digest_of(mark + message.additional_authenticated_data, message.ciphertext)

        def want() -> Wanted:
            wanted = self._wanted(call, "unwrap")
            version = external.version_of(mark)
            key, _ = self._uses.key_of(wanted.connection, wanted.lent)
            if all(one.n != version for one in key.versions):
                raise malformed("message-mismatch")
            return msgspec.structs.replace(
                wanted, bytes=len(message.ciphertext), version=version, digest=digest
            )

        def work(material: Material) -> Decrypted:
            given = flow.framed(message.additional_authenticated_data, mark)
            sealed = (message.ciphertext, message.authentication_tag)
            return Decrypted(
                plaintext=external.decrypt(material, mark, message.initialization_vector, given, sealed)
            )

        answer, used = await self._uses.use(want, work)
        return _done(codec.encode(answer), used)

    def _metadata(self, connection: Connection, route: Route) -> XksDone:
        """No key is used and no entry made: what is said is what the connection's own terms say."""
        row = self._uses.lent(connection, route.key)
        key, customer = self._uses.key_of(connection, row)
        is_usable = (
            key.state is KeyState.ACTIVE
            and connection.state is ConnectionState.ON
            and self._o.decisions.killed(customer.id) is None
        )
        answer = KeyMetadata(
            key_spec=KEY_SPEC,
            key_usage=tuple(_USAGE[verb] for verb in row.verbs),
            key_status="ENABLED" if is_usable else "DISABLED",
        )
        return XksDone(codec.encode(answer))


def access_id(credential: str) -> str:
    """The access key id of a credential: AWS allows 20 to 30 of `A-Z2-7`, so its id is spelled in those."""
    return PREFIX + credential.partition("-")[2].translate(_TO_AWS)


def credential_of(access_key_id: str) -> str:
    """Inverse of `access_id`; anything else gives an id nobody has."""
    if not access_key_id.startswith(PREFIX):
        return ""
    return f"crd-{access_key_id[len(PREFIX) :].translate(_FROM_AWS)}"


def claims_of(said: Said) -> Claims:
    """What a request says, with AWS as the party that says it. A principal may be a human being's name."""
    plain = [
        Claim(PARTY, "kmsOperation", said.operation),
        Claim(PARTY, "kmsRequestId", said.request_id),
        *([Claim(PARTY, "kmsKeyArn", said.key_arn)] if said.key_arn else []),
        *([Claim(PARTY, "kmsViaService", said.via)] if said.via else []),
        *(Claim(PARTY, name, value) for name, value in said.more),
    ]
    return Claims(
        reason=vocabulary().of(ConnectionKind.XKS.value, said.operation),
        operation=said.operation,
        principal=said.principal or None,
        resource=said.key_arn or None,
        via=said.via or None,
        plain=tuple(plain),
        people=(Claim(PARTY, "awsPrincipalArn", said.principal),) if said.principal else (),
    )


def _done(body: bytes, used: Used) -> XksDone:
    return XksDone(body, used.position.log, used.position.index)


def _is_of(credential: Credential, connection: Connection) -> bool:
    return credential.kind is CredentialKind.XKS_KEY and credential.application == connection.id
