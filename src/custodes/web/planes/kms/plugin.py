"""The three calls, as bytes in and bytes out; nothing of gRPC is here."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from custodes.acts.asks import Doors, Token
from custodes.acts.asks.transit.keys import LookTransitKey, TransitKey
from custodes.acts.asks.transit.uses import UseTransit
from custodes.kernel.refusal import Refusal, malformed, unavailable
from custodes.protocols.kms_v2 import messages
from custodes.protocols.transit.messages import Item, Outcome

Call = Callable[[bytes], Awaitable[bytes]]


class Plugin:
    """One key, used as one application."""

    def __init__(self, doors: Doors, key: str, token: str) -> None:
        self._doors = doors
        self._key = key
        self._evidence = Token(token)

    def __repr__(self) -> str:
        return f"Plugin(key={self._key!r})"

    def calls(self) -> Mapping[str, Call]:
        """By the names of the interface."""
        return MappingProxyType({"Status": self.status, "Encrypt": self.encrypt, "Decrypt": self.decrypt})

    async def status(self, _raw: bytes) -> bytes:
        """`ok` only if the keyroom answers, knows the token and would use the key; else why not."""
        try:
            key = await self._look()
        except Refusal as refusal:
            return messages.status(refusal.code, "")
        healthz = key.stands_still or (messages.OK if key.state == "active" else f"key-{key.state}")
        return messages.status(healthz, messages.key_id_of(key.id, key.versions[-1].n))

    async def encrypt(self, raw: bytes) -> bytes:
        """By the newest version."""
        asked = messages.to_encrypt(raw)
        key = await self._look()
        outcome = await self._use("encrypt", key, Item(body=asked.plaintext), asked.uid)
        return messages.encrypted(outcome.body, messages.key_id_of(key.id, outcome.version))

    async def decrypt(self, raw: bytes) -> bytes:
        """By the version the key id names; another key's id is refused `other-kms-key`."""
        asked = messages.to_decrypt(raw)
        key = await self._look()
        version = messages.version_of(asked.key_id, key.id)
        if version == 0:
            raise malformed("other-kms-key")
        item = Item(body=asked.ciphertext, version=version)
        return messages.decrypted((await self._use("decrypt", key, item, asked.uid)).body)

    async def _look(self) -> TransitKey:
        return await self._doors.ask(LookTransitKey(evidence=self._evidence, key=self._key))

    async def _use(self, verb: str, key: TransitKey, item: Item, uid: str) -> Outcome:
        ask = UseTransit(
            evidence=self._evidence, key=key.id, verb=verb, items=(item,), reason=uid, wire="kms-v2"
        )
        (outcome,) = (await self._doors.ask(ask)).outcomes
        if outcome.fault == "version-below-minimum":
            raise unavailable("version-closed")
        if outcome.fault:
            raise malformed(outcome.fault)
        return outcome
