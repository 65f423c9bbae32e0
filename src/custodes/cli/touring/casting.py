"""Founding the cast of a demo: every party by the asks and signed documents a real one comes with.

Only the trustee's first two people are settled in by the founder, as in every house. Whoever comes after is
enrolled by a document under his organisation's root key, and makes his own token by his own signature.
"""

from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts import settling
from custodes.acts.asks import Ask, Session, Signed, Token
from custodes.acts.asks import parties as asks
from custodes.acts.asks.documents import act_document, hash_of, vetting_document
from custodes.acts.asks.objects import CreateBucket, MoveBucket
from custodes.acts.asks.rules import LookPlaces, SetBoundary, SetLocation
from custodes.acts.keyroom import Keyroom
from custodes.acts.settling import FirstPerson, Settling, SignedDocument, sign_with_root
from custodes.adapters import file_key
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.enrol import CredentialEnrolment, OrganisationEnrolment
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, CredentialKind, Organisation, Person

from . import cast as players
from .cast import Access, Cast, Player

T = TypeVar("T")

BUCKET = "register"
LOCATION = "demo-store"
TOWN = "Musterstadt"

_ORGANISATIONS = {
    "trustee": ("Musterland IT", PartyKind.TRUSTEE),
    "town": ("Stadt Musterstadt", PartyKind.CUSTOMER),
    "supplier": ("Fachverfahren GmbH", PartyKind.SUPPLIER),
    "provider": ("Rechenzentrum Nord", PartyKind.PROVIDER),
    "custodian": ("Kreis Musterkreis", PartyKind.CUSTODIAN),
}
_PEOPLE = {
    "ada": ("Ada Adler", "trustee", ("administrator",)),
    "karl": ("Karl Kern", "trustee", ("approver", "key-officer")),
    "olga": ("Olga Ott", "town", ("owner",)),
    "anna": ("Anna Amsel", "town", ("approver",)),
    "erik": ("Erik Esser", "supplier", ("engineer",)),
    "kim": ("Kim Kunze", "custodian", ("share-holder",)),
}


async def cast(keyroom: Keyroom, folder: Path, store: Path) -> Cast:
    """Settle in, enrol everybody, place a bucket inside the town's boundary.

    `folder` is there and is left with everybody's keys; `store` is the folder where the bucket's data lies.
    """
    casting = _Casting(keyroom, folder)
    await casting.trustee()
    customer = await casting.town()
    await casting.others(customer)
    done = await casting.bucket(customer, store)
    players.save(folder, done)
    return done


