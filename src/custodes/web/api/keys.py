"""Keys: uses (the hot path), life, list."""

import msgspec

from custodes.acts.asks import Doors
from custodes.acts.asks.keys import CreateKey, Keys, KeyView, LookKeys, MoveKey, Used, UseKey
from custodes.acts.asks.transit.keys import LookTransitKey, SetKeyMinimum, TransitKey
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .asking import Row, endpoints
from .evidence import evidence_of

USE_BYTES_MAX = 65_536
_USE = (
    "bad-context",
    "bad-token",
    "customer-killed",
    "forbidden",
    "house-killed",
    "house-sealed",
    "key-suspended",
    "no-such-thing",
    "not-authenticated",
    "token-mismatch",
    "unknown-purpose",
)
_MOVE = (
    "asker-did-not-sign",
    "bad-signature-form",
    "destruction-not-scheduled",
    "destruction-scheduled",
    "forbidden",
    "key-active",
    "key-deactivated",
    "key-destroyed",
    "key-suspended",
    "no-such-thing",
    "not-authenticated",
    "signature-refused",
    "signatures-too-few",
    "waiting-days",
    "waiting-period-runs",
)
_VERBS = (
    ("rotate", "A new version wraps from now on"),
    ("disable", "Nobody can use the key until it is enabled"),
    ("enable", "The key can be used again"),
    ("schedule-destruction", "Destroy the key after a waiting period; two signatures"),
    ("cancel-destruction", "Call a scheduled destruction off"),
    ("destroy", "Destroy the key for ever; two signatures"),
)


class Use(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One use: `message` is what is wrapped, or what wrapping gave; bytes as base64.

    `context` must be the same at both ends.
    """

    message: bytes
    context: bytes = b""
    purpose: str = "operation"
    reason: str = ""


ROWS = (
    Row(
        method="GET",
        path="/v1/customers/{customer}/keys",
        name="list-keys",
        action="key:read",
        ask=LookKeys,
        gives=Keys,
        summary="All keys of a customer",
        refusals=("forbidden", "no-such-thing", "not-authenticated"),
    ),
    Row(
        method="POST",
        path="/v1/customers/{customer}/keys",
        name="create-key",
        action="key:create",
        ask=CreateKey,
        gives=KeyView,
        summary="Create a key",
        refusals=("bad-name", "forbidden", "name-taken", "no-such-thing", "not-authenticated", "bad-kind"),
    ),
    *(
        Row(
            method="POST",
            path=f"/v1/keys/{{key}}/{verb}",
            name=f"{verb}-key",
            action=f"key:{verb}",
            ask=MoveKey,
            gives=KeyView,
            summary=summary,
            fixed={"verb": verb},
            refusals=_MOVE,
        )
        for verb, summary in _VERBS
    ),
    Row(
        method="GET",
        path="/v1/keys/{key}/nature",
        name="show-key-nature",
        action="key:read",
        ask=LookTransitKey,
        gives=TransitKey,
        summary="What a key is made of, and the public half of each version that has one",
        refusals=(*_MOVE, "key-name-twice"),
    ),
    Row(
        method="PUT",
        path="/v1/keys/{key}/minimum",
        name="set-key-minimum",
        action="key:disable",
        ask=SetKeyMinimum,
        gives=KeyView,
        summary="Versions below open and verify nothing any more, until it is lowered again",
        refusals=(*_MOVE, "minimum-unchanged", "version-unknown"),
    ),
)


class KeysApi:
    """Everything about keys; the two uses have no step that is not needed."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def wrap(self, call: Call) -> Reply:
        """Wrap."""
        return await self._use(call, "wrap")

    async def unwrap(self, call: Call) -> Reply:
        """Unwrap."""
        return await self._use(call, "unwrap")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        uses = tuple(
            Endpoint(
                method="POST",
                path=f"/v1/keys/{{key}}/{verb}",
                name=f"{verb}-with-key",
                action=f"key:use-{verb}",
                does=does,
                summary=summary,
                takes=Use,
                gives=Used,
                body_bytes_max=USE_BYTES_MAX,
                timeout_ms=5_000,
                refusals=_USE,
            )
            for verb, does, summary in (
                ("wrap", self.wrap, "Wrap bytes with a key; its entry is durable before the answer"),
                ("unwrap", self.unwrap, "Unwrap; its entry is durable before the key is used"),
            )
        )
        return (*uses, *endpoints(self._doors, ROWS))

    async def _use(self, call: Call, verb: str) -> Reply:
        use: Use = call.taken(Use)
        return Reply(
            gives=await self._doors.ask(
                UseKey(
                    evidence_of(call),
                    call.path["key"],
                    verb,
                    use.message,
                    use.context,
                    use.purpose,
                    use.reason,
                )
            )
        )
