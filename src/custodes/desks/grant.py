"""The grant: a signed document, not a row (`docs/formats/grant.md`, `custodes.grant/v1`).

Everything an approver consents to stands in the document and is fixed before the first signature. The
window is a length: it begins at the instant at which the signed approvals first meet the quorum (or at
`not_before` if that is later), and `lapses_at` is the absolute end whatever happens. Each approval signs the
document's hash together with who approves and *when*, so begin and end follow from signatures alone: no row
can move them, and an approval added later cannot prolong.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

import msgspec

from custodes.kernel import canonical, clock
from custodes.kernel.ids import is_id
from custodes.kernel.limits import GRANT_HOURS_MAX, OUTCOME_MINUTES_MAX, REQUEST_DAYS_MAX
from custodes.kernel.refusal import malformed

GRANT_LABEL = b"custodes.grant/v1\n"
APPROVAL_LABEL = b"custodes.approval/v1\n"
LOCKBOX, BREAK_GLASS = "lockbox", "break-glass"
DOCUMENT_BYTES_MAX = 65_536
RESOURCES_MAX = 100
ACTIONS_MAX = 16
ORIGINS_MAX = 4
REASON_CHARS_MAX = 1_000
TICKET_CHARS_MAX = 100
ACTION_FORM = re.compile(r"[a-z-]{1,31}:[a-z-]{1,31}")
# What an approver would not see, or would see in another order than it stands: controls but line feed, soft
# hyphen, zero-width and bidirectional marks, line separators, tags, lone surrogates. A fixed list, because
# "printable" differs between versions of Unicode.
UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
PURPOSE_FORM = re.compile(r"[a-z-]{1,31}")
USES_MAX = 100
BYTES_MAX = 2**40
NONCE_BYTES = 16
HASH_BYTES = 32
APPROVAL_FRESH_S = 300  # an approval reaches the desk within this time of being signed


class ObjectVersion(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="object-version",
):
    """Exactly one version of one object, by ids: a name could be pointed elsewhere later."""

    bucket: str
    version: str


class WholeKey(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="key"
):
    """One customer key, for the key protocols."""

    key: str


class KeyFor(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="key-for"
):
    """One customer key, for requests in which the other end names exactly this person (`CLAIMS`).

    What the other end says is its claim and no identity: it narrows a grant and opens nothing by itself.
    """

    key: str
    claim: str
    value: str


Resource: TypeAlias = ObjectVersion | WholeKey | KeyFor
CLAIMS = frozenset({"mail", "oid", "principal"})  # a tenant's mail address and object id; AWS's principal
CLAIM_FORM = re.compile(r"[!-~]{1,256}")
Claimed = frozenset[tuple[str, str]]  # (claim, value) of one request


class Who(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A credential, the organisation it acts for, and the person behind it (none for an application)."""

    credential: str
    organisation: str
    person: str | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is consented to. Times are UTC with whole seconds; ids are `kernel.ids`; `purpose` is a word of
    the policy's table, `reason` is the asker's own sentence, `ticket` his own reference.
    """

    v: str = "custodes.grant/v1"
    desk: str
    house: str
    grant: str
    case: str
    customer: str
    asker: Who
    beneficiary: Who
    resources: tuple[Resource, ...]
    actions: tuple[str, ...]
    purpose: str
    reason: str
    ticket: str
    asked_at: datetime
    not_before: datetime
    window_s: int
    lapses_at: datetime
    uses_max: int
    bytes_max: int
    policy_hash: bytes
    origins: tuple[str, ...]
    nonce: bytes

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ValueError(problem)

    @property
    def begins_by(self) -> datetime:
        """The last instant at which the window may begin, so the last at which an approval counts."""
        return self.lapses_at - timedelta(seconds=self.window_s)


class FileSignature(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="file-key"
):
    """Ed25519 by a file key (`parties.signature`)."""

    signature: bytes


class PasskeyAssertion(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="passkey"
):
    """A WebAuthn assertion whose challenge is the approval's digest (`parties.signature`)."""

    client_data: bytes
    authenticator_data: bytes
    signature: bytes


Signature: TypeAlias = FileSignature | PasskeyAssertion


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One approver's signature over `approval_digest`.

    `key_hash` is the SHA-256 of the enrolled public key: it names the enrolment, also for somebody who has
    only the log's entry of it.
    """

    grant_hash: bytes
    person: str
    organisation: str
    credential: str
    key_hash: bytes
    approved_at: datetime
    signature: Signature


class Rules(Protocol):
    """What the desk needs from `parties`, over one frozen directory."""

    def signature_reason(self, approval: Approval, digest: bytes) -> str | None:
        """None if the enrolled, living key of this person that the approval names signed `digest`."""
        ...

    def is_same_person(self, one: str, other: str) -> bool:
        """Whether two person ids are one human: same id, or a shared passkey, address or civil identity."""
        ...

    def meets_quorum(self, approvals: Sequence[Approval], document: Document) -> bool:
        """Whether the approvals are of enough distinct persons and organisations for this document."""
        ...


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a document with its approvals grants, and if so from when (included) to when (excluded)."""

    reasons: tuple[str, ...] = ()
    begins_at: datetime | None = None
    ends_at: datetime | None = None


