"""What a key is like, for whoever uses it by name, and its oldest version that still opens."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.acts.asks.keys import KeyView


class LookTransitKey(Ask["TransitKey"], frozen=True, kw_only=True, tag="look-transit-key"):
    """-> `TransitKey`, by name or id. `no-such-key` (absent), `key-name-twice` (conflict)."""

    evidence: Evidence
    key: str
    customer: str = ""


class LookTransitKeys(Ask["TransitKeys"], frozen=True, kw_only=True, tag="look-transit-keys"):
    """-> `TransitKeys`: names of the customer's keys that are not destroyed."""

    evidence: Evidence
    customer: str = ""


class SetKeyMinimum(Ask[KeyView], frozen=True, kw_only=True, tag="set-key-minimum"):
    """-> `KeyView`. Versions below open and verify nothing from now on, until it is lowered again.

    To raise it is allowed to who may disable the key, to lower it to who may enable it. `no-such-key`
    (absent), `version-unknown`, `minimum-unchanged` (conflict).
    """

    evidence: Evidence
    key: str
    version: int


class TransitVersion(msgspec.Struct, frozen=True):
    """One version; `public` is its SubjectPublicKeyInfo (DER), empty where there is none."""

    n: int
    created_at: str
    public: bytes = b""
    origin: str = "house"  # or "imported": it was elsewhere before


class TransitKey(msgspec.Struct, frozen=True, kw_only=True, tag="transit-key"):
    """A key; `uses` are those of its kind, `stands_still` why none is admitted now (a kill, a seal ...)."""

    id: str
    customer: str
    name: str
    kind: str
    state: str
    versions: tuple[TransitVersion, ...]
    version_min: int
    is_derived: bool
    uses: tuple[str, ...]
    stands_still: str = ""
    is_rotated_here: bool = True


class TransitKeys(msgspec.Struct, frozen=True, tag="transit-keys"):
    """Names, in order."""

    customer: str
    names: tuple[str, ...]
