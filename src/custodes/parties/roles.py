"""The one table of roles: which kind of party has which, and what they are for.

What a role may *do* is in `policy.actions`; a house test compares the two.
"""

from enum import StrEnum
from types import MappingProxyType

import msgspec


class PartyKind(StrEnum):
    """What an organisation is to the house."""

    CUSTOMER = "customer"
    TRUSTEE = "trustee"
    PROVIDER = "provider"
    SUPPLIER = "supplier"
    WITNESS = "witness"
    AUDITOR = "auditor"
    CUSTODIAN = "custodian"


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `counts` means that an approval given in this role can count in a quorum."""

    party: PartyKind
    name: str
    german: str
    english: str
    counts: bool = False


_ROWS = (
    Role(
        party=PartyKind.CUSTOMER,
        name="owner",
        german="Verantwortliche Stelle: entscheidet über Regeln, Grenze und Schlüssel",
        english="Owner: decides on rules, boundary and keys",
        counts=True,
    ),
    Role(
        party=PartyKind.CUSTOMER,
        name="approver",
        german="Genehmigt oder verweigert Zugriffe",
        english="Approves or denies access",
        counts=True,
    ),
    Role(
        party=PartyKind.CUSTOMER,
        name="key-officer",
        german="Verwaltet die Schlüssel des Kunden",
        english="Looks after the customer's keys",
        counts=True,
    ),
    Role(
        party=PartyKind.CUSTOMER,
        name="reader",
        german="Liest Objekte und Protokoll",
        english="Reads objects and the log",
    ),
    Role(
        party=PartyKind.CUSTOMER,
        name="auditor",
        german="Liest Protokoll und Nachweise, keine Daten",
        english="Reads log and proofs, no data",
    ),
    Role(
        party=PartyKind.CUSTOMER,
        name="application",
        german="Fachverfahren: liest und schreibt seine Objekte",
        english="Application: reads and writes its objects",
    ),
    Role(
        party=PartyKind.CUSTOMER,
        name="directory",
        german="Personalverzeichnis: meldet, wer dazugehört und wer ausscheidet",
        english="Directory: tells who belongs and who leaves",
    ),
    Role(
        party=PartyKind.TRUSTEE,
        name="administrator",
        german="Verwaltet die Installation, liest keine Daten",
        english="Runs the installation, reads no data",
    ),
    Role(
        party=PartyKind.TRUSTEE,
        name="approver",
        german="Genehmigt oder verweigert Zugriffe für die Treuhand",
        english="Approves or denies access for the trustee",
        counts=True,
    ),
    Role(
        party=PartyKind.TRUSTEE,
        name="key-officer",
        german="Entsiegelt, verwaltet Schlüssel, schaltet ab",
        english="Unseals, looks after keys, kills",
        counts=True,
    ),
    Role(
        party=PartyKind.TRUSTEE,
        name="auditor",
        german="Innenrevision: liest Protokoll und Nachweise",
        english="Internal audit: reads log and proofs",
    ),
    Role(
        party=PartyKind.TRUSTEE,
        name="directory",
        german="Personalverzeichnis: meldet, wer dazugehört und wer ausscheidet",
        english="Directory: tells who belongs and who leaves",
    ),
    Role(
        party=PartyKind.SUPPLIER,
        name="engineer",
        german="Sucht Störungen; liest nur unter einer Freigabe",
        english="Looks for faults; reads only under a grant",
    ),
    Role(
        party=PartyKind.SUPPLIER,
        name="directory",
        german="Personalverzeichnis: meldet, wer dazugehört und wer ausscheidet",
        english="Directory: tells who belongs and who leaves",
    ),
    Role(
        party=PartyKind.PROVIDER,
        name="operator",
        german="Betreibt Speicher oder Rechner; liest nichts",
        english="Runs storage or machines; reads nothing",
    ),
    Role(
        party=PartyKind.WITNESS,
        name="witness",
        german="Bezeugt Prüfpunkte des Protokolls",
        english="Cosigns checkpoints of the log",
    ),
    Role(
        party=PartyKind.AUDITOR,
        name="auditor",
        german="Prüft für den Kunden oder die Aufsicht",
        english="Audits for the customer or a supervisor",
    ),
    Role(
        party=PartyKind.AUDITOR,
        name="counter-signatory",
        german="Zeichnet gegen, wo der Kunde nicht gefragt werden darf",
        english="Countersigns where the customer may not be asked",
        counts=True,
    ),
    Role(
        party=PartyKind.CUSTODIAN,
        name="share-holder",
        german="Verwahrt einen Schlüsselanteil",
        english="Holds a key share",
        counts=True,
    ),
)

ROLES: MappingProxyType[tuple[PartyKind, str], Role] = MappingProxyType(
    {(row.party, row.name): row for row in _ROWS}
)


def is_role(party: PartyKind, name: str) -> bool:
    """Whether organisations of this kind have such a role."""
    return (party, name) in ROLES


def role_counts(party: PartyKind, names: tuple[str, ...]) -> bool:
    """Whether one of these roles lets an approval count in a quorum."""
    return any(ROLES[(party, name)].counts for name in names if (party, name) in ROLES)
