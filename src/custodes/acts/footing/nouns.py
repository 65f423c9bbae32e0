"""Which nouns stand, and the type of each: the one table of standing rows."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from custodes.acts.footing.break_glass import BreakGlass
from custodes.acts.footing.case_head import CaseHead
from custodes.acts.footing.customer import Customer, LostCustomer
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.house_body import Shard
from custodes.acts.footing.issuers import DirectoryGroup, Issuer, IssuerKeys, Linked, Provisioned
from custodes.acts.footing.tombstone import Tombstone
from custodes.boundary.places import Boundary, Location
from custodes.custody.keys import Key
from custodes.custody.kill import Kill
from custodes.kernel.papers import SealAuditor
from custodes.ledger.retention.terms import Hold, Terms
from custodes.objects.adoption import Adoption
from custodes.objects.bucket import Bucket
from custodes.objects.export import Export
from custodes.objects.limits import CustomerLimits
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.rules.notifying import Webhook
from custodes.parties.connections import Connection
from custodes.parties.cover import Cover
from custodes.parties.rows import Application, Credential, Membership, Organisation, Person
from custodes.policy.rules import RuleSet


class Kills(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All kills of one scope; the row's id is the scope's subject, so that a use can expect its absence."""

    kills: tuple[Kill, ...] = ()


class KeyroomKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further keyroom of the house: its name, and the Ed25519 key it signs heads and receipts with."""

    id: str
    receipt_key: bytes
    enrolled_at: str


class StoreAt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a location's store is: an object-store URI. Its secrets are not here."""

    location: str
    uri: str


class StoreMark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which disk of a location is the one, from 1; without a row none was ever seen there."""

    location: str
    number: int
    set_at: str


class Enrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document by which an organisation or a credential was enrolled, and its signature, as handed in.

    The row's id is the subject's. Its entry holds the document's hash, so whoever follows the log can follow
    every key back to a root key.
    """

    subject: str
    document: bytes
    signature: bytes
    enrolled_at: str


class SealAuditors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who can open veils, any `k` together; the row's id is the house's.

    `before` are the sets that veils of earlier days were sealed to, as (auditors, k).
    """

    auditors: tuple[SealAuditor, ...]
    k: int
    set_at: str
    before: tuple[tuple[tuple[SealAuditor, ...], int], ...] = ()


class WitnessPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tlog-policy; the row's id is the customer's, or the house's for the house's own.

    Without a row, or with an empty policy, the house keeps what it was founded with, and a customer relies on
    the house's.
    """

    policy: str
    set_at: str


class Preservation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case of legal preservation, sealed whole: who reads the row learns that there is one, and no more.

    The row is the house's, whosever data it is about (docs/formats/preservation.md).
    """

    id: str
    version: int
    sealed: bytes


class ClockJump(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clock went ahead without time passing; until it is confirmed nothing is destroyed by time."""

    from_at: str
    to_at: str
    noticed_at: str
    confirmed_at: str | None = None


NOUNS: Mapping[str, type[msgspec.Struct]] = MappingProxyType(
    {
        "organisation": Organisation,
        "person": Person,
        "membership": Membership,
        "application": Application,
        "credential": Credential,
        "customer": Customer,
        "lost-customer": LostCustomer,  # rows of the house
        "key": Key,
        "import-key": Key,  # its row's id is the customer's: what his keys are wrapped to on their way in
        "kills": Kills,
        "rules": RuleSet,
        "enrolment": Enrolment,
        "keyroom": KeyroomKey,
        "location": Location,
        "store": StoreAt,
        "store-mark": StoreMark,  # its row's id is the location's
        "boundary": Boundary,  # its row's id is the customer's, so that a use can expect its absence
        "bucket": Bucket,
        "bucket-rules": BucketRules,  # its row's id is the bucket's
        "webhook": Webhook,
        "customer-limits": CustomerLimits,  # its row's id is the customer's
        "grant": Granted,
        "case": CaseHead,
        "tombstone": Tombstone,
        "issuer": Issuer,
        "issuer-keys": IssuerKeys,  # its row's id is the issuer's
        "linked": Linked,
        "seal-auditors": SealAuditors,  # its row's id is the house's
        "witness-policy": WitnessPolicy,  # its row's id is the customer's, or the house's
        "provisioned": Provisioned,  # its row's id is the person's
        "directory-group": DirectoryGroup,
        "cover": Cover,  # its row's id is the organisation's
        "break-glass": BreakGlass,  # its row's id is the customer's
        "clock": ClockJump,
        "preservation": Preservation,  # rows of the house
        "shard": Shard,  # its row's id is the house's
        "connection": Connection,
        "export": Export,
        "adoption": Adoption,
        "retention": Terms,  # its row's id is the customer's
        "hold": Hold,
    }
)

KILLS_OF_HOUSE = "house"
CLOCK_OF_HOUSE = "house"
