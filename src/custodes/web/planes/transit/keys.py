"""Keys: made, read, listed, rotated, set. What would let one out or end it is refused, with the way to it."""

from custodes.acts.asks import Doors, Token
from custodes.acts.asks.keys import CreateKey, MoveKey
from custodes.acts.asks.transit.keys import LookTransitKey, LookTransitKeys, SetKeyMinimum, TransitKey
from custodes.kernel.refusal import Kind, Refusal, absent, conflict, malformed
from custodes.protocols.transit import creating, telling
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .exchange import answer, customer_of, evidence_of, name_of, posted, row, sent

REASON = "transit"
_SEALS, _SIGNS = {"encrypt", "decrypt"}, {"sign"}


class KeysOfTransit:
    """Keys by name."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (
            row("GET", "transit/keys", "transit-keys", self.list, action="key:read"),
            row("GET", "transit/keys/{key}", "transit-key", self.read, action="key:read"),
            *posted("transit/keys/{key}", "transit-create-key", self.create, "key:create"),
            *posted("transit/keys/{key}/rotate", "transit-rotate-key", self.rotate, "key:rotate"),
            *posted("transit/keys/{key}/config", "transit-set-key", self.set, "key:disable"),
            row("DELETE", "transit/keys/{key}", "transit-delete-key", self.delete, action="key:destroy"),
        )

    async def list(self, call: Call) -> Reply:
        """Names of keys; none at all is 404, as elsewhere."""
        if call.request.query_params.get("list") != "true":
            raise malformed("method-not-allowed", allow=("LIST",))
        ask = LookTransitKeys(evidence=evidence_of(call), customer=customer_of(call))
        names = (await self._doors.ask(ask)).names
        if not names:
            raise absent("no-such-key")
        return answer(call, {"keys": names})

    async def read(self, call: Call) -> Reply:
        """One key."""
        return answer(call, _shown(await self._look(call, evidence_of(call))))

    async def create(self, call: Call) -> Reply:
        """A key of this name; one that is there already is shown as it is, if it is of the same kind."""
        evidence, name = evidence_of(call), name_of(call)
        wanted = creating.new_key(sent(call))
        found = await self._found(call, evidence)
        if found is None:
            names = await self._doors.ask(LookTransitKeys(evidence=evidence, customer=customer_of(call)))
            await self._doors.ask(
                CreateKey(evidence, names.customer, name, True, wanted.kind, wanted.is_derived)
            )
            found = await self._look(call, evidence)
        elif found.kind != wanted.kind or found.is_derived != wanted.is_derived:
            raise conflict("name-taken")
        return answer(call, _shown(found))

    async def rotate(self, call: Call) -> Reply:
        """A new version."""
        evidence = evidence_of(call)
        found = await self._look(call, evidence)
        await self._doors.ask(MoveKey(evidence, found.id, "rotate", REASON))
        return answer(call, _shown(await self._look(call, evidence)))

    async def set(self, call: Call) -> Reply:
        """The oldest version that opens; nothing else of a key can be set."""
        evidence = evidence_of(call)
        found = await self._look(call, evidence)
        wanted = creating.minimum(sent(call), found.versions[-1].n)
        if wanted is not None and wanted != found.version_min:
            await self._doors.ask(SetKeyMinimum(evidence=evidence, key=found.id, version=wanted))
        return answer(call, _shown(await self._look(call, evidence)))

    async def delete(self, call: Call) -> Reply:
        """Nobody destroys a key alone."""
        await self._look(call, evidence_of(call))
        raise malformed("deletion-by-quorum")

    async def _look(self, call: Call, evidence: Token) -> TransitKey:
        ask = LookTransitKey(evidence=evidence, key=name_of(call), customer=customer_of(call))
        return await self._doors.ask(ask)

    async def _found(self, call: Call, evidence: Token) -> TransitKey | None:
        try:
            return await self._look(call, evidence)
        except Refusal as refusal:
            if refusal.kind is Kind.ABSENT:
                return None
            raise


def _shown(key: TransitKey) -> dict[str, object]:
    uses = set(key.uses)
    is_imported = any(one.origin == "imported" for one in key.versions)
    facts = {
        "derived": key.is_derived,
        "imported_key": is_imported,
        **({"imported_key_allow_rotation": key.is_rotated_here} if is_imported else {}),
        "supports_decryption": uses >= _SEALS,
        "supports_derivation": key.kind in {"aes256-gcm96", "aes128-gcm96"},
        "supports_encryption": uses >= _SEALS,
        "supports_signing": uses >= _SIGNS,
    }
    versions = [(one.n, one.created_at, one.public) for one in key.versions]
    return telling.key(key.name, key.kind, versions, key.version_min, facts)
