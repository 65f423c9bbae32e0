"""The one table of actions and the one table of purposes.

An action is `noun:verb`. The table says on which kind of resource it acts, what it means, which roles of
which kind of party the house lets do it at all (a customer's own rules can only take away), and whether
the customer's set is asked. A customer's rules do not bind actions that protect him from his own
administrators (kill, reset) nor those of the house.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

import msgspec

Roles: TypeAlias = Mapping[str, tuple[str, ...]]

# Shorthands for the table below; a role is spelled as in `parties.roles`.
_APPLICATION = {"customer": ("application",)}
_READING = {"customer": ("application", "reader", "owner")}
_OWNER = {"customer": ("owner",)}
_BOTH_APPROVE = {"customer": ("approver", "owner"), "trustee": ("approver", "key-officer")}
_KEY_WORK = {"customer": ("owner", "key-officer"), "trustee": ("key-officer",)}
_WATCH = {
    "customer": ("owner", "approver", "reader", "auditor"),
    "trustee": ("administrator", "approver", "key-officer", "auditor"),
    "auditor": ("auditor",),
}
_ASKING = {"supplier": ("engineer",), "trustee": ("administrator", "key-officer"), "customer": ("owner",)}
_GRANTED = {"supplier": ("engineer",), "trustee": ("administrator",), "auditor": ("auditor",)}
_ADMIN = {"trustee": ("administrator",)}
_OFFICER = {"trustee": ("key-officer",)}
_BOTH_KEEP = {"customer": ("owner", "approver", "key-officer"), "trustee": ("key-officer", "approver")}
_QUORUM_OF_HOUSE = {"trustee": ("key-officer", "approver"), "custodian": ("share-holder",)}


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One row: `touches_data` means that plaintext or a key to it can come out."""

    name: str
    resource: str
    german: str
    english: str
    roles: Roles
    is_exceptional: bool = False
    touches_data: bool = False
    asks_customer: bool = True


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is done. An exceptional purpose never touches data without a grant."""

    name: str
    german: str
    english: str
    is_exceptional: bool


def _row(name: str, resource: str, german: str, english: str, roles: Roles) -> Action:
    return Action(name=name, resource=resource, german=german, english=english, roles=roles)


def _touching(name: str, resource: str, german: str, english: str, roles: Roles) -> Action:
    return Action(
        name=name, resource=resource, german=german, english=english, roles=roles, touches_data=True
    )


def _grave(name: str, resource: str, german: str, english: str, roles: Roles) -> Action:
    return Action(
        name=name, resource=resource, german=german, english=english, roles=roles, is_exceptional=True
    )


def _house(name: str, resource: str, german: str, english: str, roles: Roles) -> Action:
    return Action(
        name=name,
        resource=resource,
        german=german,
        english=english,
        roles=roles,
        is_exceptional=True,
        asks_customer=False,
    )


_READ_ROLES = {**_READING, **_GRANTED}
_UNWRAP_ROLES = {**_APPLICATION, **_GRANTED}

_ROWS = (
    _touching("object:read", "object", "Objekt lesen", "Read an object", _READ_ROLES),
    _touching(
        "object:write",
        "object",
        "Objekt schreiben",
        "Write an object",
        {"customer": ("application", "owner")},
    ),
    _row("object:delete", "object", "Objekt löschen", "Delete an object", _APPLICATION),
    _row("object:list", "bucket", "Objekte auflisten", "List objects", _READ_ROLES),
    _row(
        "object:lease",
        "bucket",
        "Objekte eines Buckets in Bündeln lesen (ein Eintrag für viele Lesevorgänge)",
        "Read a bucket's objects under a lease (one entry for many reads)",
        _APPLICATION,
    ),
    _row(
        "object:retain",
        "object",
        "Aufbewahrung und Sperre eines Objekts setzen",
        "Set an object's retention and hold",
        {"customer": ("application", "owner")},
    ),
    _row(
        "object:bypass-retention",
        "object",
        "Aufbewahrung (Governance) verkürzen oder übergehen",
        "Shorten or pass by a governance retention",
        {"customer": ("application", "owner")},
    ),
    _row(
        "bucket:create",
        "bucket",
        "Bucket anlegen",
        "Create a bucket",
        {"customer": ("application", "owner")},
    ),
    _row(
        "bucket:delete",
        "bucket",
        "Bucket löschen",
        "Delete a bucket",
        {"customer": ("application", "owner")},
    ),
    _row(
        "bucket:read",
        "bucket",
        "Einstellungen eines Buckets lesen",
        "Read a bucket's settings",
        {**_READING, "trustee": ("administrator",)},
    ),
    _row(
        "bucket:configure",
        "bucket",
        "Bucket einstellen",
        "Configure a bucket",
        {"customer": ("application", "owner")},
    ),
    _grave(
        "bucket:adopt",
        "bucket",
        "Einen Bucket übernehmen, der im Klartext liegt",
        "Adopt a bucket that lies in plain",
        _OWNER,
    ),
    _touching("key:use-wrap", "key", "Mit einem Schlüssel verschlüsseln", "Wrap with a key", _APPLICATION),
    _touching(
        "key:use-unwrap",
        "key",
        "Mit einem Schlüssel entschlüsseln",
        "Unwrap with a key",
        _UNWRAP_ROLES,
    ),
    _touching("key:use-sign", "key", "Mit einem Schlüssel signieren", "Sign with a key", _APPLICATION),
    _touching("key:use-verify", "key", "Mit einem Schlüssel prüfen", "Verify with a key", _APPLICATION),
    _row("key:create", "key", "Schlüssel anlegen", "Create a key", _KEY_WORK),
    _row("key:read", "key", "Angaben zu einem Schlüssel lesen", "Read facts about a key", _WATCH),
    _row("key:rotate", "key", "Schlüssel erneuern", "Rotate a key", _KEY_WORK),
    _grave("key:disable", "key", "Schlüssel sperren", "Disable a key", _KEY_WORK),
    _grave("key:enable", "key", "Schlüssel entsperren", "Enable a key", _KEY_WORK),
    _grave(
        "key:schedule-destruction",
        "key",
        "Vernichtung eines Schlüssels ansetzen",
        "Schedule a key's destruction",
        _KEY_WORK,
    ),
    _house(
        "key:cancel-destruction",
        "key",
        "Angesetzte Vernichtung absagen",
        "Cancel a scheduled destruction",
        {**_KEY_WORK, "customer": ("owner", "key-officer", "approver")},
    ),
    _grave("key:destroy", "key", "Schlüssel vernichten", "Destroy a key", _KEY_WORK),
    _house(
        "kill:pull",
        "customer",
        "Notabschaltung auslösen",
        "Kill: stop every key use",
        {"customer": ("owner", "key-officer", "approver"), "trustee": ("key-officer", "administrator")},
    ),
    _house("kill:lift", "customer", "Notabschaltung aufheben", "Lift a kill", _BOTH_APPROVE),
    _house(
        "kill:pull-house",
        "house",
        "Notabschaltung des ganzen Hauses auslösen",
        "Kill: stop every key use of the house",
        {"trustee": ("key-officer", "administrator")},
    ),
    _house(
        "kill:lift-house",
        "house",
        "Notabschaltung des ganzen Hauses aufheben",
        "Lift a kill of the house",
        _QUORUM_OF_HOUSE,
    ),
    _house(
        "witnesses:change",
        "house",
        "Zeugen des ganzen Hauses festlegen",
        "Choose the witnesses of the house",
        _QUORUM_OF_HOUSE,
    ),
    _grave("lockbox:request", "case", "Zugriff beantragen", "Ask for access", _ASKING),
    _grave("lockbox:approve", "case", "Zugriff genehmigen", "Approve access", _BOTH_APPROVE),
    _grave("lockbox:deny", "case", "Zugriff ablehnen", "Deny access", _BOTH_APPROVE),
    _grave("lockbox:return", "case", "Freigabe vorzeitig zurückgeben", "Return a grant early", _ASKING),
    _house(
        "lockbox:revoke",
        "case",
        "Freigabe widerrufen",
        "Revoke a grant",
        {"customer": ("approver", "owner"), "trustee": ("approver", "key-officer", "administrator")},
    ),
    _grave(
        "lockbox:review",
        "case",
        "Zugriff nachprüfen",
        "Review an access",
        {"customer": ("approver", "owner", "auditor"), "trustee": ("approver", "auditor")},
    ),
    _row("lockbox:read", "case", "Vorgang lesen", "Read a case", {**_WATCH, "supplier": ("engineer",)}),
    _grave("grant:use", "grant", "Freigabe nutzen", "Use a grant", _GRANTED),
    _row("log:read", "log", "Protokoll lesen", "Read the log", _WATCH),
    _row(
        "log:prove",
        "log",
        "Nachweis aus dem Protokoll holen",
        "Take a proof from the log",
        {**_WATCH, "witness": ("witness",)},
    ),
    _house(
        "party:enrol",
        "party",
        "Organisation, Person oder Zugang eintragen",
        "Enrol an organisation, a person or a credential",
        {"trustee": ("administrator",), "customer": ("owner",)},
    ),
    _house(
        "party:revoke",
        "party",
        "Zugang oder Rolle entziehen",
        "Revoke a credential or a role",
        {"trustee": ("administrator", "key-officer"), "customer": ("owner",)},
    ),
    _house(
        "identity:configure",
        "party",
        "Anmeldedienst einer Organisation einrichten",
        "Set up an organisation's identity issuer",
        {"trustee": ("administrator",), "customer": ("owner",)},
    ),
    Action(
        name="person:provision",
        resource="party",
        german="Personen aus einem Verzeichnis übernehmen und ausscheiden lassen",
        english="Take people over from a directory, and let them go",
        roles=dict.fromkeys(("customer", "trustee", "supplier"), ("directory",)),
        asks_customer=False,
    ),
    _house(
        "role:delegate",
        "party",
        "Eigene Rolle für eine Zeit übertragen",
        "Give a role of one's own to a colleague for a time",
        {"customer": ("approver", "owner"), "trustee": ("approver", "key-officer")},
    ),
    _row("party:read", "party", "Beteiligte lesen", "Read parties", _WATCH),
    _grave("policy:change", "policy", "Regeln ändern", "Change the rules", _OWNER),
    _house(
        "policy:reset",
        "policy",
        "Regeln eines Kunden auf die Voreinstellung zurücksetzen",
        "Put a customer's rules back to the preset",
        {"customer": ("owner",), "trustee": ("approver",)},
    ),
    _grave(
        "connection:change",
        "connection",
        "Verbindung eines Cloud-Dienstes einrichten oder ändern",
        "Make or change the connection of a cloud",
        {"customer": ("owner", "key-officer")},
    ),
    _house(
        "connection:stop",
        "connection",
        "Verbindung eines Cloud-Dienstes abschalten",
        "Switch off the connection of a cloud",
        {**_KEY_WORK, "trustee": ("key-officer", "administrator")},
    ),
    _row(
        "connection:read",
        "connection",
        "Verbindungen von Cloud-Diensten ansehen",
        "Look at connections of clouds",
        _WATCH,
    ),
    _row("policy:read", "policy", "Regeln lesen", "Read the rules", _WATCH),
    _grave("boundary:change", "boundary", "Grenze ändern", "Change the boundary", _OWNER),
    _row("boundary:read", "boundary", "Grenze lesen", "Read the boundary", _WATCH),
    _house("location:change", "house", "Speicherort eintragen oder ändern", "Change a location", _ADMIN),
    _house("customer:create", "house", "Kunden anlegen", "Create a customer", _ADMIN),
    _row("customer:read", "customer", "Angaben zum Kunden lesen", "Read a customer's facts", _WATCH),
    _grave(
        "customer:export",
        "customer",
        "Alle Daten des Kunden herausgeben",
        "Export everything of a customer",
        {"customer": ("approver", "owner")},
    ),
    _grave(
        "person-field:erase",
        "log",
        "Personenangaben im Protokoll löschen",
        "Erase person fields of the log",
        _BOTH_APPROVE,
    ),
    _house(
        "house:seal",
        "house",
        "Haus versiegeln",
        "Seal the house",
        {"trustee": ("key-officer", "administrator")},
    ),
    _house(
        "house:unseal",
        "house",
        "Haus entsiegeln",
        "Unseal the house",
        {"trustee": ("key-officer",), "custodian": ("share-holder",)},
    ),
    _house("house:configure", "house", "Haus einstellen", "Configure the house", _ADMIN),
    _house("root:move", "customer", "Wurzel eines Kunden umziehen", "Move a customer's root", _BOTH_KEEP),
    _house("root:rotate", "house", "Wurzeln des Hauses umziehen", "Move the house's roots", _QUORUM_OF_HOUSE),
    _house(
        "house:read",
        "house",
        "Zustand des Hauses sehen",
        "See the state of the house",
        {"trustee": ("administrator", "key-officer", "auditor")},
    ),
    _house(
        "customer:limit",
        "customer",
        "Grenzen eines Kunden festlegen (Speicher, Anfragen)",
        "Set a customer's limits (storage, requests)",
        _ADMIN,
    ),
    _house(
        "webhook:change",
        "customer",
        "Webhooks für Ereignisse einrichten",
        "Set up webhooks for events",
        _OWNER,
    ),
    _house(
        "retention:change",
        "log",
        "Aufbewahrungsfristen ändern, Sperre gegen Löschung aufheben",
        "Change how long entries are kept, end a hold",
        _BOTH_APPROVE,
    ),
    _house(
        "retention:hold",
        "log",
        "Einträge vor der Vernichtung bewahren",
        "Hold entries beyond their term",
        {"customer": ("owner", "approver", "auditor"), "trustee": ("approver", "administrator", "auditor")},
    ),
    _house(
        "clock:read",
        "house",
        "Stand der Uhr sehen",
        "See whether the clock is believed",
        {
            "trustee": ("administrator", "key-officer", "approver", "auditor"),
            "custodian": ("share-holder",),
            "auditor": ("auditor",),
        },
    ),
    _house(
        "preservation:request",
        "house",
        "Sicherung auf Anordnung beantragen",
        "Ask for a preservation under an order",
        {"trustee": ("administrator", "key-officer", "approver")},
    ),
    _house(
        "preservation:approve",
        "house",
        "Sicherung auf Anordnung genehmigen oder ablehnen",
        "Approve or deny a preservation under an order",
        {
            "trustee": ("key-officer", "approver"),
            "auditor": ("counter-signatory",),
            "customer": ("approver", "owner"),
        },
    ),
    _house(
        "preservation:read",
        "house",
        "Sicherungen auf Anordnung ansehen",
        "Look at preservations under an order",
        {
            "trustee": ("administrator", "key-officer", "approver"),
            "auditor": ("counter-signatory",),
            "customer": ("approver", "owner", "auditor"),
        },
    ),
    _house(
        "clock:confirm", "house", "Sprung der Uhr bestätigen", "Confirm a jump of the clock", _QUORUM_OF_HOUSE
    ),
)

ACTIONS: MappingProxyType[str, Action] = MappingProxyType({row.name: row for row in _ROWS})

PURPOSES: MappingProxyType[str, Purpose] = MappingProxyType(
    {
        name: Purpose(name=name, german=german, english=english, is_exceptional=exceptional)
        for name, german, english, exceptional in (
            ("operation", "Regelbetrieb", "Regular operation", False),
            ("administration", "Verwaltung der Installation", "Administration", False),
            ("audit", "Prüfung", "Audit", False),
            ("exit", "Auszug des Kunden", "The customer leaves", False),
            ("support", "Störungssuche durch einen Lieferanten", "Support by a supplier", True),
            ("incident", "Sicherheitsvorfall", "Security incident", True),
            ("emergency", "Notfall (Zugriff vor Genehmigung)", "Emergency (break-glass)", True),
            ("order", "Behördliche oder gerichtliche Anordnung", "Order of an authority or court", True),
            ("person-right", "Anspruch einer betroffenen Person", "Right of a data subject", True),
        )
    }
)

DATA_ACTIONS = tuple(row.name for row in _ROWS if row.touches_data)
EXCEPTIONAL_PURPOSES = tuple(row.name for row in PURPOSES.values() if row.is_exceptional)
