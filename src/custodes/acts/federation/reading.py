"""Issuers' keys: fetched by the logkeeper, kept as what stands, believed only while they are confirmed.

The keyroom opens no connection and a plane is not asked: whoever could say which keys an issuer has could
sign in as anybody. So only the logkeeper's signature brings keys, and other keys than before are an entry.
"""

import asyncio
import contextlib
import logging

import msgspec

from custodes.acts.asks.identity import DueIssuer, DueIssuers, IssuerKept, IssuersDue, KeepIssuer
from custodes.acts.authority import Alteration
from custodes.acts.footing.issuers import Issuer, IssuerKeys
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.opened import Opened
from custodes.acts.permitted import told
from custodes.acts.records import Record
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal, absent, denied, unavailable
from custodes.parties.rows import Organisation
from custodes.protocols.oidc import published

REFRESH_S = 900
REFRESH_S_MIN = 60  # however many tokens name a key we do not have
STALE_S = 3_600  # confirmed so long ago: no new sign-ins by this issuer
WAIT_MS_MAX = 30_000
WAITERS_MAX = 64
TROUBLE = frozenset({"unreachable", "host-not-allowed", "bad-answer"})

_log = logging.getLogger("custodes.federation")


class _Read(msgspec.Struct):
    """What this run knows of one issuer; all in milliseconds since boot."""

    tried_ms: int | None = None
    confirmed_ms: int | None = None
    is_wanted: bool = False
    trouble: str = ""


class Readings:
    """Answers `IssuersDue` and `KeepIssuer`; tells whether keys may be believed."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._reads: dict[str, _Read] = {}
        self._due = asyncio.Event()
        self._news = asyncio.Condition()
        self._waiting = 0

    async def due(self, ask: IssuersDue) -> DueIssuers:
        """Which issuers to read now. `local-only` (denied) for everybody but the logkeeper."""
        self._refuse_others(ask)
        found = self._now_due()
        if not found and ask.wait_ms > 0:
            self._due.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), min(ask.wait_ms, WAIT_MS_MAX) / 1000)
            found = self._now_due()
        return DueIssuers(tuple(DueIssuer(row.id, row.url, row.ca) for row in found))

    async def keep(self, ask: KeepIssuer) -> IssuerKept:
        """Take in what was fetched. `no-such-issuer` (absent), `bad-discovery`, `bad-key-set` (malformed)."""
        self._refuse_others(ask)
        o = self._o
        issuer = o.standing.get("issuer", ask.issuer, Issuer)
        if issuer is None:
            raise absent("no-such-issuer")
        read = self._reads.setdefault(issuer.id, _Read())
        read.tried_ms = o.clock.boot_ms()
        try:
            changed = await self._take(issuer, ask)
        except Refusal as refusal:
            read.trouble = refusal.code
            _log.warning("alarm: issuer %s cannot be read: %s", issuer.id, refusal.code)
            raise
        finally:
            async with self._news:
                self._news.notify_all()
        return IssuerKept(changed)

    def fresh(self, issuer: str) -> IssuerKeys:
        """The keys, if they were confirmed lately in this run; `issuer-unread` (unavailable)."""
        read, kept = self._reads.get(issuer), self._o.standing.get("issuer-keys", issuer, IssuerKeys)
        is_fresh = (
            read is not None
            and read.confirmed_ms is not None
            and self._o.clock.boot_ms() - read.confirmed_ms <= STALE_S * 1000
        )
        if kept is None or not is_fresh:
            self._want(issuer)
            raise unavailable("issuer-unread")
        return kept

    async def until_news(self, issuer: str, seconds: float) -> None:
        """Have the issuer read (not more often than it may be) and wait a little for what comes of it."""
        read = self._reads.get(issuer)
        now = self._o.clock.boot_ms()
        is_too_soon = (
            read is not None and read.tried_ms is not None and (now - read.tried_ms < REFRESH_S_MIN * 1000)
        )
        self._want(issuer)
        if is_too_soon or self._waiting >= WAITERS_MAX:
            return
        self._waiting += 1
        try:
            async with self._news:
                await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._waiting -= 1

    def state_of(self, issuer: str) -> tuple[bool, str]:
        """Whether its keys may be believed now, and the last trouble."""
        read = self._reads.get(issuer)
        try:
            self.fresh(issuer)
        except Refusal:
            return False, read.trouble if read else ""
        return True, read.trouble if read else ""

    def begun(self) -> None:
        """An issuer was set up: it is due at once."""
        self._due.set()

    async def _take(self, issuer: Issuer, ask: KeepIssuer) -> bool:
        o, read = self._o, self._reads[issuer.id]
        if ask.trouble:
            read.trouble = ask.trouble if ask.trouble in TROUBLE else "bad-answer"
            _log.warning("alarm: issuer %s cannot be read: %s", issuer.id, read.trouble)
            return False
        provider = published.discovered(ask.discovery, issuer.url, loopback_too=o.is_demo)
        keys = published.key_set(ask.key_set)
        kept = o.standing.get("issuer-keys", issuer.id, IssuerKeys)
        changed = kept is None or (kept.provider, kept.keys) != (provider, keys)
        if changed:
            row = IssuerKeys(id=issuer.id, provider=provider, keys=keys, taken_at=to_text(o.clock.now()))
            await o.authority.alter(lambda: self._alteration(issuer, row))
        read.confirmed_ms, read.is_wanted, read.trouble = read.tried_ms, False, ""
        return changed

    def _alteration(self, issuer: Issuer, row: IssuerKeys) -> Alteration:
        o = self._o
        present = o.standing.get("issuer", issuer.id, Issuer)
        if present is None or present.url != issuer.url:
            raise absent("no-such-issuer")
        home = o.standing.get("organisation", issuer.organisation, Organisation)
        record = Record(
            act="change.issuer-keys",
            subject=row.id,
            fields={
                "actor": "logkeeper",
                "actor_kind": "process",
                "phase": "single",
                "subject": row.id,
                "subject_hash": digest_text(row),
            },
        )
        return Alteration(
            changes=(Change(noun="issuer-keys", id=row.id, customer="", value=row),),
            records=tuple((each, record) for each in told(o, home)),
            expects=(o.standing.expect("issuer", issuer.id),),
        )

    def _now_due(self) -> list[Issuer]:
        now = self._o.clock.boot_ms()
        return [
            row
            for row in self._o.standing.all_of("issuer", Issuer)
            if not row.is_off and self._is_due(self._reads.get(row.id), now)
        ]

    def _is_due(self, read: _Read | None, now_ms: int) -> bool:
        if read is None or read.tried_ms is None:
            return True
        is_soon = read.is_wanted or bool(read.trouble)
        return now_ms - read.tried_ms >= (REFRESH_S_MIN if is_soon else REFRESH_S) * 1000

    def _want(self, issuer: str) -> None:
        self._reads.setdefault(issuer, _Read()).is_wanted = True
        self._due.set()

    def _refuse_others(self, ask: IssuersDue | KeepIssuer) -> None:
        if not is_logkeeper(self._o, ask, ask.evidence):
            raise denied("logkeeper-only")
