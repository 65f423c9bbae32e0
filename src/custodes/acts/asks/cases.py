"""Asks about cases on the desks: open one, move it, look at it; what is told outside; the clock."""

import msgspec

from .doors import Ask, Evidence


class OpenCase(Ask["CaseView"], frozen=True, tag="open-case"):
    """-> `CaseView`. `form` is the canonical JSON of the desk's opening form (docs/reference/desks).

    `retry` is an id of the asker's own choice (1 to 64 of A-Z a-z 0-9 - _; empty: none). The same ask with
    the same id opens one case and is shown it again, however often it comes; `bad-retry` (malformed).
    """

    evidence: Evidence
    desk: str
    customer: str
    form: bytes
    retry: str = ""


class MoveCase(Ask["CaseView"], frozen=True, tag="move-case"):
    """-> `CaseView`. `version` is that of the case the actor saw: a lost race is `changed-meanwhile`.

    `form` is the canonical JSON of the move's form. An approval's signature stands in its form: the person
    of `evidence` (any kind) must be the one whose key signed.
    """

    evidence: Evidence
    case: str
    verb: str
    version: int
    form: bytes = b"{}"


class LookCase(Ask["CaseView"], frozen=True, tag="look-case"):
    """-> `CaseView`."""

    evidence: Evidence
    case: str


class LookCases(Ask["Cases"], frozen=True, tag="look-cases"):
    """-> `Cases`, newest first. Of one customer, or of all the asker may see; `open_only` leaves final ones
    out; `before` continues a list.
    """

    evidence: Evidence
    customer: str | None = None
    open_only: bool = True
    before: int | None = None
    limit: int = 100


class WhyView(msgspec.Struct, frozen=True):
    """Why a move is closed: a code with its words, the rule that says so if one does, who can change it
    (`nobody`, `time`, `another-person`, or `party:role`), and what lifts it without changing a rule.
    """

    code: str
    de: str
    en: str
    changed_by: str
    rule: str | None = None
    lifted_by: str | None = None


class MoveView(msgspec.Struct, frozen=True):
    """One move as the asker sees it: open, or closed and why. `form` names the form of `desks.forms`;
    `signs` when it takes a signature.
    """

    verb: str
    open: bool
    form: str
    signs: bool
    why: tuple[WhyView, ...] = ()


class ToSign(msgspec.Struct, frozen=True):
    """What one signing key of the asker would sign, at `approved_at`: send it back as the form `Approve`.

    A passkey takes `digest` as its challenge; a file key signs `custodes/sign/v1` followed by it.
    """

    credential: str
    kind: str
    organisation: str
    grant_hash: str
    key_hash: str
    approved_at: str
    digest: bytes
    passkey_id: str | None = None


class WhoView(msgspec.Struct, frozen=True):
    """Somebody in a case, with the names that stand now (empty when erased or not to be shown)."""

    credential: str
    organisation: str
    organisation_name: str
    person: str | None
    name: str


class ResourceView(msgspec.Struct, frozen=True):
    """One thing access is asked for: kind `object-version` (with its bucket), `key` or `key-for`, and their
    names. `claim` (`mail:ada@town.example`): for requests in which the other end names exactly this person.

    `data_class` and `places` (name, country) are what is known of the bucket; a supplier is not told them.
    """

    kind: str
    id: str
    name: str = ""
    bucket: str = ""
    bucket_name: str = ""
    data_class: str = ""
    places: tuple[tuple[str, str], ...] = ()
    claim: str = ""


class ScopeView(msgspec.Struct, frozen=True):
    """The grant document in plain fields; nothing of it is left out."""

    grant: str
    asker: WhoView
    beneficiary: WhoView
    resources: tuple[ResourceView, ...]
    actions: tuple[str, ...]
    purpose: str
    reason: str
    ticket: str
    asked_at: str
    not_before: str
    begins_by: str
    window_s: int
    lapses_at: str
    uses_max: int
    bytes_max: int


class StepView(msgspec.Struct, frozen=True):
    """One step of the timeline: an opened log entry. `move` is a verb of the desk, or the act of a use."""

    at: str
    move: str
    actor: str
    organisation: str | None
    person: str | None
    name: str
    log: str
    index: int


class ApprovalView(msgspec.Struct, frozen=True):
    """Who has approved; `holds` is false when his key or seat was taken from him since.

    `lost_by` says which: `left` (he acts for that organisation no more), `key-revoked`, or empty.
    """

    who: WhoView
    at: str
    holds: bool
    lost_by: str = ""


class GrantView(msgspec.Struct, frozen=True):
    """One grant: its document, window and what is left of it. `state` is that of the row; `reasons` say
    why signatures no longer carry it (empty when they do).
    """

    id: str
    case: str
    customer: str
    document: bytes
    document_hash: bytes
    approvals: bytes
    state: str
    not_before: str
    lapses_at: str
    uses_max: int
    uses_spent: int
    bytes_max: int
    bytes_spent: int
    reasons: tuple[str, ...] = ()


