"""What every format needs of an entry: its text, its weight, what kind of activity it is, how it ended."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Protocol

from custodes.kernel.clock import from_text

VENDOR = "Custodes"
PRODUCT = "custodes"


class Event(Protocol):
    """An opened entry."""

    @property
    def log(self) -> str:
        """`<customer>/<machine|exceptional>`."""

    @property
    def index(self) -> int:
        """Its place in that sub-log."""

    @property
    def at(self) -> str:
        """When it was put in order (RFC 3339, UTC)."""

    @property
    def act(self) -> str:
        """A code of the ledger's vocabulary."""

    @property
    def fields(self) -> Mapping[str, object]:
        """What it says."""


class Weight(IntEnum):
    """How much attention an act asks for; OCSF's `severity_id` counts alike."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4


class Activity(IntEnum):
    """What kind of thing was done; OCSF's `activity_id` of API Activity."""

    CREATE = 1
    READ = 2
    UPDATE = 3
    DELETE = 4
    OTHER = 99


_WEIGHTS: Mapping[str, Weight] = {
    "break-glass": Weight.HIGH,
    "kill": Weight.HIGH,
    "key.destroy": Weight.HIGH,
    "lift": Weight.MEDIUM,
    "grant.use": Weight.MEDIUM,
    "erasure": Weight.MEDIUM,
    "key.schedule-destruction": Weight.MEDIUM,
    "key.disable": Weight.MEDIUM,
    "house": Weight.MEDIUM,
    "enrol": Weight.LOW,
    "revoke": Weight.LOW,
    "change": Weight.LOW,
    "lockbox": Weight.LOW,
    "grant": Weight.LOW,
    "denial": Weight.LOW,
}
_ACTIVITIES: Mapping[str, Activity] = {
    "create": Activity.CREATE,
    "enrol": Activity.CREATE,
    "put": Activity.CREATE,
    "open": Activity.CREATE,
    "part": Activity.CREATE,
    "copy": Activity.CREATE,
    "get": Activity.READ,
    "list": Activity.READ,
    "unwrap": Activity.READ,
    "use": Activity.READ,
    "lease": Activity.READ,
    "change": Activity.UPDATE,
    "rotate": Activity.UPDATE,
    "disable": Activity.UPDATE,
    "enable": Activity.UPDATE,
    "rewrap": Activity.UPDATE,
    "rekey": Activity.UPDATE,
    "delete": Activity.DELETE,
    "mark": Activity.DELETE,
    "abort": Activity.DELETE,
    "destroy": Activity.DELETE,
    "erasure": Activity.DELETE,
    "revoke": Activity.DELETE,
}


def weight(event: Event) -> Weight:
    """By the act, or else by its family; a denied act is at least `LOW`."""
    family = event.act.partition(".")[0]
    found = _WEIGHTS.get(event.act, _WEIGHTS.get(family, Weight.INFORMATIONAL))
    return max(found, Weight.LOW) if is_denied(event) else found


def activity(event: Event) -> Activity:
    """By the last word of the act, or else by its family; `OTHER` where none of the four fits."""
    family, _, verb = event.act.rpartition(".")
    return _ACTIVITIES.get(verb, _ACTIVITIES.get(family.partition(".")[0], Activity.OTHER))


def is_denied(event: Event) -> bool:
    """Whether policy said no; a `denial` stands for acts that did not happen."""
    return event.act == "denial" or event.fields.get("decision") == "deny"


def reference(event: Event) -> str:
    """`<customer>/<kind>:<index>`, as `custodes log receipt` takes it."""
    return f"{event.log}:{event.index}"


def seconds(event: Event) -> int:
    """Its time in whole seconds since 1970."""
    return int(from_text(event.at).timestamp())


def sentence(event: Event) -> str:
    """One line for people: what was done, by whom, to what, and why or why not."""
    said = event.fields
    done = f"{event.act} {'denied' if is_denied(event) else 'done'}"
    parts = [
        f"{name} {said[name]}" for name in ("actor", "subject", "key", "bucket", "reason") if said.get(name)
    ]
    return f"{done}: {', '.join(parts)}" if parts else done