class _Casting:
    """The house while its parties come in one after the other."""

    def __init__(self, keyroom: Keyroom, folder: Path) -> None:
        self._keyroom = keyroom
        self._house = keyroom.opened.house
        self._folder = folder
        self._clock, self._dice = SystemClock(), SystemDice()
        self._roots: dict[str, Ed25519PrivateKey] = {}
        self._ids: dict[str, str] = {}
        self._people: dict[str, Player] = {}

    async def trustee(self) -> None:
        """The trustee and its first two people, settled in by the founder."""
        organisation = self._organisation("trustee", ())
        first = []
        passwords = {}
        for key in ("ada", "karl"):
            person = Person(id=new_id("per", self._dice), name=_PEOPLE[key][0], mail=_mail(key), country="DE")
            passwords[key] = self._password()
            document, player = self._enrolment(key, person.id, None)
            self._people[key] = msgspec.structs.replace(player, password=passwords[key])
            first.append(FirstPerson(person=person, enrolments=(document,), password=passwords[key]))
        await settling.settle_in(
            self._keyroom.opened, Settling(organisation=organisation, people=tuple(first))
        )
        for key in ("ada", "karl"):
            await self._make_token(key, await self._sign_in(key))

    async def town(self) -> str:
        """The town as a customer, with its people."""
        await self._enrol(self._organisation("town", ()))
        made = await self._ask(asks.CreateCustomer(self._token("ada"), self._ids["town"], TOWN))
        for key in ("olga", "anna"):
            await self._join(key, made.id)
        return made.id

    async def others(self, customer: str) -> None:
        """The supplier who serves the town, with an engineer; who runs the place where data lies; and a
        custodian, without whom the trustee cannot lift a kill of the whole house.
        """
        await self._enrol(self._organisation("supplier", (customer,)))
        await self._enrol(self._organisation("provider", ()))
        await self._enrol(self._organisation("custodian", ()))
        await self._join("erik", None)
        await self._join("kim", None)

    async def bucket(self, customer: str, store: Path) -> Cast:
        """An application with its key, a place, the boundary round it, and a bucket there."""
        olga = self._token("olga")
        application = await self._ask(asks.CreateApplication(olga, customer, "Register office"))
        town = await self._ask(asks.MakeCredential(olga, "s3-key", application.id, "Register office"))
        session = await self._sign_in("erik")
        engineer = await self._signed(
            "erik", asks.MakeCredential(session, "s3-key", self._people["erik"].person, "Erik's client")
        )
        location = await self._location(customer, store)
        made = await self._ask(
            CreateBucket(olga, BUCKET, locations=(location,), customer=customer, owners=(application.id,))
        )
        await self._ask(MoveBucket(olga, BUCKET, "versioning-on"))
        return Cast(
            house=self._house,
            organisations=self._ids,
            customer=customer,
            application=application.id,
            bucket=BUCKET,
            bucket_id=made.id,
            location=location,
            people=self._people,
            town_access=_access(town),
            engineer_access=_access(engineer),
        )

    async def _location(self, customer: str, store: Path) -> str:
        place = {
            "name": LOCATION,
            "country": "DE",
            "operator": self._ids["provider"],
            "jurisdictions": ["DE"],
            "is_demo": True,
        }
        made = await self._ask(SetLocation(self._token("ada"), canonical.encode(place), f"file://{store}"))
        session = await self._sign_in("olga")
        seen = await self._ask(LookPlaces(session, customer))
        boundary = canonical.encode({"areas": ["EU"], "jurisdictions": ["EU"]})
        await self._signed("olga", SetBoundary(session, customer, boundary), seen.generation)
        return made.id

    async def _join(self, key: str, customer: str | None) -> None:
        """A person, seen by two, with a key his organisation enrols, a token and a password of his own."""
        ada = self._token("ada")
        made = await self._ask(asks.CreatePerson(ada, _PEOPLE[key][0], _mail(key), "DE"))
        digest = hash_of(vetting_document(self._house, made.id, made.generation))
        approvals = tuple(players.sign(self._folder, self._people[one], digest) for one in ("ada", "karl"))
        await self._ask(asks.VetPerson(ada, made.id, approvals))
        document, player = self._enrolment(key, made.id, customer)
        await self._enrol(document)
        self._people[key] = player
        session = await self._sign_in(key)
        await self._make_token(key, session)
        password = self._password()
        await self._signed(key, asks.MakeCredential(session, "password", made.id, "Console", secret=password))
        self._people[key] = msgspec.structs.replace(self._people[key], password=password)

    async def _make_token(self, key: str, session: Session) -> None:
        ask = asks.MakeCredential(session, "api-token", self._people[key].person, "Demo")
        made = await self._signed(key, ask)
        self._people[key] = msgspec.structs.replace(self._people[key], token=made.secret)

    async def _sign_in(self, key: str) -> Session:
        begun = await self._ask(asks.BeginPasskey("sign-in"))
        signature = players.sign(self._folder, self._people[key], hash_of(begun.document))
        done = await self._ask(asks.SignIn(signature=signature, challenge=begun.challenge))
        return Session(done.token)

    async def _signed(self, key: str, ask: Ask[T], generation: int = 0) -> T:
        """The ask again with his signature over it, on the row of that generation."""
        at = to_text(self._clock.now())
        document = act_document(ask, self._house, generation, at)
        signature = players.sign(self._folder, self._people[key], hash_of(document))
        evidence = Signed(getattr(ask, "evidence"), at, signature)  # noqa: B009 - every ask here has one
        return await self._ask(msgspec.structs.replace(ask, evidence=evidence))

    async def _enrol(self, signed: SignedDocument) -> None:
        raw = canonical.encode(msgspec.to_builtins(signed.signature))
        await self._ask(asks.Enrol(self._token("ada"), signed.document, raw))

    def _organisation(self, key: str, customers: tuple[str, ...]) -> SignedDocument:
        name, kind = _ORGANISATIONS[key]
        root = Ed25519PrivateKey.from_private_bytes(self._dice.draw(32))
        self._roots[key] = root
        self._ids[key] = new_id("org", self._dice)
        row = Organisation(
            id=self._ids[key],
            name=name,
            kind=kind,
            controlling_group=name,
            country="DE",
            root_key=canonical.b64(root.public_key().public_bytes_raw()),
            enrolled_at=to_text(self._clock.now()),
            customers=customers,
            is_demo=True,
        )
        document = OrganisationEnrolment(
            v="custodes/enrol-organisation/v1", house=self._house, organisation=row
        )
        return sign_with_root(document, root)

    def _enrolment(self, key: str, person: str, customer: str | None) -> tuple[SignedDocument, Player]:
        name, home, roles = _PEOPLE[key]
        public = file_key.create(self._folder / f"{key}.key", None, self._dice)
        now = to_text(self._clock.now())
        row = Credential(
            id=new_id("crd", self._dice),
            kind=CredentialKind.FILE_KEY,
            organisation=self._ids[home],
            person=person,
            customer=customer,
            public=canonical.b64(public),
            created_at=now,
            label="File key",
            is_demo=True,
        )
        document = CredentialEnrolment(
            v="custodes/enrol-credential/v1",
            house=self._house,
            credential=row,
            roles=roles,
            signer="root",
            at=now,
        )
        player = Player(
            name=name,
            mail=_mail(key),
            organisation=self._ids[home],
            roles=roles,
            person=person,
            file_key=row.id,
            key_file=f"{key}.key",
            token="",
            password="",
        )
        return sign_with_root(document, self._roots[home]), player

    def _password(self) -> str:
        return "-".join(self._dice.draw(3).hex() for _ in range(3))

    def _token(self, key: str) -> Token:
        return Token(self._people[key].token)

    async def _ask(self, ask: Ask[T]) -> T:
        return await self._keyroom.ask(ask)


def _mail(key: str) -> str:
    return f"{key}@{_PEOPLE[key][1]}.example"


def _access(made: asks.CredentialMade) -> Access:
    return Access(credential=made.id, access_id=made.access_id, secret=made.secret)
