"""A real house in a folder whose town has lent a key to AWS: processes, sockets and files as installed."""

import asyncio
from base64 import b64encode
from typing import Any

import msgspec

from custodes.acts.clouds.xks import access_id
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.connections import Connection, ConnectionKind, Lent
from custodes.parties.rows import Credential, CredentialKind
from custodes.wiring.keyroom import assembled

from .houses import House
from .ports import free_port
from .rows import put

NAMES = {"both": ("wrap", "unwrap"), "seal": ("wrap",), "open": ("unwrap",), "none": ()}


class CloudHouse(House):
    """`connection` is lent one key under four names, each for something else; `pair` is its credential."""

    def __init__(
        self, folder: Any, demands: dict[str, tuple[str, ...]] | None = None, **settings: Any
    ) -> None:
        """`demands` are the connection's settings, the others the house's."""
        super().__init__(folder, **{"xks_port": free_port(), **settings})
        self.demands = demands or {}

    def found(self) -> "CloudHouse":
        super().found()
        asyncio.run(self._connect())
        return self

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.settings.xks_port}"

    def path(self, last: str) -> str:
        return f"/{self.connection.id}/kms/xks/v1/{last}"

    async def _connect(self) -> None:
        async with assembled(self.settings, "a local token of no use") as keyroom:
            await keyroom.unseal(b"")
            o = keyroom.opened
            customer = self.customer.id
            key_id, id_ = new_id("key", self.dice), new_id("crd", self.dice)
            scope = Scope(house=o.house, customer=customer, key=key_id)
            wrapped = hierarchy.make_key_version(o.keyring.root(self.customer), scope, 1, self.dice)
            now = self.clock.now().replace(microsecond=0)
            key = keys.create(key_id, customer, ("registry", ""), wrapped, now)
            self.connection = Connection(
                id=new_id("con", self.dice),
                customer=customer,
                organisation=self.customer.organisation,
                kind=ConnectionKind.XKS,
                name="AWS",
                lent=tuple(Lent(key=key_id, name=name, verbs=verbs) for name, verbs in NAMES.items()),
                settings=self.demands,
                made_at=to_text(now),
                is_demo=True,
            )
            secret = b64encode(self.dice.draw(32))
            sealed = hierarchy.wrap_credential(o.keyring.house_keys, o.house, id_, secret, self.dice)
            credential = Credential(
                id=id_,
                kind=CredentialKind.XKS_KEY,
                organisation=self.customer.organisation,
                application=self.connection.id,
                customer=customer,
                secret=canonical.b64(sealed),
                created_at=to_text(now),
                is_demo=True,
            )
            self.pair = (access_id(id_), secret.decode())
            house = msgspec.structs.replace(self.customer, id=self.body.id)
            rows = [
                ("key", key_id, customer, key),
                ("connection", self.connection.id, customer, self.connection),
                ("credential", id_, customer, credential),
            ]
            await put(keyroom, house, rows)
