"""A keyroom with people who can sign: trustee, town, custodian and supplier, each person with a file key."""

import asyncio
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks import Signed, Token
from custodes.acts.asks.documents import act_document, hash_of
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, CredentialKind, Organisation, Person
from custodes.parties.signature import FileKeySignature, PasskeySignature, to_sign

from .keyrooms import World, as_dict
from .passkey import Passkey


@dataclass
class Signer:
    """One person of one organisation, with a token and a key he signs with."""

    world: "FolkWorld"
    person: Person
    organisation: Organisation
    token: Token
    credential: Credential
    private: Ed25519PrivateKey | Passkey

    def sign(self, document: bytes) -> bytes:
        return self.sign_hash(hash_of(document))

    def sign_hash(self, digest: bytes) -> bytes:
        if isinstance(self.private, Passkey):
            made: FileKeySignature | PasskeySignature = self.private.sign(
                digest, self.credential.id, origin=self.world.body.console, rp_id="localhost"
            )
        else:
            made = FileKeySignature(
                credential=self.credential.id, signature=canonical.b64(self.private.sign(to_sign(digest)))
            )
        return canonical.encode(msgspec.to_builtins(made))

    def signed(self, ask, row, *, at=None):
        """The ask again, with evidence signed over the present generation of `row`."""
        o = self.world.keyroom.opened
        when = at or to_text(self.world.clock.now())
        document = act_document(ask, o.house, o.standing.expect(*row).generation, when)
        return msgspec.structs.replace(ask, evidence=Signed(self.token, when, self.sign(document)))


class FolkWorld(World):
    """`world.ada`, `world.karl` (trustee), `world.olga`, `world.anna` (town), `world.kim` (custodian)."""

    async def settle_in(self):
        now = await super().settle_in()
        await self.put(("organisation", self.town.id, "", self.town))
        self.custodian = self.organisation("Custodian", PartyKind.CUSTODIAN)
        self.supplier = self.organisation("Maker", PartyKind.SUPPLIER)
        self.supplier = Organisation(**{**as_dict(self.supplier), "customers": (self.customer_row.id,)})
        for row in (self.custodian, self.supplier):
            await self.put(("organisation", row.id, "", row))
        self.ada = await self.signer("Ada", self.trustee, ("administrator",))
        self.karl = await self.signer("Karl", self.trustee, ("key-officer", "approver"))
        self.olga = await self.signer("Olga", self.town, ("owner", "key-officer"))
        self.anna = await self.signer("Anna", self.town, ("approver",), passkey=True)
        self.kim = await self.signer("Kim", self.custodian, ("share-holder",))
        self.erik = await self.signer("Erik", self.supplier, ("engineer",))
        return now

    async def signer(self, name, organisation, roles, *, passkey=False):
        person, token = await self.enrol_person(name, organisation, roles)
        return await self.key_for(person, organisation, token, passkey=passkey)

    async def key_for(self, person, organisation, token, *, passkey=False, **more):
        """A signing key for somebody who is there already."""
        seed = self.dice.draw(32)
        private = (
            Passkey(int.from_bytes(seed[:8], "big"))
            if passkey
            else Ed25519PrivateKey.from_private_bytes(seed)
        )
        public = private.cose if isinstance(private, Passkey) else private.public_key().public_bytes_raw()
        credential = Credential(
            **{
                "id": new_id("crd", self.dice),
                "kind": CredentialKind.PASSKEY if passkey else CredentialKind.FILE_KEY,
                "organisation": organisation.id,
                "person": person.id,
                "public": canonical.b64(public),
                "passkey_id": f"passkey-of-{person.id}" if passkey else None,
                "created_at": to_text(self.clock.now()),
                "is_demo": True,
                **more,
            }
        )
        await self.put(("credential", credential.id, "", credential))
        return Signer(self, person, organisation, token, credential, private)

    async def change(self, noun, row, **fields):
        """Put a standing row with other fields."""
        changed = msgspec.structs.replace(row, **fields)
        await self.put((noun, row.id, "", changed))
        return changed


def in_folk(work):
    """A test over a fresh, settled house."""

    def test(tmp_path):
        async def run():
            world = FolkWorld(tmp_path)
            await world.open()
            try:
                await world.settle_in()
                await work(world)
            finally:
                await world.close()
                world.engine.dispose()

        asyncio.run(run())

    test.__name__ = work.__name__
    test.__doc__ = work.__doc__
    return test
