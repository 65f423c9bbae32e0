"""The life of a connection: made, changed, switched, ended by people; its credentials drawn here, shown once.

To make or widen one takes a signature of the customer's officer: whoever holds a connection's credential has
its keys used. To switch one off takes anybody who looks after keys, at once and without further ado.
"""

from base64 import b64encode

import msgspec

from custodes.acts import signed
from custodes.acts.answers.said import changed
from custodes.acts.asks.clouds.connections import (
    ConnectionKeyMade,
    ConnectionKeyView,
    Connections,
    ConnectionTried,
    ConnectionView,
    DropConnectionKey,
    LentKey,
    LookConnections,
    MakeConnectionKey,
    MoveConnection,
    SetConnection,
    TryConnection,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import REASON_CHARACTERS_MAX, alter, customer, may_read, permit
from custodes.acts.writing.act import Expect
from custodes.custody import hierarchy
from custodes.custody.keys import Key
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import Refusal, absent, conflict, malformed
from custodes.parties import connections
from custodes.parties.connections import Connection, ConnectionKind, ConnectionState, Lent
from custodes.parties.rows import Credential, CredentialKind, CredentialState, Organisation
from custodes.policy.question import Resource
from custodes.protocols.xks import flow

from .health import Healths
from .xks import access_id

LABEL_CHARACTERS_MAX = 100
SECRET_BYTES = 32  # 44 characters of base64: AWS takes 43 to 64
STATES = {"on": ConnectionState.ON, "off": ConnectionState.OFF, "end": ConnectionState.ENDED}
KEYS_OF = {ConnectionKind.XKS: CredentialKind.XKS_KEY}  # kinds whose other end is given a credential


class ConnectionAnswers:
    """Answers `SetConnection`, `MoveConnection`, `MakeConnectionKey`, `DropConnectionKey`,
    `LookConnections`.
    """

    def __init__(self, opened: Opened, healths: Healths) -> None:
        self._o = opened
        self._healths = healths

    async def set(self, ask: SetConnection) -> ConnectionView:
        """`bad-connection` (malformed), `no-such-customer`, `no-such-connection`, `no-such-key` (absent),
        `connection-ended` (conflict).
        """
        o = self._o
        id_ = ask.id or new_id("con", o.dice)

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("connection", ask.id))
            owner = customer(o, ask.customer)
            expects = permit(o, who, "connection:change", _resource(id_, owner.id)).expects
            old = self._row(ask.id) if ask.id else None
            if old is not None and old.customer != owner.id:
                raise absent("no-such-connection")
            if old is not None and old.state is ConnectionState.ENDED:
                raise conflict("connection-ended")
            row = self._made(ask, id_, owner, old)
            return _alteration("connection.set", who, row, owner, expects=expects)

        await alter(o, decide, ask, ask.evidence)
        return self.view(self._row(id_))

    async def move(self, ask: MoveConnection) -> ConnectionView:
        """`unknown-verb` (malformed), `no-such-connection` (absent), `connection-ended` (conflict)."""
        o = self._o
        state = STATES.get(ask.verb)
        if state is None or len(ask.reason) > REASON_CHARACTERS_MAX:
            raise malformed("unknown-verb" if state is None else "reason-too-long")
        action = "connection:stop" if state is ConnectionState.OFF else "connection:change"

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("connection", ask.connection))
            old = self._row(ask.connection)
            owner = customer(o, old.customer)
            expects = permit(o, who, action, _resource(old.id, owner.id)).expects
            if old.state is ConnectionState.ENDED:
                raise conflict("connection-ended")
            row = msgspec.structs.replace(old, state=state)
            return _alteration(f"connection.{ask.verb}", who, row, owner, expects=expects, reason=ask.reason)

        await alter(o, decide, ask, ask.evidence, is_urgent=state is ConnectionState.OFF)
        return self.view(self._row(ask.connection))

    async def make_key(self, ask: MakeConnectionKey) -> ConnectionKeyMade:
        """Drawn, sealed, shown once. `bad-connection` (malformed) for a kind that has none,
        `no-such-connection` (absent), `connection-keys-two` (conflict) when two are live already.
        """
        o = self._o
        id_ = new_id("crd", o.dice)
        secret = b64encode(o.dice.draw(SECRET_BYTES))
        sealed = hierarchy.wrap_credential(o.keyring.house_keys, o.house, id_, secret, o.dice)
        if len(ask.label) > LABEL_CHARACTERS_MAX or not (ask.label.isprintable()):
            raise malformed("bad-connection")

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("connection", ask.connection))
            row = self._row(ask.connection)
            owner = customer(o, row.customer)
            expects = permit(o, who, "connection:change", _resource(row.id, owner.id)).expects
            kind = KEYS_OF.get(row.kind)
            if kind is None:
                raise malformed("bad-connection")
            if row.state is ConnectionState.ENDED:
                raise conflict("connection-ended")
            if len(self._keys(row)) >= connections.LIVE_KEYS_MAX:
                raise conflict("connection-keys-two")
            credential = Credential(
                id=id_,
                kind=kind,
                organisation=row.organisation,
                application=row.id,
                customer=row.customer,
                secret=canonical.b64(sealed),
                created_at=to_text(o.clock.now()),
                label=ask.label,
                is_demo=row.is_demo,
            )
            return _of_key("enrol.credential", who, credential, owner, expects=expects)

        await alter(o, decide, ask, ask.evidence)
        return ConnectionKeyMade(id_, access_id(id_), secret.decode("ascii"))

    async def drop_key(self, ask: DropConnectionKey) -> ConnectionView:
        """`no-such-connection`, `no-such-credential` (absent), `credential-revoked` (conflict)."""
        o = self._o
        if len(ask.reason) > REASON_CHARACTERS_MAX:
            raise malformed("reason-too-long")

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            row = self._row(ask.connection)
            owner = customer(o, row.customer)
            expects = permit(o, who, "connection:stop", _resource(row.id, owner.id)).expects
            credential = o.standing.get("credential", ask.credential, Credential)
            if credential is None or credential.application != row.id:
                raise absent("no-such-credential")
            if credential.state is not CredentialState.ACTIVE:
                raise conflict("credential-revoked")
            dead = msgspec.structs.replace(credential, state=CredentialState.REVOKED)
            return _of_key("revoke.credential", who, dead, owner, expects=expects, reason=ask.reason)

        await alter(o, decide, ask, ask.evidence, is_urgent=True)
        return self.view(self._row(ask.connection))

    async def try_out(self, ask: TryConnection) -> ConnectionTried:
        """By anybody who may look at it; its entry is `connection.check`. `no-such-connection` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        row = self._row(ask.connection)
        await may_read(o, who, "connection:read", _resource(row.id, row.customer))
        code = ""
        try:
            await self._healths.of(row, who.actor, is_fresh=True)
        except Refusal as refusal:
            code = refusal.code
        else:
            code = self._healths.last(row)
        return ConnectionTried(row.id, to_text(o.clock.now()), code)

    async def look(self, ask: LookConnections) -> Connections:
        """All of a customer's, by name; `no-such-customer` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = customer(o, ask.customer)
        await may_read(o, who, "connection:read", _resource(owner.id, owner.id))
        rows = sorted(
            o.standing.all_of("connection", Connection, owner.id), key=lambda row: (row.name, row.id)
        )
        return Connections(tuple(self.view(row) for row in rows))

    def view(self, row: Connection) -> ConnectionView:
        """A connection as shown."""
        return ConnectionView(
            id=row.id,
            customer=row.customer,
            kind=row.kind.value,
            name=row.name,
            state=row.state.value,
            keys=tuple(LentKey(one.key, one.name, one.verbs) for one in row.lent),
            settings=row.settings,
            credentials=tuple(
                ConnectionKeyView(one.id, access_id(one.id), one.label, one.created_at)
                for one in self._keys(row)
            ),
            path=f"/{row.id}" if row.kind is ConnectionKind.DKE else flow.uri_path(row.id),
            made_at=row.made_at,
            generation=self._o.standing.expect("connection", row.id).generation,
            beneficiary="" if row.kind in connections.KEYED else connections.beneficiary_of(row),
        )

    def _keys(self, row: Connection) -> tuple[Credential, ...]:
        """Its live credentials, the oldest first."""
        found = (
            one
            for one in self._o.standing.all_of("credential", Credential, row.customer)
            if one.application == row.id and one.state is CredentialState.ACTIVE
        )
        return tuple(sorted(found, key=lambda one: (one.created_at, one.id)))

    def _row(self, id_: str) -> Connection:
        row = self._o.standing.get("connection", id_, Connection) if is_id("con", id_) else None
        if row is None:
            raise absent("no-such-connection")
        return row

    def _made(self, ask: SetConnection, id_: str, owner: Customer, old: Connection | None) -> Connection:
        o = self._o
        try:
            kind = ConnectionKind(ask.kind)
        except ValueError as error:
            raise malformed("bad-connection") from error
        home = o.standing.get("organisation", owner.organisation, Organisation)
        lent = tuple(Lent(key=one.key, name=one.name or one.key, verbs=one.verbs) for one in ask.keys)
        row = Connection(
            id=id_,
            customer=owner.id,
            organisation=owner.organisation,
            kind=kind,
            name=ask.name,
            lent=lent,
            settings={name: tuple(values) for name, values in ask.settings.items() if values},
            state=old.state if old else ConnectionState.ON,
            made_at=old.made_at if old else to_text(o.clock.now()),
            is_demo=bool(home and home.is_demo),
        )
        if not connections.is_good(row) or (old is not None and old.kind is not kind):
            raise malformed("bad-connection")
        for one in lent:
            key = o.standing.get("key", one.key, Key) if is_id("key", one.key) else None
            if key is None or key.customer != owner.id:
                raise absent("no-such-key")
        return row


def _resource(id_: str, owner: str) -> Resource:
    return Resource(kind="connection", id=id_, customer=owner)


def _alteration(
    act: str,
    who: Identified,
    row: Connection,
    owner: Customer,
    *,
    expects: tuple[Expect, ...],
    reason: str = "",
) -> Alteration:
    record = changed(act, who, row.id, row, connection=row.id, reason=reason or None)
    return Alteration(
        changes=(Change(noun="connection", id=row.id, customer=owner.id, value=row),),
        records=((owner, record),),
        expects=expects,
    )


def _of_key(
    act: str,
    who: Identified,
    row: Credential,
    owner: Customer,
    *,
    expects: tuple[Expect, ...],
    reason: str = "",
) -> Alteration:
    """The hash leaves the secret out."""
    bare = msgspec.structs.replace(row, secret=None, label="")
    record = changed(act, who, row.id, bare, connection=str(row.application), reason=reason or None)
    return Alteration(
        changes=(Change(noun="credential", id=row.id, customer=owner.id, value=row),),
        records=((owner, record),),
        expects=expects,
    )