class Admission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A counted use: the same credential, action and resource within 15 minutes are the same admission."""

    credential: str
    action: str
    resource: Resource
    opened_at: datetime


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One thing somebody wants to do under a grant, with what has been spent so far.

    `bytes_asked` is what would be released now and was not yet released under the same admission; a use
    that `costs_none` (HEAD) releases no content. `continues` is the open admission it would belong to.
    """

    credential: str
    action: str
    resource: Resource
    at: datetime
    uses_spent: int
    bytes_spent: int
    bytes_asked: int = 0
    costs_none: bool = False
    continues: Admission | None = None


ADMITS_CODES = (
    "grant-not-valid",
    "grant-not-begun",
    "grant-lapsed",
    "other-credential",
    "other-action",
    "other-resource",
    "no-uses-left",
    "no-bytes-left",
)
APPROVAL_CODES = ("other-document", "approval-out-of-time", "own-request", "own-benefit", "bad-signature")
VERIFY_CODES = (*APPROVAL_CODES, "quorum-not-met")


def encode(document: Document) -> bytes:
    """The one spelling of a grant document: what is hashed, shown and stored."""
    return canonical.encode(msgspec.to_builtins(document))


def decode(raw: bytes) -> Document:
    """Strict inverse of `encode`; refuses `bad-grant` and `not-canonical`."""
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise malformed("bad-grant")
    plain = canonical.decode(raw)
    try:
        document = msgspec.convert(plain, Document, strict=True)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise malformed("bad-grant") from error
    if encode(document) != raw:  # the JSON is canonical, so it is a time or bytes in another form
        raise malformed("bad-grant")
    return document


def grant_hash(document: Document) -> bytes:
    """SHA-256 over label and canonical document; names the grant wherever it is cited."""
    return hashlib.sha256(GRANT_LABEL + encode(document)).digest()


def approval_digest(approval: Approval) -> bytes:
    """The 32 bytes an approver signs: which document, as whom, with which key, and when.

    Takes the hash from the approval; `approval_reason` compares it with the document's first.
    """
    statement = {
        "approved_at": clock.to_text(approval.approved_at),
        "credential": approval.credential,
        "grant_hash": canonical.b64(approval.grant_hash),
        "key_hash": canonical.b64(approval.key_hash),
        "organisation": approval.organisation,
        "person": approval.person,
        "v": "custodes.approval/v1",
    }
    return hashlib.sha256(APPROVAL_LABEL + canonical.encode(statement)).digest()


def approval_reason(document: Document, approval: Approval, rules: Rules) -> str | None:
    """Why this approval can never count for this document, whoever else approves; None if it can."""
    if not hmac.compare_digest(approval.grant_hash, grant_hash(document)):
        return "other-document"
    if not (
        _is_whole(approval.approved_at) and document.asked_at <= approval.approved_at < document.begins_by
    ):
        return "approval-out-of-time"
    return own_reason(document, approval.person, rules) or rules.signature_reason(
        approval, approval_digest(approval)
    )


def own_reason(document: Document, person: str, rules: Rules) -> str | None:
    """Promise 3: neither who asked nor who gets the access consents, under any account of his.

    Where the glass is broken the caller's own signature is one of the two; there the quorum sees to it
    that the other is somebody else's.
    """
    if document.desk == BREAK_GLASS:
        return None
    for code, other in (("own-request", document.asker.person), ("own-benefit", document.beneficiary.person)):
        if other is not None and rules.is_same_person(person, other):
            return code
    return None


def verify(document: Document, approvals: Sequence[Approval], rules: Rules, now: datetime) -> Verdict:
    """Whether these approvals grant this document, from signatures and the directory alone.

    One approval that does not hold spoils the whole: nobody adds a doubtful one to a good grant. The
    window begins when, in order of `approved_at`, the quorum is first met. An approval signed after `now`
    means the clock stands wrong, and is `approval-out-of-time`.
    """
    reasons = [approval_reason(document, approval, rules) for approval in approvals]
    reasons += ["approval-out-of-time" for approval in approvals if approval.approved_at > now]
    found = tuple(dict.fromkeys(reason for reason in reasons if reason is not None))
    if found:
        return Verdict(reasons=found)
    ordered = sorted(approvals, key=lambda approval: approval.approved_at)
    for count in range(1, len(ordered) + 1):
        if rules.meets_quorum(ordered[:count], document):
            begins_at = max(document.not_before, ordered[count - 1].approved_at)
            ends_at = min(begins_at + timedelta(seconds=document.window_s), document.lapses_at)
            return Verdict(begins_at=begins_at, ends_at=ends_at)
    return Verdict(reasons=("quorum-not-met",))


