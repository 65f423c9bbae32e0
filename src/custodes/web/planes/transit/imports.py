"""Keys that come in wrapped: what they are wrapped to, a new key, a further version of one."""

from custodes.acts.asks import Doors
from custodes.acts.asks.transit.imports import ImportKey, LookImportKey
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.protocols.transit import importing
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .exchange import answer, customer_of, evidence_of, name_of, posted, row, sent

NO_CONTENT = 204


class ImportsOfTransit:
    """`transit/wrapping_key`, and `import` and `import_version` of a key."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (
            row(
                "GET", "transit/wrapping_key", "transit-wrapping-key", self.wrapping_key, action="key:create"
            ),
            *posted("transit/keys/{key}/import", "transit-import-key", self.import_, "key:create"),
            *posted(
                "transit/keys/{key}/import_version", "transit-import-version", self.version, "key:rotate"
            ),
        )

    async def wrapping_key(self, call: Call) -> Reply:
        """The public half, made when it is first asked for by somebody who may make keys."""
        ask = LookImportKey(evidence=evidence_of(call), customer=customer_of(call))
        return answer(call, importing.shown((await self._doors.ask(ask)).public))

    async def import_(self, call: Call) -> Reply:
        """A key of this name, which no key may have yet."""
        evidence, wanted = evidence_of(call), importing.incoming(sent(call))
        ask = ImportKey(
            evidence=evidence,
            parcel=wanted.parcel,
            name=name_of(call),
            kind=wanted.kind,
            hash_name=wanted.hash_name,
            is_rotated_here=wanted.is_rotated_here,
            customer=customer_of(call),
        )
        await self._doors.ask(ask)
        return Reply(status=NO_CONTENT)

    async def version(self, call: Call) -> Reply:
        """One version more, of a key that came in."""
        evidence, wanted = evidence_of(call), importing.incoming(sent(call))
        ask = ImportKey(
            evidence=evidence,
            parcel=wanted.parcel,
            key=name_of(call),
            hash_name=wanted.hash_name,
            customer=customer_of(call),
        )
        try:
            await self._doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind is Kind.ABSENT:
                raise malformed("no-such-transit-key") from refusal
            raise
        return Reply(status=NO_CONTENT)
