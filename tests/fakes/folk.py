"""A keyroom with people who can sign: trustee, town, custodian and supplier, each person with a file key."""

from dataclasses import dataclass

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks import Signed, Token
from custodes.acts.asks.documents import act_document, hash_of
from custodes.acts.footing.customer import Customer
from custodes.acts.settling import sign_with_root
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.parties.enrol import CredentialEnrolment, OrganisationEnrolment
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, CredentialKind, Organisation, Person
from custodes.parties.signature import FileKeySignature, PasskeySignature, to_sign
from custodes.store.reads import reading

from .keyrooms import World, as_dict
from .lived import lived, settled
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
    """`ada`, `karl` (trustee), `olga`, `anna` (town), `kim` (custodian), `erik` (supplier); `roots` by id."""

    def __init__(self, folder, seed=1):
        super().__init__(folder, seed)
        self.roots = {}

    def organisation(self, name, kind, group=None):
        row = super().organisation(name, kind, group)
        root = Ed25519PrivateKey.from_private_bytes(self.dice.draw(32))
        self.roots[row.id] = root
        return msgspec.structs.replace(row, root_key=canonical.b64(root.public_key().public_bytes_raw()))

    def api_token(self, organisation, *, person=None, application=None, customer=None):
        if person is not None and customer is None and organisation == self.town.id:
            customer = self.customer_row.id
        return super().api_token(organisation, person=person, application=application, customer=customer)

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
                "customer": self.customer_row.id if organisation.kind is PartyKind.CUSTOMER else None,
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


in_folk = lived(lambda folder: settled(FolkWorld(folder)))
"""A test over a fresh, settled house."""


def organisation_document(world, called, kind, **more):
    """A fresh organisation's own enrolment document and the root key that signs it."""
    id_ = new_id("org", world.dice)
    root = Ed25519PrivateKey.from_private_bytes(world.dice.draw(32))
    fields = {
        "id": id_,
        "name": called,
        "kind": kind,
        "controlling_group": called.lower(),
        "country": "DE",
        "root_key": canonical.b64(root.public_key().public_bytes_raw()),
        "enrolled_at": to_text(world.clock.now()),
        "is_demo": True,
        **more,
    }
    document = OrganisationEnrolment(
        v="custodes/enrol-organisation/v1", house=world.body.id, organisation=Organisation(**fields)
    )
    return document, root


def credential_document(world, person, organisation, *, roles=(), signer="root", **more):
    """A file key's enrolment document and the file key itself."""
    private = Ed25519PrivateKey.from_private_bytes(world.dice.draw(32))
    fields = {
        "id": new_id("crd", world.dice),
        "kind": CredentialKind.FILE_KEY,
        "organisation": organisation,
        "person": person,
        "public": canonical.b64(private.public_key().public_bytes_raw()),
        "created_at": to_text(world.clock.now()),
        "is_demo": True,
        **more,
    }
    document = CredentialEnrolment(
        v="custodes/enrol-credential/v1",
        house=world.body.id,
        credential=Credential(**fields),
        roles=roles,
        signer=signer,
        at=to_text(world.clock.now()),
    )
    return document, private


def by_root(document, root):
    """(document, signature) as `Enrol` wants them."""
    made = sign_with_root(document, root)
    return made.document, canonical.encode(msgspec.to_builtins(made.signature))


async def refused(awaitable, code=None):
    """The refusal an ask ends in."""
    with pytest.raises(Refusal) as caught:
        await awaitable
    assert code is None or caught.value.code == code, caught.value
    return caught.value


def entry(world, log, index, owner=None):
    """The entry as its customer would see it, verified against its leaf."""
    o = world.keyroom.opened
    row = reading(world.engine, lambda r: r.opening(log, index))
    page = reading(world.engine, lambda r: r.page(o.house, row.page))
    leaf = reading(world.engine, lambda r: r.leaves(log, index, index + 1))[0]
    owner = owner or o.standing.get("customer", log.partition("/")[0], Customer)
    return o.records.unseal(owner, page, row, leaf)


def entries(world, log, act):
    """All entries of one act code in a log, oldest first."""
    rows = reading(world.engine, lambda r: r.openings(log, code=act, limit=500))
    return [entry(world, log, row.index) for row in sorted(rows, key=lambda row: row.index)]
