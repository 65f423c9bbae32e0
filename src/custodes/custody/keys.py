"""A customer's key and its life: one table of state and verb, and what a key may be used for when.

The states are those of NIST SP 800-57 part 1 rev. 5, section 7, as far as they fit; docs/keys.md says
where they do not. Pure rules: who may ask for a verb, and how many must agree, is decided elsewhere.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from .materials.halves import Halves
from .materials.kinds import USES, KeyKind, Use

WAITING_DAYS_MIN = 7
WAITING_DAYS_DEFAULT = 30
WAITING_DAYS_MAX = 365


class KeyState(StrEnum):
    """Where a key stands."""

    ACTIVE = "active"  # wraps and unwraps
    SUSPENDED = "suspended"  # disabled: does neither until it is enabled
    DEACTIVATED = "deactivated"  # its destruction is scheduled: does neither
    DESTROYED = "destroyed"  # its material is gone


class VersionState(StrEnum):
    """Where one version of a key stands."""

    CURRENT = "current"  # wraps and unwraps; exactly one until the key is destroyed
    RETIRED = "retired"  # unwraps what it wrapped
    DESTROYED = "destroyed"


class Origin(StrEnum):
    """Where the material of a version was made."""

    HOUSE = "house"
    IMPORTED = "imported"  # it was elsewhere before: copies there are beyond this house's reach


class Verb(StrEnum):
    """What can be done to a key that exists."""

    ROTATE = "rotate"
    DISABLE = "disable"
    ENABLE = "enable"
    SCHEDULE_DESTRUCTION = "schedule-destruction"
    CANCEL_DESTRUCTION = "cancel-destruction"
    DESTROY = "destroy"


NONE = Halves()


class Nature(msgspec.Struct, frozen=True, kw_only=True):
    """What a key is to be beside its material; by itself a wrapping key."""

    kind: KeyKind = KeyKind.AES256
    halves: Halves = NONE
    is_derived: bool = False
    origin: Origin = Origin.HOUSE
    is_rotated_here: bool = True


PLAIN = Nature()


class KeyVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version: `wrapped` is its material under the customer root, empty once destroyed.

    A kind with a pair has both `halves`; once destroyed, the private one is gone.
    """

    n: int
    state: VersionState
    wrapped: bytes
    created_at: datetime
    halves: Halves = NONE
    origin: Origin = Origin.HOUSE


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer's key. `versions` count from 1, oldest first; `note` says what it is for.

    Versions below `version_min` open and verify nothing until it is lowered again. Of a derived key every
    use has to name a context. One that is not rotated here gets further versions from where it came from.
    """

    id: str
    customer: str
    name: str
    note: str
    state: KeyState
    versions: tuple[KeyVersion, ...]
    created_at: datetime
    destroy_after: datetime | None = None
    destroyed_at: datetime | None = None
    kind: KeyKind = KeyKind.AES256
    version_min: int = 1
    is_derived: bool = False
    is_rotated_here: bool = True

    @property
    def version_current(self) -> int | None:
        """The number of the version that wraps; None once the key is destroyed."""
        return next((v.n for v in self.versions if v.state is VersionState.CURRENT), None)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the table: the state a verb leads to, or the reason why not."""

    to: KeyState | None = None
    reason: str | None = None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a verb led to: the changed key, or a reason (and, for a running waiting period, its end)."""

    key: Key | None = None
    reason: str | None = None
    until: datetime | None = None


_BY_THE_NEWEST = frozenset({Use.WRAP, Use.ENCRYPT, Use.SIGN})


def _to(state: KeyState) -> Step:
    return Step(to=state)


def _no(reason: str) -> Step:
    return Step(reason=reason)


LIFE: Mapping[tuple[KeyState, Verb], Step] = MappingProxyType(
    {
        (KeyState.ACTIVE, Verb.ROTATE): _to(KeyState.ACTIVE),
        (KeyState.ACTIVE, Verb.DISABLE): _to(KeyState.SUSPENDED),
        (KeyState.ACTIVE, Verb.ENABLE): _no("key-active"),
        (KeyState.ACTIVE, Verb.SCHEDULE_DESTRUCTION): _to(KeyState.DEACTIVATED),
        (KeyState.ACTIVE, Verb.CANCEL_DESTRUCTION): _no("destruction-not-scheduled"),
        (KeyState.ACTIVE, Verb.DESTROY): _no("destruction-not-scheduled"),
        (KeyState.SUSPENDED, Verb.ROTATE): _no("key-suspended"),
        (KeyState.SUSPENDED, Verb.DISABLE): _no("key-suspended"),
        (KeyState.SUSPENDED, Verb.ENABLE): _to(KeyState.ACTIVE),
        (KeyState.SUSPENDED, Verb.SCHEDULE_DESTRUCTION): _to(KeyState.DEACTIVATED),
        (KeyState.SUSPENDED, Verb.CANCEL_DESTRUCTION): _no("destruction-not-scheduled"),
        (KeyState.SUSPENDED, Verb.DESTROY): _no("destruction-not-scheduled"),
        (KeyState.DEACTIVATED, Verb.ROTATE): _no("key-deactivated"),
        (KeyState.DEACTIVATED, Verb.DISABLE): _no("key-deactivated"),
        (KeyState.DEACTIVATED, Verb.ENABLE): _no("key-deactivated"),
        (KeyState.DEACTIVATED, Verb.SCHEDULE_DESTRUCTION): _no("destruction-scheduled"),
        # Back to suspended, not to active: to use the key again is a second, separate decision.
        (KeyState.DEACTIVATED, Verb.CANCEL_DESTRUCTION): _to(KeyState.SUSPENDED),
        (KeyState.DEACTIVATED, Verb.DESTROY): _to(KeyState.DESTROYED),
        **{(KeyState.DESTROYED, verb): _no("key-destroyed") for verb in Verb},
    }
)

_UNUSABLE = MappingProxyType(
    {
        KeyState.SUSPENDED: "key-suspended",
        KeyState.DEACTIVATED: "key-deactivated",
        KeyState.DESTROYED: "key-destroyed",
    }
)


def create(
    key: str,
    customer: str,
    named: tuple[str, str],
    wrapped: bytes,
    now: datetime,
    *,
    nature: Nature = PLAIN,
) -> Key:
    """A fresh active key with version 1; `named` is (name, note), `wrapped` its material."""
    if not wrapped:
        raise ValueError("a version has material")
    return Key(
        id=key,
        customer=customer,
        name=named[0],
        note=named[1],
        state=KeyState.ACTIVE,
        versions=(
            KeyVersion(
                n=1,
                state=VersionState.CURRENT,
                wrapped=wrapped,
                created_at=now,
                halves=nature.halves,
                origin=nature.origin,
            ),
        ),
        created_at=now,
        kind=nature.kind,
        is_derived=nature.is_derived,
        is_rotated_here=nature.is_rotated_here,
    )


def move(
    key: Key,
    verb: Verb,
    now: datetime,
    *,
    wrapped: bytes = b"",
    halves: Halves = NONE,
    waiting_days: int = WAITING_DAYS_DEFAULT,
    origin: Origin = Origin.HOUSE,
) -> Moved:
    """Apply a verb. `rotate` takes the new version's `wrapped` material, scheduling its `waiting_days`.

    Reasons: those of LIFE, `rotated-elsewhere`, `waiting-days` (outside 7 to 365), `waiting-period-runs`
    (with `until`).
    """
    step = LIFE[key.state, verb]
    if step.to is None:
        return Moved(reason=step.reason)
    if verb is Verb.ROTATE:
        if origin is Origin.HOUSE and not key.is_rotated_here:
            return Moved(reason="rotated-elsewhere")
        fresh = KeyVersion(
            n=key.versions[-1].n + 1,
            state=VersionState.CURRENT,
            wrapped=wrapped,
            created_at=now,
            halves=halves,
            origin=origin,
        )
        return Moved(key=_rotated(key, fresh))
    if verb is Verb.SCHEDULE_DESTRUCTION:
        if not WAITING_DAYS_MIN <= waiting_days <= WAITING_DAYS_MAX:
            return Moved(reason="waiting-days")
        after = now + timedelta(days=waiting_days)
        return Moved(key=msgspec.structs.replace(key, state=step.to, destroy_after=after))
    if verb is Verb.DESTROY:
        if key.destroy_after is None or now < key.destroy_after:
            return Moved(reason="waiting-period-runs", until=key.destroy_after)
        return Moved(key=_destroyed(key, now))
    return Moved(key=msgspec.structs.replace(key, state=step.to, destroy_after=None))


def usable_for(key: Key, use: Use, version: int | None = None) -> str | None:
    """None, or why this version (None: the current one) may not do this now.

    Reasons: `key-suspended`, `key-deactivated`, `key-destroyed`, `kind-unfit` (such a key never does this),
    `version-unknown`, `version-destroyed`, `version-retired` (it no longer wraps, encrypts or signs),
    `version-below-minimum`.
    """
    if key.state is not KeyState.ACTIVE:
        return _UNUSABLE[key.state]
    if use not in USES[key.kind]:
        return "kind-unfit"
    wanted = key.version_current if version is None else version
    found = next((v for v in key.versions if v.n == wanted), None)
    if found is None:
        return "version-unknown"
    if found.state is VersionState.DESTROYED:
        return "version-destroyed"
    if use in _BY_THE_NEWEST and found.state is not VersionState.CURRENT:
        return "version-retired"
    return "version-below-minimum" if found.n < key.version_min else None


def with_minimum(key: Key, version: int) -> Moved:
    """The key with another oldest version that still opens and verifies.

    Reasons: those of a key that is not active, `version-unknown`, `minimum-unchanged`.
    """
    if key.state is not KeyState.ACTIVE:
        return Moved(reason=_UNUSABLE[key.state])
    if version not in {v.n for v in key.versions}:
        return Moved(reason="version-unknown")
    if version == key.version_min:
        return Moved(reason="minimum-unchanged")
    return Moved(key=msgspec.structs.replace(key, version_min=version))


def _rotated(key: Key, fresh: KeyVersion) -> Key:
    if not fresh.wrapped:
        raise ValueError("a version has material")
    before = tuple(
        msgspec.structs.replace(v, state=VersionState.RETIRED) if v.state is VersionState.CURRENT else v
        for v in key.versions
    )
    return msgspec.structs.replace(key, versions=(*before, fresh))


def _destroyed(key: Key, now: datetime) -> Key:
    gone = tuple(
        msgspec.structs.replace(
            v, state=VersionState.DESTROYED, wrapped=b"", halves=Halves(public=v.halves.public)
        )
        for v in key.versions
    )
    return msgspec.structs.replace(key, state=KeyState.DESTROYED, versions=gone, destroyed_at=now)