def admits(document: Document, verdict: Verdict, use: Use) -> str | None:
    """None if the grant admits this use now, else the first reason why not (`ADMITS_CODES`).

    Spending itself is the sequencer's: it expects that one more use and these bytes are left, so of two
    uses with one left, one wins.
    """
    if verdict.reasons or verdict.begins_at is None or verdict.ends_at is None:
        return "grant-not-valid"
    for code, holds in (
        ("grant-not-begun", use.at >= verdict.begins_at),
        ("grant-lapsed", use.at < verdict.ends_at),
        ("other-credential", hmac.compare_digest(use.credential, document.beneficiary.credential)),
        ("other-action", use.action in document.actions),
        ("other-resource", use.resource in document.resources),
        ("no-uses-left", _is_free(use) or continues(use) or use.uses_spent < document.uses_max),
        ("no-bytes-left", 0 <= use.bytes_asked <= document.bytes_max - use.bytes_spent),
    ):
        if not holds:
            return code
    return None


def continues(use: Use) -> bool:
    """Whether the use belongs to an admission already counted (ARCHITECTURE, long uses)."""
    open_one = use.continues
    return (
        open_one is not None
        and (open_one.credential, open_one.action, open_one.resource)
        == (use.credential, use.action, use.resource)
        and open_one.opened_at <= use.at < open_one.opened_at + timedelta(minutes=OUTCOME_MINUTES_MAX)
    )


def _is_free(use: Use) -> bool:
    return use.costs_none and use.bytes_asked == 0


def _problems(document: Document) -> list[str]:
    window = timedelta(seconds=document.window_s)
    begins_by_max = document.asked_at + timedelta(days=REQUEST_DAYS_MAX)
    rules = {
        "v": document.v == "custodes.grant/v1",
        "desk": document.desk in {LOCKBOX, BREAK_GLASS},
        "ids": _ids_hold(document),
        "resources": 1 <= len(document.resources) <= RESOURCES_MAX and _is_sorted_set(document.resources),
        "actions": 1 <= len(document.actions) <= ACTIONS_MAX
        and list(document.actions) == sorted(set(document.actions))
        and all(ACTION_FORM.fullmatch(action) for action in document.actions),
        "purpose": PURPOSE_FORM.fullmatch(document.purpose) is not None,
        "reason": _is_seen(document.reason, REASON_CHARS_MAX),
        "ticket": _is_seen(document.ticket, TICKET_CHARS_MAX),
        "times": all(_is_whole(at) for at in (document.asked_at, document.not_before, document.lapses_at)),
        "window": 0 < document.window_s <= GRANT_HOURS_MAX * 3600
        and document.asked_at <= document.not_before <= document.lapses_at - window <= begins_by_max,
        "uses": 1 <= document.uses_max <= USES_MAX,
        "bytes": 1 <= document.bytes_max <= BYTES_MAX,
        "lengths": len(document.policy_hash) == HASH_BYTES and len(document.nonce) == NONCE_BYTES,
        "origins": 1 <= len(document.origins) <= ORIGINS_MAX and all(map(_is_origin, document.origins)),
    }
    return [name for name, holds in rules.items() if not holds]


def _ids_hold(document: Document) -> bool:
    pairs = [
        ("hse", document.house),
        ("grt", document.grant),
        ("cas", document.case),
        ("cus", document.customer),
    ]
    for who in (document.asker, document.beneficiary):
        pairs += [("crd", who.credential), ("org", who.organisation)]
        pairs += [("per", who.person)] if who.person is not None else []
    for resource in document.resources:
        if isinstance(resource, ObjectVersion):
            pairs += [("bkt", resource.bucket), ("ver", resource.version)]
        else:
            pairs.append(("key", resource.key))
            if isinstance(resource, KeyFor) and not _is_claim(resource.claim, resource.value):
                return False
    return document.asker.person is not None and all(is_id(noun, text) for noun, text in pairs)


def _is_claim(claim: str, value: str) -> bool:
    is_folded = claim != "mail" or (value == value.lower() and value.count("@") == 1)
    return claim in CLAIMS and CLAIM_FORM.fullmatch(value) is not None and is_folded


def _is_seen(text: str, chars_max: int) -> bool:
    return 0 < len(text) <= chars_max and not text.isspace() and UNSEEN.search(text) is None


def _is_sorted_set(resources: Sequence[Resource]) -> bool:
    spelled = [canonical.encode(msgspec.to_builtins(resource)) for resource in resources]
    return spelled == sorted(set(spelled))


def _is_whole(at: datetime) -> bool:
    return at.tzinfo is not None and at.utcoffset() == UTC.utcoffset(None) and at.microsecond == 0


def _is_origin(origin: str) -> bool:
    return 0 < len(origin) <= 200 and origin.isascii() and origin.isprintable() and " " not in origin
