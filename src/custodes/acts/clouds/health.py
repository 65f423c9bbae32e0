"""Whether a use would succeed now: a real round trip with a test key of the customer's own.

It opens the customer's root through his holder, seals and opens a message under a key made of it, and commits
an entry, so that a full disk or a stuck writer shows. No key of the customer's is touched. An answer is kept
for less than a minute, as the XKS specification allows.
"""

import hmac
from typing import NamedTuple

from custodes import __version__
from custodes.acts.footing.customer import Customer
from custodes.acts.opened import Opened
from custodes.acts.permitted import customer as customer_of
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed
from custodes.custody import external
from custodes.custody.hierarchy import Scope
from custodes.custody.message import Material
from custodes.custody.wrap import KEY_BYTES, hkdf_sha512
from custodes.kernel.actor import Actor
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, conflict, locked
from custodes.parties.connections import Connection, ConnectionState
from custodes.protocols.xks.messages import Ekm, Health

KEPT_MS = 50_000
VENDOR = "Custodes"
TEST_KEY = "custodes/test-key/v1"
_PROBE = b"a harmless round trip"


class Kept(NamedTuple):
    """The last result: `code` is empty when all went well."""

    at_ms: int
    seq: int
    code: str


class Healths:
    """Deep checks of connections, at most one a minute each."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._kept: dict[str, Kept] = {}

    async def of(self, connection: Connection, actor: Actor, *, is_fresh: bool = False) -> Health:
        """The fleet as AWS is told of it. `connection-off`, and what stands still (locked)."""
        if connection.state is not ConnectionState.ON:
            raise locked("connection-off")
        code = await self._check(connection, actor, is_fresh=is_fresh)
        grade = self._o.holders[customer_of(self._o, connection.customer).holder].grade
        return Health(
            xks_proxy_fleet_size=1,
            xks_proxy_vendor=VENDOR,
            xks_proxy_model=f"{VENDOR} {__version__}",
            ekm_vendor=VENDOR,
            ekm_fleet_details=(
                Ekm(
                    id=self._o.house,
                    model=f"{VENDOR} {__version__}, root kept by: {grade}",
                    health_status="UNAVAILABLE" if code else "ACTIVE",
                ),
            ),
        )

    def last(self, connection: Connection) -> str:
        """The code of the last check; empty where all went well, or nobody has looked."""
        kept = self._kept.get(connection.id)
        return kept.code if kept is not None else ""

    async def _check(self, connection: Connection, actor: Actor, *, is_fresh: bool) -> str:
        """The code of what would stop a use, empty for nothing. What is locked is raised."""
        o = self._o
        customer = customer_of(o, connection.customer)
        o.decisions.refuse_if_killed(customer.id)
        kept = self._kept.get(connection.id)
        now = o.clock.boot_ms()
        if not is_fresh and kept is not None and now - kept.at_ms < KEPT_MS and kept.seq == o.standing.seq:
            return kept.code
        code = ""
        try:
            await self._round_trip(connection, customer, actor)
        except Refusal as refusal:
            if refusal.kind is Kind.LOCKED:
                raise
            code = refusal.code
        self._kept[connection.id] = Kept(now, o.standing.seq, code)
        return code

    async def _round_trip(self, connection: Connection, customer: Customer, actor: Actor) -> None:
        o = self._o
        o.witnessing.refuse_if_stale(customer.id)
        await o.records.ready(customer)
        secret = hkdf_sha512(o.keyring.root(customer), b"", TEST_KEY.encode())[:KEY_BYTES]
        scope = Scope(house=o.house, customer=customer.id, key=TEST_KEY)
        material = Material(scope=scope, version=1, secret=secret)
        mark, iv = external.new_mark(1, o.dice), o.dice.draw(external.NONCE_BYTES)
        sealed = external.encrypt(material, mark, iv, mark, _PROBE)
        if not hmac.compare_digest(external.decrypt(material, mark, iv, mark, sealed), _PROBE):
            raise Refusal("round-trip-differs", Kind.BROKEN)
        act_id = new_id("act", o.dice)
        record = Record(
            act="connection.check",
            subject=connection.id,
            fields={
                "actor": actor.credential,
                "actor_kind": actor.kind.value,
                "phase": "single",
                "connection": connection.id,
            },
        )
        entry = o.records.seal(customer, act_id, 0, record)
        outcome = await o.gate.commit(Act(id=act_id, entries=(entry,)))
        if isinstance(outcome, Failed):
            raise conflict("changed-meanwhile")
        o.gate.still_fresh(outcome)
