"""What a bucket and a version are told: rules, tags, retention, holds. A `body` is the document as it was
sent.

Refusals of all: `bucket-absent` (absent), a denial; of those that name a version: `key-absent`,
`version-absent` (absent), `version-is-marker` (malformed).
"""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.objects.rules.cors import Allowed


class LookRule(Ask["RuleView"], frozen=True, tag="look-rule"):
    """-> `RuleView`, or that there is none (`cors-absent` ... absent)."""

    evidence: Evidence
    bucket: str
    kind: str


class PutRule(Ask["RuleView"], frozen=True, tag="put-rule"):
    """-> `RuleView` of what stands now. `xml-malformed` and what the kind's reader refuses (malformed)."""

    evidence: Evidence
    bucket: str
    kind: str
    body: bytes


class DropRule(Ask["RuleView"], frozen=True, tag="drop-rule"):
    """-> `RuleView` with no body; no fault where there was none."""

    evidence: Evidence
    bucket: str
    kind: str


class RuleView(msgspec.Struct, frozen=True, tag="rule-view"):
    """What the bucket was told, as a document (XML; a policy is JSON)."""

    body: bytes


class LookState(Ask["StateView"], frozen=True, tag="look-state"):
    """-> `StateView`. `kind`: `tagging`, `retention`, `legal-hold`, `acl`."""

    evidence: Evidence
    bucket: str
    name: str
    kind: str
    version: str | None = None


class PutState(Ask["StateView"], frozen=True, tag="put-state"):
    """-> `StateView`. `object-locked` (denied) where a retention would be shortened that may not be.

    Passing by a governance retention is a wish of the signed request, or `passes_by` of somebody who did not
    sign one, and policy must let it.
    """

    evidence: Evidence
    bucket: str
    name: str
    kind: str
    body: bytes
    version: str | None = None
    passes_by: bool = False


class DropState(Ask["StateView"], frozen=True, tag="drop-state"):
    """-> `StateView`; of `tagging` only."""

    evidence: Evidence
    bucket: str
    name: str
    kind: str
    version: str | None = None


class StateView(msgspec.Struct, frozen=True, tag="state-view"):
    """What the version was told, as a document; `version_shown` is None in a bucket without versions."""

    body: bytes
    version_shown: str | None


class LookCors(Ask["CorsView"], frozen=True, tag="look-cors"):
    """-> `CorsView`. Asked without evidence, as browsers do: tells what the bucket's rules let a page ask."""

    bucket: str
    origin: str
    method: str
    headers: tuple[str, ...] = ()


class CorsView(msgspec.Struct, frozen=True, tag="cors-view"):
    """What is allowed; None where no rule fits, or there is no such bucket."""

    allowed: Allowed | None
