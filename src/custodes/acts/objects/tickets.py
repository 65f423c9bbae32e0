"""Open uses, in the keyroom's memory: bounded, good once, bound to the evidence they were opened with.

A ticket's id is 128 random bits known to the plane that opened it; closing a write also takes the evidence
of its opening, byte for byte. A restart forgets every ticket: `ticket-unknown`, and the client begins again.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import msgspec

from custodes.acts.asks import Evidence, Session, SigV4
from custodes.acts.asks.objects import CheckChunks, Closed
from custodes.acts.footing.decisions import Asked, Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Write
from custodes.kernel.actor import Actor, ActorKind
from custodes.kernel.limits import OUTCOME_MINUTES_MAX
from custodes.kernel.refusal import Refusal, conflict, limited, malformed
from custodes.objects.conditions import NONE, Conditions
from custodes.parties.rows import Credential
from custodes.protocols.s3 import auth
from custodes.protocols.s3.chunks import ChunkChain
from custodes.protocols.s3.messages import SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER

from .rules.policed import Told
from .rules.wishing import NOTHING_WISHED, Wished

TICKETS_MAX = 20_000
CHUNKS_MAX = 4_096
LASTS_MS = OUTCOME_MINUTES_MAX * 60_000
_EMPTY = hashlib.sha256(b"").hexdigest()

T = TypeVar("T", bound="Ticket")


@dataclass
class Chain:
    """The signatures of a streaming body: the last good one, and whether the last chunk was seen."""

    chain: ChunkChain
    last: str
    has_trailer: bool
    is_over: bool = False


@dataclass(kw_only=True)
class Admitted:
    """Where the admission of a long use stands in the log."""

    act: str
    ordinal: int
    log: str
    index: int


@dataclass(kw_only=True, repr=False)
class Ticket:
    """One open use. `size` is what it counts as if nobody closes it, in bytes."""

    customer: str
    key: str
    actor: Actor
    proof: bytes
    code: str
    size: int
    providers: tuple[str, ...]
    admitted: Admitted | None = None
    verified: auth.Verified | None = None  # what was signed when it was opened
    session: Session | None = None  # in which it was opened
    grant: str = ""
    chain: Chain | None = None
    id: str = ""
    until_ms: int = 0


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided when a write began, which holds for as long as nothing standing changes that day.

    `seq`: of what stood then; the law's tables count by the day.
    """

    seq: int
    day: date
    who: Identified
    judged: Judged
    decided: Decided


@dataclass(kw_only=True, repr=False)
class PutTicket(Ticket):
    """A write on its way: its data key never leaves this memory but to the plane that opened it."""

    bucket: str
    name: str
    version: str
    data_key: bytes
    blob: str
    number: int
    locations: tuple[str, ...]
    size_bytes: int | None
    purpose: str
    conditions: Conditions = NONE
    wished: Wished = NOTHING_WISHED
    bytes_range: tuple[int, int | None] = (0, None)  # what a form's policy lets it be
    also: tuple[Write, ...] = ()  # what its closing writes beside
    stored_key: bytes = b""  # what the registry wraps, where that is not the data key itself
    settled: Settled | None = None  # where the decision follows from what stands alone
    padding: str = ""  # by which steps the stream is padded


@dataclass(kw_only=True, repr=False)
class PartTicket(PutTicket):
    """A part of an upload on its way."""

    upload: str


@dataclass(kw_only=True, repr=False)
class GetTicket(Ticket):
    """A read on its way. `asked`: of anyone, bucket and question, to be decided again while it runs."""

    version: str
    asked: tuple[str, Asked, Told] | None = None


