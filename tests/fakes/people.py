"""A directory for party tests: a trustee, a town, a supplier, with people who can sign."""

from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.kernel.canonical import b64
from custodes.parties.roles import PartyKind
from custodes.parties.rows import (
    Credential,
    CredentialKind,
    Directory,
    Membership,
    Organisation,
    Person,
    directory,
)

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SINCE = "2026-01-01T00:00:00Z"


def key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))


def public(name: str) -> str:
    return b64(key(name).public_key().public_bytes_raw())


def organisation(name: str, kind: PartyKind, group: str | None = None) -> Organisation:
    return Organisation(
        id=f"org-{name}",
        name=name.title(),
        kind=kind,
        controlling_group=group or name,
        country="DE",
        root_key=public(f"root {name}"),
        enrolled_at=SINCE,
        customers=(f"cus-{name}",) if kind is PartyKind.CUSTOMER else (),
    )


def member(name: str, org: str, *roles: str, until: str | None = None) -> Membership:
    return Membership(
        id=f"mem-{name}-{org}",
        person=f"per-{name}",
        organisation=f"org-{org}",
        roles=roles,
        since=SINCE,
        until=until,
    )


def credential(name: str, org: str, label: str = "", **more: object) -> Credential:
    fields: dict[str, object] = {
        "id": f"crd-{name}{label}",
        "kind": CredentialKind.FILE_KEY,
        "organisation": f"org-{org}",
        "person": f"per-{name}",
        "public": public(name + label),
        "created_at": SINCE,
        **more,
    }
    return Credential(**fields)  # type: ignore[arg-type]


ROWS = (
    organisation("house", PartyKind.TRUSTEE),
    organisation("town", PartyKind.CUSTOMER),
    organisation("maker", PartyKind.SUPPLIER),
    Person(id="per-anna", name="Anna"),
    Person(id="per-olga", name="Olga"),
    Person(id="per-tom", name="Tom"),
    Person(id="per-erik", name="Erik"),
    member("anna", "town", "approver"),
    member("olga", "town", "owner"),
    member("tom", "house", "approver"),
    member("erik", "maker", "engineer"),
    credential("anna", "town"),
    credential("olga", "town"),
    credential("tom", "house"),
    credential("erik", "maker"),
)


def people(*more: object, without: tuple[str, ...] = ()) -> Directory:
    ids = {row.id for row in more} | set(without)  # type: ignore[attr-defined]
    return directory(1, [*(row for row in ROWS if row.id not in ids), *more])  # type: ignore[list-item]
