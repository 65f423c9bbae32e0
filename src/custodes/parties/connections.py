"""A connection: a cloud, an office suite or a cluster that may use some of a customer's keys over a wire.

It is a party of its own kind: what comes through it acts as the connection, however many people and services
stand behind it at the other end. What those are is a claim of the other end, never an identity.

What a kind of connection can be set to is the table `SETTINGS`; every value is a list of texts.
"""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import msgspec

NAME_CHARACTERS_MAX = 100
LENT_MAX = 200
VALUES_MAX = 200
VALUE_CHARACTERS_MAX = 2_048
LIVE_KEYS_MAX = 2  # the old credential and the new one, while the other end changes over


class ConnectionKind(StrEnum):
    """The wire a connection speaks. Transit and KMS v2 need none: they act as an application."""

    XKS = "xks"  # AWS KMS external key store
    DKE = "dke"  # Microsoft 365 Double Key Encryption


class ConnectionState(StrEnum):
    """An ended connection never comes back; another one can be lent the same keys."""

    ON = "on"
    OFF = "off"
    ENDED = "ended"


class Lent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that a connection may use: what it is called on the wire, and for what.

    `verbs` are of `VERBS`; none at all is a key that can be seen and not used.
    """

    key: str
    name: str
    verbs: tuple[str, ...]


class Connection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row. Times are RFC 3339 text as in `kernel.clock`."""

    id: str
    customer: str
    organisation: str
    kind: ConnectionKind
    name: str
    lent: tuple[Lent, ...]
    settings: dict[str, tuple[str, ...]]
    state: ConnectionState = ConnectionState.ON
    made_at: str
    is_demo: bool = False

    def lent_as(self, name: str) -> Lent | None:
        """The key the wire calls by this name."""
        return next((one for one in self.lent if one.name == name), None)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to set: `form` is a key of `FORMS`; `values_max` how many values it may have."""

    name: str
    form: str
    values_max: int
    german: str
    english: str


FORMS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "region": re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}"),
        "common-name": re.compile(r"[A-Za-z0-9*][A-Za-z0-9.*-]{0,252}"),
        "number": re.compile(r"[1-9][0-9]{0,6}"),
        "host": re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?"),
        "url": re.compile(r"https://[!-~]{1,500}"),
        "issuer": re.compile(r"iss-[0-9a-hjkmnp-tv-z]{26}"),
        "access": re.compile(r"(\*|[A-Za-z0-9._-]{1,128}) (mail|domain|group):[!-~]{1,300}"),
        "intent": re.compile(r"[A-Za-z0-9]{1,64} [!-)+-~]{1,300}\*? 20[0-9]{2}-[01][0-9]-[0-3][0-9]"),
        "grade": re.compile(r"signed"),
        "days": re.compile(r"[1-9][0-9]{0,2}"),
        "text": re.compile(r"[!-~](?:[ -~]{0,498}[!-~])?"),
    }
)
_OF_BOTH = (
    Setting(
        name="intents",
        form="intent",
        values_max=100,
        german="Vorhaben: »Vorgang Aufrufer letzter-Tag«, etwa »Decrypt arn:aws:iam::1:role/* 2026-12-31«;"
        " was passt, gilt als vom Kunden unterschrieben",
        english="Intents: `operation caller last-day`, such as `Decrypt arn:aws:iam::1:role/* 2026-12-31`;"
        " what fits counts as signed by the customer",
    ),
    Setting(
        name="minimum-grade",
        form="grade",
        values_max=1,
        german="Mindeststufe des Grundes: signed (leer: das Wort der Gegenstelle reicht)",
        english="Least grade of the reason: signed (empty: the other end's word is enough)",
    ),
)
SETTINGS: Mapping[ConnectionKind, tuple[Setting, ...]] = MappingProxyType(
    {
        ConnectionKind.XKS: (
            Setting(
                name="host",
                form="host",
                values_max=1,
                german="Name, unter dem AWS diese Installation erreicht",
                english="Name under which AWS reaches this installation",
            ),
            Setting(
                name="regions",
                form="region",
                values_max=40,
                german="Regionen, aus denen AWS fragen darf (leer: alle)",
                english="Regions AWS may ask from (empty: all)",
            ),
            Setting(
                name="client-names",
                form="common-name",
                values_max=40,
                german="Namen in Client-Zertifikaten, von denen eines verlangt wird (leer: keines)",
                english="Names in client certificates of which one is demanded (empty: none)",
            ),
            Setting(
                name="uses-per-second",
                form="number",
                values_max=1,
                german="Nutzungen je Sekunde, höchstens (leer: ohne Grenze)",
                english="Uses per second, at most (empty: no limit)",
            ),
            *_OF_BOTH,
        ),
        ConnectionKind.DKE: (
            Setting(
                name="host",
                form="host",
                values_max=1,
                german="Name, unter dem Office diese Installation erreicht",
                english="Name under which Office reaches this installation",
            ),
            Setting(
                name="identity-issuer",
                form="issuer",
                values_max=1,
                german="Anmeldedienst der Organisation, dessen Schlüssel Token prüfen",
                english="Identity issuer of the organisation whose keys verify tokens",
            ),
            Setting(
                name="token-issuers",
                form="url",
                values_max=4,
                german="Aussteller in Token (leer: die Adresse des Anmeldedienstes)",
                english="Issuers in tokens (empty: the identity issuer's address)",
            ),
            Setting(
                name="audiences",
                form="text",
                values_max=4,
                german="Empfänger in Token (leer: https:// und der Name)",
                english="Audiences in tokens (empty: https:// and the name)",
            ),
            Setting(
                name="access",
                form="access",
                values_max=200,
                german="Wer welchen Schlüssel nutzt: »name mail:…«, »* domain:…«, »* group:…« (leer: keiner)",
                english="Who uses which key: `name mail:…`, `* domain:…`, `* group:…` (empty: nobody)",
            ),
            Setting(
                name="cache-days",
                form="days",
                values_max=1,
                german="Wie lange Office den öffentlichen Schlüssel behält, in Tagen (leer: 7)",
                english="How long Office keeps the public key, in days (empty: 7)",
            ),
            *_OF_BOTH,
        ),
    }
)
VERBS: Mapping[ConnectionKind, tuple[str, ...]] = MappingProxyType(
    {
        ConnectionKind.XKS: ("wrap", "unwrap"),
        ConnectionKind.DKE: ("unwrap",),
    }
)
KEYED = frozenset(
    {ConnectionKind.XKS}
)  # their other end is given credentials, and a grant names one of those
_WIRE_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")


def is_good(row: Connection) -> bool:
    """Whether what somebody filled in has the right form; who may lend which key is judged elsewhere."""
    names = [one.name for one in row.lent]
    return (
        0 < len(row.name) <= NAME_CHARACTERS_MAX
        and row.name.isprintable()
        and len(row.lent) <= LENT_MAX
        and len(set(names)) == len(names)
        and all(_WIRE_NAME.fullmatch(name) and name not in {".", ".."} for name in names)
        and all(set(one.verbs) <= set(VERBS[row.kind]) for one in row.lent)
        and all(len(set(one.verbs)) == len(one.verbs) for one in row.lent)
        and _settings_fit(row)
    )


def beneficiary_of(row: Connection) -> str:
    """The id by which a grant names a connection whose wire knows no credential: its own, as a credential's.

    Nobody can sign in with it: there is no row of that id.
    """
    return f"crd-{row.id.partition('-')[2]}"


def connection_named(beneficiary: str) -> str:
    """Inverse of `beneficiary_of`: the id of the connection, if it is one."""
    return f"con-{beneficiary.partition('-')[2]}"


def number(row: Connection, name: str) -> int | None:
    """The value of a setting that is one number; None where it is not set."""
    values = row.settings.get(name, ())
    return int(values[0]) if values else None


def _settings_fit(row: Connection) -> bool:
    known = {one.name: one for one in SETTINGS[row.kind]}
    for name, values in row.settings.items():
        setting = known.get(name)
        if setting is None or not 0 < len(values) <= min(setting.values_max, VALUES_MAX):
            return False
        form = FORMS[setting.form]
        if len(set(values)) != len(values) or not all(
            len(value) <= VALUE_CHARACTERS_MAX and form.fullmatch(value) for value in values
        ):
            return False
        if setting.form == "intent" and not all(map(_ends_on_a_day, values)):
            return False
    return True


def _ends_on_a_day(line: str) -> bool:
    try:
        date.fromisoformat(line.rpartition(" ")[2])
    except ValueError:
        return False
    return True
