"""Asks about rules, boundaries and places, and why a decision was as it was."""

import msgspec

from custodes.kernel.papers import SealAuditor

from .doors import Ask, Evidence
from .parties import Enrolled


class SetPolicy(Ask[Enrolled], frozen=True, tag="set-policy"):
    """-> `Enrolled`. A signed act: evidence is `Signed` over the generation in `PolicyView`.

    `choices` is canonical JSON: a list of {"preset": name, "filled": {...}} of `policy.presets.PRESETS`.
    Warned of are rules that nothing can satisfy today: `demands-the-impossible:` and the form's name.
    """

    evidence: Evidence
    customer: str
    choices: bytes


class ResetPolicy(Ask[Enrolled], frozen=True, tag="reset-policy"):
    """-> `Enrolled`. The preset rules again; signed like `SetPolicy`."""

    evidence: Evidence
    customer: str


class LookPolicy(Ask["PolicyView"], frozen=True, tag="look-policy"):
    """-> `PolicyView`."""

    evidence: Evidence
    customer: str


class PolicyView(msgspec.Struct, frozen=True, tag="policy"):
    """The rules that stand, as `choices` would spell them, and their generation."""

    customer: str
    generation: int
    choices: bytes


class SetBoundary(Ask[Enrolled], frozen=True, tag="set-boundary"):
    """-> `Enrolled`. A signed act over the generation in `Places`.

    `boundary` is canonical JSON of `boundary.places.Boundary` without `id` and `customer`.
    """

    evidence: Evidence
    customer: str
    boundary: bytes


class SetLocation(Ask[Enrolled], frozen=True, tag="set-location"):
    """-> `Enrolled`. `location` is canonical JSON of `boundary.places.Location` without `id`.

    `id` is empty for a new location. `store` is the store's URI, without secrets. With `generation` it is
    changed only if it is still of that generation (`changed-meanwhile`, conflict); a new one, with 0, is
    entered only if none has its name (`name-taken`, conflict).
    """

    evidence: Evidence
    location: bytes
    store: str
    id: str = ""
    generation: int | None = None


class LookPlaces(Ask["Places"], frozen=True, tag="look-places"):
    """-> `Places`: the boundary of a customer and every location, each judged for a class of data.

    `trial` is a boundary as `SetBoundary` takes it: what lies where is judged as if it stood (empty: the one
    that stands). Nothing is changed. `bad-boundary` (malformed).
    """

    evidence: Evidence
    customer: str
    data_class: str = ""
    trial: bytes = b""


class PlaceView(msgspec.Struct, frozen=True):
    """One location with the boundary's verdict on it; `reasons` are codes of `boundary.judge.Outside`.

    `objects` and `bytes` count this customer's objects that are to lie there, copies too, as his entries say
    (docs/reference/counts.md): versions of buckets that have the location, and their plain bytes. `missing`
    are copies among them that are not there yet, or bad. All are -1 where nothing was counted.
    """

    id: str
    name: str
    country: str
    operator: str
    jurisdictions: tuple[str, ...]
    inside: bool
    reasons: tuple[str, ...]
    buckets: int
    objects: int = -1
    bytes: int = -1
    store: str = ""
    operator_id: str = ""
    generation: int = 0
    missing: int = -1


class Places(msgspec.Struct, frozen=True, tag="places"):
    """The boundary (canonical JSON), its generation, the version of the law's tables, and the places.

    `counted_at`, `behind`: how far the counts of the places are (`asks.running.counts`).
    """

    boundary: bytes
    generation: int
    law: str
    places: tuple[PlaceView, ...]
    counted_at: str = ""
    behind: int = 0


class Explain(Ask["Explained"], frozen=True, tag="explain"):
    """-> `Explained`. `what`: `log:index` of an entry, or `may:action:kind:id` for the asker himself."""

    evidence: Evidence
    what: str
    customer: str = ""


class Explained(msgspec.Struct, frozen=True, tag="explained"):
    """Canonical JSON: {"allowed": bool, "reasons": [`policy.explain.Explanation` ...]}."""

    document: bytes


class SetWitnessPolicy(Ask["WitnessPolicySet"], frozen=True, tag="set-witness-policy"):
    """-> `WitnessPolicySet`. `policy` is a tlog-policy; empty: what the house asks for is enough.

    Of a customer: a signed act of his owner over the generation in `WitnessPolicySet`. Of the house (its id
    as `customer`): `approvals` are signatures of two persons of two controlling groups over
    `documents.witness_policy_document`, the asker's among them.
    """

    evidence: Evidence
    customer: str
    policy: str
    approvals: tuple[bytes, ...] = ()


class LookWitnessPolicy(Ask["WitnessPolicySet"], frozen=True, tag="look-witness-policy"):
    """-> `WitnessPolicySet`."""

    evidence: Evidence
    customer: str


class WitnessPolicySet(msgspec.Struct, frozen=True, tag="witness-policy"):
    """His own policy (empty: none), the house's, and the generation of his."""

    customer: str
    generation: int
    policy: str
    house_policy: str


class SetSealAuditors(Ask["SealAuditorsSet"], frozen=True, tag="set-seal-auditors"):
    """-> `SealAuditorsSet`. `approvals`: signatures of two persons of two controlling groups over
    `documents.seal_auditors_document`, the asker's among them.
    """

    evidence: Evidence
    auditors: tuple[SealAuditor, ...]
    k: int
    approvals: tuple[bytes, ...]


class LookSealAuditors(Ask["SealAuditorsSet"], frozen=True, tag="look-seal-auditors"):
    """-> `SealAuditorsSet`."""

    evidence: Evidence


class SealAuditorsSet(msgspec.Struct, frozen=True, tag="seal-auditors"):
    """Who they are, how many open a veil, and the generation of the row; none: veils are sealed to nobody."""

    auditors: tuple[SealAuditor, ...]
    k: int
    generation: int
