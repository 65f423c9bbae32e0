"""What an onboarding file says: the one table of its members, from which its JSON Schema is drawn too.

Everything is named by the names people use; ids appear only where a name is not enough (`customers[].id`). A
list that is left out is not managed: nothing of it is compared. Format: docs/reference/onboarding.md.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from custodes.kernel.described import described
from custodes.kernel.refusal import Refusal
from custodes.parties.roles import PartyKind

from . import reading
from .reading import Text, fault

FORMAT: Final = "onboarding/v1"

Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Mail: TypeAlias = Annotated[str, msgspec.Meta(min_length=3, max_length=200, pattern="^[^@\\s]+@[^@\\s]+$")]
Country: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
Area: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Z][A-Z0-9-]{1,9}$")]
Key: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9+/]{43}=$")]
Role: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z-]{1,40}$")]
Areas: TypeAlias = Annotated[tuple[Area, ...], msgspec.Meta(max_length=300)]
Line: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
Names: TypeAlias = Annotated[tuple[Name, ...], msgspec.Meta(max_length=100)]


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything a file may say."""


class Organisation(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A legal entity, found by its root key where one is given, else by its name.

    `group` is who controls it: entities of one group count as one in every quorum. `root_key` is its
    Ed25519 public key (32 bytes, base64); it enters the installation by that key's own signature only.
    """

    name: Name
    kind: PartyKind
    country: Country
    group: Name | UnsetType = UNSET
    root_key: Key | UnsetType = UNSET


class Person(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A human being, found by his mail address. `vetted`: two officers have seen his identity document.

    Roles come with a key that an officer or a root key of the organisation enrols, and with nothing else.
    """

    mail: Mail
    name: Name
    organisation: Name
    roles: Annotated[tuple[Role, ...], msgspec.Meta(max_length=8)]
    country: Country | UnsetType = UNSET
    vetted: bool = True


class Location(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place where bytes can lie. What is left out is not known, and what is not known is outside.

    `operator` is an organisation's name; `store` the store's URI, without secrets. It is needed to enter a
    place, and compared only where it is given.
    """

    name: Name
    country: Country | None = None
    operator: Name | None = None
    jurisdictions: Areas = ()
    store: Annotated[str, msgspec.Meta(min_length=4, max_length=500)] | UnsetType = UNSET


class Boundary(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a customer's data may lie (`boundary.places.Boundary`)."""

    areas: Areas
    jurisdictions: Areas
    denied_jurisdictions: Areas = ()
    data_classes: Annotated[tuple[Role, ...], msgspec.Meta(max_length=50)] = ()


class Rule(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule: a form of docs/reference/policy-schema.md, and what is filled in."""

    preset: Role
    filled: dict[str, Any] = {}


class Application(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer's software."""

    name: Name


class CustomerKey(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wrapping key."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Bucket(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket of the S3 endpoint. `key`, `locations`, `owners` (applications) are names.

    Where `key` or `locations` is left out the installation chooses, and nothing is compared.
    """

    name: Annotated[str, msgspec.Meta(min_length=3, max_length=63)]
    key: Name | UnsetType = UNSET
    locations: Names | UnsetType = UNSET
    data_class: Role | UnsetType = UNSET
    owners: Names = ()
    versioning: bool | UnsetType = UNSET


class Customer(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose data it is, found by `id` where one is given, else by name and organisation.

    `witness_policy` are the lines of his own tlog-policy; none: what the house asks for is enough.
    """

    name: Name
    organisation: Name
    id: Annotated[str, msgspec.Meta(pattern="^cus-[0-9a-z]{26}$")] | UnsetType = UNSET
    holder: Annotated[str, msgspec.Meta(max_length=500)] | UnsetType = UNSET
    boundary: Boundary | UnsetType = UNSET
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    witness_policy: Annotated[tuple[Line, ...], msgspec.Meta(max_length=200)] | UnsetType = UNSET
    applications: Annotated[tuple[Application, ...], msgspec.Meta(max_length=1_000)] | UnsetType = UNSET
    keys: Annotated[tuple[CustomerKey, ...], msgspec.Meta(max_length=1_000)] | UnsetType = UNSET
    buckets: Annotated[tuple[Bucket, ...], msgspec.Meta(max_length=1_000)] | UnsetType = UNSET


class Wanted(Member, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    custodes: Literal["onboarding/v1"]
    organisations: Annotated[tuple[Organisation, ...], msgspec.Meta(max_length=500)] = ()
    people: Annotated[tuple[Person, ...], msgspec.Meta(max_length=2_000)] = ()
    locations: Annotated[tuple[Location, ...], msgspec.Meta(max_length=500)] = ()
    customers: Annotated[tuple[Customer, ...], msgspec.Meta(max_length=100)] = ()


def read(raw: bytes) -> tuple[Wanted, Text]:
    """A file in its form, and where everything stands; `file-refused` (malformed).

    Whether its names fit together is `checking.check`.
    """
    text = reading.read(raw)
    try:
        return msgspec.convert(text.value, Wanted), text
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `")
        path = path.rstrip("`") or reading.ROOT
        raise fault("wrong-form", _line(text, path, said), path, said) from error
    except RecursionError as error:
        raise fault("too-deep", 1) from error


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Custodes onboarding file",
        **described(msgspec.json.schema(Wanted)),
    }


def managed(value: Any) -> Any:  # noqa: ANN401 - any list of a customer's
    """The list, empty where it is left out; ask `is UNSET` to tell the two apart."""
    return () if value is UNSET else value


def _line(text: Text, path: str, said: str) -> int:
    """The line of what is wrong: an unknown member's own, else that of what it stands in."""
    name = said.rpartition("unknown field `")[2].rstrip("`")
    return text.line(f"{path}.{name}" if "unknown field" in said and f"{path}.{name}" in text.lines else path)


__all__ = ["FORMAT", "Refusal", "Wanted", "managed", "read", "schema"]