@dataclass
class Tickets:
    """Every open use. `on_expired` is told of each that nobody closed in time."""

    opened: Opened
    on_expired: Callable[[Ticket], None]
    _open: dict[str, Ticket] = field(default_factory=dict)
    _closing: set[str] = field(default_factory=set)
    _strangers: Counter[str] = field(default_factory=Counter)  # by customer: open uses of anyone

    def open(self, ticket: T) -> T:
        """Keep a ticket and give it its id; `too-many-open`, `slow-down` (limited): strangers hold only so
        many of a customer's at a time.
        """
        if len(self._open) >= TICKETS_MAX:
            self.expire()
        if len(self._open) >= TICKETS_MAX:
            raise limited("too-many-open", open_max=TICKETS_MAX)
        if ticket.actor.kind is ActorKind.ANYONE:
            if self._strangers[ticket.customer] >= self.opened.strangers.open_max:
                raise limited("slow-down")
            self._strangers[ticket.customer] += 1
        ticket.id = self.opened.dice.draw(16).hex()
        ticket.until_ms = self.opened.clock.boot_ms() + LASTS_MS
        self._open[ticket.id] = ticket
        return ticket

    def look(self, id_: str, kind: type[T]) -> T:
        """A ticket that stays open, for another 15 minutes; `ticket-unknown` (conflict)."""
        ticket = self._open.get(id_)
        now = self.opened.clock.boot_ms()
        if ticket is None or not isinstance(ticket, kind) or now >= ticket.until_ms:
            raise _unknown()
        if kind is not Ticket and type(ticket) is not kind:
            raise _unknown()
        ticket.until_ms = now + LASTS_MS
        return ticket

    def take(self, id_: str, kind: type[T], evidence: Evidence | None = None) -> T:
        """Take a ticket away for good. Another evidence than the opener's does not even use it up."""
        ticket = self.look(id_, kind)
        if evidence is not None and not hmac.compare_digest(ticket.proof, proof_of(evidence)):
            raise _unknown()
        self._gone(self._open.pop(id_))
        if isinstance(ticket, PutTicket):
            self._closing.add(ticket.blob)
        return ticket

    def closed(self, ticket: PutTicket) -> None:
        """A write that was taken away is decided: its blob is referred to, or nobody's."""
        self._closing.discard(ticket.blob)

    def blobs(self) -> frozenset[str]:
        """Every blob that a write on its way may still come to refer to."""
        found = {one.blob for one in self._open.values() if isinstance(one, PutTicket)}
        return frozenset(found | self._closing)

    def admitted(self) -> frozenset[tuple[str, int]]:
        """(act, ordinal) of every admission that still has its ticket."""
        found = (one.admitted for one in self._open.values())
        return frozenset((at.act, at.ordinal) for at in found if at is not None)

    def expire(self) -> None:
        """Drop what nobody closed in time."""
        now = self.opened.clock.boot_ms()
        for id_ in [id_ for id_, one in self._open.items() if now >= one.until_ms]:
            ticket = self._open.pop(id_)
            self._gone(ticket)
            self.on_expired(ticket)

    def _gone(self, ticket: Ticket) -> None:
        if ticket.actor.kind is ActorKind.ANYONE:
            self._strangers[ticket.customer] -= 1

    async def check_chunks(self, ask: CheckChunks) -> Closed:
        """See `CheckChunks`."""
        ticket = self.look(ask.ticket, Ticket)
        chain = ticket.chain
        is_early = any(digest == _EMPTY for digest, _ in ask.chunks[:-1])
        if chain is None or chain.is_over or is_early or len(ask.chunks) > CHUNKS_MAX:
            raise malformed("chunks-not-expected")
        last = chain.chain.verify_chunks(chain.last, ask.chunks)
        is_end = bool(ask.chunks) and ask.chunks[-1][0] == _EMPTY
        if ask.trailer is not None:
            if not is_end or not chain.has_trailer:
                raise malformed("chunks-not-expected")
            last = chain.chain.verify_trailer(last, *ask.trailer)
        chain.last = last
        chain.is_over = is_end and (ask.trailer is not None) == chain.has_trailer
        return Closed()


def proof_of(evidence: Evidence) -> bytes:
    """What binds a ticket to the evidence it was opened with."""
    return hashlib.sha256(msgspec.msgpack.encode(evidence)).digest()


def chain_for(opened: Opened, evidence: Evidence, who: Identified) -> Chain | None:
    """The chain a streaming body's chunks must continue; None for every other body."""
    if who.verified is None or who.verified.payload not in (SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER):
        return None
    if not isinstance(evidence, SigV4):
        raise _unknown()
    credential = opened.standing.get("credential", who.actor.credential, Credential)
    if credential is None:
        raise _unknown()
    chain = auth.chain_of(evidence.claim, opened.identities.secret_of(credential))
    return Chain(chain, chain.seed_signature, evidence.claim.payload == SIGNED_CHUNKS_TRAILER)


def demand_checked(ticket: Ticket) -> None:
    """`chunks-unchecked` (malformed) unless every chunk signature of the body was checked."""
    if ticket.chain is not None and not ticket.chain.is_over:
        raise malformed("chunks-unchecked")


def _unknown() -> Refusal:
    return conflict("ticket-unknown")
