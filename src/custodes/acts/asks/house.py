"""Asks about the house itself: state, unseal, seal, kill, lift, epochs."""

import msgspec

from .doors import Ask, Evidence


class LookHouse(Ask["House"], frozen=True, tag="look-house"):
    """-> `House`. Needs no evidence: says only what a sign-in page may say."""


class House(msgspec.Struct, frozen=True, tag="house"):
    """State of the house as anyone may see it."""

    id: str
    name: str
    demo: bool
    sealed: bool
    origin: str
    receipt_key: str
    grade: str
    languages: tuple[str, ...] = ("de", "en")


class Unseal(Ask["House"], frozen=True, tag="unseal"):
    """-> `House`. Evidence must be `Local`."""

    evidence: Evidence
    secret: bytes


class Seal(Ask["House"], frozen=True, tag="seal"):
    """-> `House`. Drops every key from memory at once; its entry follows at the next unseal if it must."""

    evidence: Evidence
    reason: str


class KillScope(msgspec.Struct, frozen=True):
    """What a kill covers: `house` (subject empty), `customer` (its id) or `provider` (an organisation id)."""

    scope: str
    subject: str = ""


class PreviewKill(Ask["KillPreview"], frozen=True, tag="preview-kill"):
    """-> `KillPreview`."""

    evidence: Evidence
    target: KillScope


class KillPreview(msgspec.Struct, frozen=True, tag="kill-preview"):
    """Who will stand still. `customers` and `applications` are (id, name) pairs.

    `uses_last_day` is a fold over the newest entries of those customers (`uses_are_more`: there are more);
    `entry_text` is the act code under which the kill will stand in the log. `killed_already`: one stands.
    """

    target: KillScope
    customers: tuple[tuple[str, str], ...]
    keys: int
    buckets: int
    applications: tuple[tuple[str, str], ...]
    open_grants: int
    uses_last_day: int
    entry_text: str
    uses_are_more: bool = False
    killed_already: bool = False
    name: str = ""  # of what is killed: the customer, the provider, the house


class Kill(Ask["Killed"], frozen=True, tag="kill"):
    """-> `Killed`. One person suffices."""

    evidence: Evidence
    target: KillScope
    reason: str


class Killed(msgspec.Struct, frozen=True, tag="killed"):
    """`done`, or `pending` with the number of processes whose lease has not lapsed yet."""

    state: str
    pending: int
    log: str
    index: int
    kill: str = ""


class LookKills(Ask["Kills"], frozen=True, tag="look-kills"):
    """-> `Kills` that stand and touch a customer; for the trustee, with None, all of the house."""

    evidence: Evidence
    customer: str | None = None


class KillView(msgspec.Struct, frozen=True):
    """One kill that stands. `document` is what has to be signed to lift it (`documents.lift_document`)."""

    id: str
    target: KillScope
    killed_at: str
    by: str
    reason: str
    document: bytes
    name: str = ""


class Kills(msgspec.Struct, frozen=True, tag="kills"):
    """Kills that stand, oldest first."""

    kills: tuple[KillView, ...]


class Lift(Ask["Lifted"], frozen=True, tag="lift"):
    """-> `Lifted`. `approvals`: signatures (canonical JSON of `parties.signature`) over the kill's
    `document`, of two persons of two controlling groups; who asks is one of them.
    """

    evidence: Evidence
    kill: str
    approvals: tuple[bytes, ...]


class Lifted(msgspec.Struct, frozen=True, tag="lifted"):
    """The kill no longer stands."""

    log: str
    index: int


class LookClock(Ask["ClockShown"], frozen=True, tag="look-clock"):
    """-> `ClockShown`."""

    evidence: Evidence


class ClockShown(msgspec.Struct, frozen=True, tag="clock"):
    """The house's time, seconds its machine lies behind it or apart from the witnesses, a jump that waits.

    `document` is what two officers sign to confirm it (`documents.clock_document`), empty where none waits.
    """

    at: str
    behind_s: int
    apart_s: int
    is_vouched_for: bool
    jumped_from: str = ""
    jumped_to: str = ""
    document: bytes = b""


class ConfirmClock(Ask["ClockShown"], frozen=True, tag="confirm-clock"):
    """-> `ClockShown`. `approvals`: signatures over the `document`, the asker's among them."""

    evidence: Evidence
    approvals: tuple[bytes, ...]
