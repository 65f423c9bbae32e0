"""Uses of keys: encrypt, decrypt, rewrap, data keys, signatures, message codes."""

from collections.abc import Awaitable, Callable

from custodes.acts.asks import Doors
from custodes.acts.asks.transit.uses import TransitUsed, UseTransit
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.protocols.transit.asking import asked
from custodes.protocols.transit.messages import Outcome
from custodes.protocols.transit.telling import told
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .exchange import answer, customer_of, evidence_of, name_of, posted, sent

_ROWS = (
    # path, verb, action
    ("encrypt/{key}", "encrypt", "key:use-wrap"),
    ("decrypt/{key}", "decrypt", "key:use-unwrap"),
    ("rewrap/{key}", "rewrap", "key:use-unwrap"),
    ("datakey/{more}/{key}", "datakey", "key:use-wrap"),
    ("sign/{key}", "sign", "key:use-sign"),
    ("sign/{key}/{hash}", "sign", "key:use-sign"),
    ("verify/{key}", "verify", "key:use-verify"),
    ("verify/{key}/{hash}", "verify", "key:use-verify"),
    ("hmac/{key}", "mac", "key:use-sign"),
    ("hmac/{key}/{hash}", "mac", "key:use-sign"),
)


class UsesOfTransit:
    """One ask for each request, however many items it holds."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return tuple(
            row
            for path, verb, action in _ROWS
            for row in posted(f"transit/{path}", _name(path, verb), self._does(verb), action)
        )

    def _does(self, verb: str) -> Callable[[Call], Awaitable[Reply]]:
        async def does(call: Call) -> Reply:
            return await self._use(verb, call)

        return does

    async def _use(self, verb: str, call: Call) -> Reply:
        evidence, key = evidence_of(call), name_of(call)
        wanted = asked(verb, sent(call), call.path.get("hash", ""), call.path.get("more", ""))
        items = tuple(one.item for one in wanted.entered if one.item is not None)
        outcomes: tuple[Outcome, ...] = ()
        if items:
            ask = UseTransit(
                evidence=evidence,
                key=key,
                verb=wanted.verb,
                items=items,
                how=wanted.how,
                customer=customer_of(call),
            )
            outcomes = (await self._ask(ask)).outcomes
        status, data = told(wanted, outcomes)
        return answer(call, data, status=status)

    async def _ask(self, ask: UseTransit) -> TransitUsed:
        try:
            return await self._doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind is Kind.ABSENT:  # other engines answer a use of no key with 400, not 404
                raise malformed("no-such-transit-key") from refusal
            raise


def _name(path: str, verb: str) -> str:
    return f"transit-{verb}" + ("-by-hash" if "{hash}" in path else "")