class CaseView(msgspec.Struct, frozen=True, tag="case"):
    """A case as the asker may see it.

    `waits_for` are the organisations whose people must act, `until` is when time acts instead. `document`
    is the canonical grant document that approvers sign; `to_sign` has one line per signing key of the asker
    while `approve` is open to him.
    """

    id: str
    desk: str
    customer: str
    state: str
    version: int
    opened_at: str
    changed_at: str
    moves: tuple[MoveView, ...]
    timeline: tuple[StepView, ...]
    approvals: tuple[ApprovalView, ...]
    waits_for: tuple[str, ...] = ()
    until: str | None = None
    review_by: str | None = None
    finding: str = ""
    remark: str = ""
    scope: ScopeView | None = None
    document: bytes | None = None
    document_hash: bytes | None = None
    to_sign: tuple[ToSign, ...] = ()
    grant: GrantView | None = None


class CaseRow(msgspec.Struct, frozen=True):
    """One line of a list of cases. `is_mine` when the case waits for the asker: a move is open to him and it
    is his organisation's turn; `is_forged` when the stored case is not the one that was written last: only
    what stands of it is shown.
    """

    id: str
    desk: str
    customer: str
    state: str
    opened_at: str
    purpose: str
    asker: WhoView | None
    until: str | None
    is_mine: bool
    is_forged: bool = False
    reason: str = ""
    ticket: str = ""


class Cases(msgspec.Struct, frozen=True, tag="cases"):
    """Cases, newest first; `next` continues the list."""

    cases: tuple[CaseRow, ...]
    next: int | None = None


class LookGrants(Ask["Grants"], frozen=True, tag="look-grants"):
    """-> `Grants`: those of a customer, or those given to the asker."""

    evidence: Evidence
    customer: str | None = None


class Grants(msgspec.Struct, frozen=True, tag="grants"):
    """Grants, newest last."""

    grants: tuple[GrantView, ...]


class RunClock(Ask["ClockRan"], frozen=True, tag="run-clock"):
    """-> `ClockRan`. Take every move that is due; the keyroom's own process asks this of itself every few
    seconds. Wants `Local` evidence or the logkeeper's.
    """

    evidence: Evidence


class ClockRan(msgspec.Struct, frozen=True, tag="clock-ran"):
    """How many moves were taken, and the cases whose due work could not be done (an alarm while any is)."""

    moved: int
    undone: tuple[str, ...]


class LookOutbox(Ask["Outbox"], frozen=True, tag="look-outbox"):
    """-> `Outbox`, oldest first. Wants `Local` evidence or the logkeeper's."""

    evidence: Evidence
    limit: int = 50


class OutboxItem(msgspec.Struct, frozen=True):
    """One thing to tell. `to` are verified mail addresses of those it is for, looked up now; the subject
    holds no name, ticket or reason. Deliver under `id`: it can come twice.
    """

    id: str
    at: str
    kind: str
    case: str
    desk: str
    customer: str
    organisation: str
    message: str
    subject_de: str
    subject_en: str
    until: str | None
    to: tuple[str, ...]


class Outbox(msgspec.Struct, frozen=True, tag="outbox"):
    """What waits to be told; `waiting` counts all of it, `oldest_at` is since when."""

    items: tuple[OutboxItem, ...]
    waiting: int
    oldest_at: str | None


class OutboxDone(Ask["OutboxMarked"], frozen=True, tag="outbox-done"):
    """-> `OutboxMarked`. These were told; the `dead` could not be, and each is an entry and an alarm."""

    evidence: Evidence
    ids: tuple[str, ...]
    dead: tuple[str, ...] = ()


class OutboxMarked(msgspec.Struct, frozen=True, tag="outbox-marked"):
    """How many ids were taken note of."""

    count: int


class LookNotices(Ask["Notices"], frozen=True, tag="look-notices"):
    """-> `Notices`: what waits to be told to the asker's own organisation; to the trustee's also alarms."""

    evidence: Evidence


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """One notice that waits. `reached` is how many of the organisation have an address that counts: with
    none, mail can tell nobody.
    """

    id: str
    at: str
    kind: str
    case: str
    customer: str
    message: str
    until: str | None
    reached: int


class Notices(msgspec.Struct, frozen=True, tag="notices"):
    """Oldest first; `waiting` counts all of the installation's."""

    notices: tuple[NoticeView, ...]
    waiting: int
    oldest_at: str | None


class SetBreakGlass(Ask["BreakGlassSet"], frozen=True, tag="set-break-glass"):
    """-> `BreakGlassSet`. The customer's owner opts in or out; signed (`Signed` evidence) over the present
    generation of the row.
    """

    evidence: Evidence
    customer: str
    on: bool
    calls_per_month_max: int


class LookBreakGlass(Ask["BreakGlassSet"], frozen=True, tag="look-break-glass"):
    """-> `BreakGlassSet`."""

    evidence: Evidence
    customer: str


class BreakGlassSet(msgspec.Struct, frozen=True, tag="break-glass-set"):
    """What stands now, and its generation (0: never set), which a change is signed over."""

    customer: str
    on: bool
    calls_per_month_max: int
    generation: int
