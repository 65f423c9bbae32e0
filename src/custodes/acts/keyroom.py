"""The keyroom: the one process that can use keys. Sealed until a holder's secret opens it.

`ask` is its only door. Sealed, it answers what the house is and takes an unseal; everything else is refused
`house-sealed` (locked). Each noun's file offers the asks it answers as a table; this file joins them.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from custodes.acts.asks import Ask, Evidence, Local, PostForm, SigV4, Unsigned
from custodes.acts.asks import house as house_asks
from custodes.acts.asks import objects as object_asks
from custodes.acts.asks import unsealing as unseal_asks
from custodes.acts.asks import uploads as upload_asks
from custodes.acts.asks.buckets import inventory as inventory_asks
from custodes.acts.asks.buckets import told as told_asks
from custodes.acts.authority import Authority
from custodes.acts.benching.bench import Bench, InThread
from custodes.acts.benching.direct import Direct
from custodes.acts.denials import Denials
from custodes.acts.doors import answers_of
from custodes.acts.footing.decisions import Decisions
from custodes.acts.footing.directory import Directories
from custodes.acts.footing.house_body import HouseBody, Shard, present
from custodes.acts.footing.identities import Identities
from custodes.acts.footing.keyring import Keyring
from custodes.acts.footing.standing import Standing
from custodes.acts.gate import Gate
from custodes.acts.office.grants import Grants
from custodes.acts.opened import Opened, Read, nobody_else
from custodes.acts.records import Records
from custodes.acts.running.inspection import Inspection, Look
from custodes.acts.running.roots import Roots
from custodes.acts.sharing import enrolling
from custodes.acts.sharing.enrolling import OwnKey, own_key
from custodes.acts.sharing.following import Following, FollowingRead, said_keys
from custodes.acts.sharing.hearing import Hearing
from custodes.acts.sharing.lease import Living, keep_up
from custodes.acts.sharing.ports import Leases
from custodes.acts.signed import relying_party
from custodes.acts.timekeeping.trust import Timekeeping
from custodes.acts.turning.answers import Turning
from custodes.acts.unsealing.attempt import Attempts
from custodes.acts.unsealing.counted import Counted
from custodes.acts.unsealing.holders import HolderWatch
from custodes.acts.unsealing.notes import Journal, carry_over
from custodes.acts.unsealing.told import BY_ITSELF, BY_SECRET, BY_SHARES, tell
from custodes.acts.witness_policies import Policies
from custodes.acts.witnessing import Witnessing
from custodes.acts.writing import house_head
from custodes.acts.writing.house_head import FIRST, HouseHead
from custodes.acts.writing.ports import Books
from custodes.acts.writing.sequencer import Pace, Sequencer
from custodes.custody import hierarchy
from custodes.custody.holder import Holder
from custodes.custody.shares import Shared
from custodes.kernel import canonical
from custodes.kernel.clock import Clock
from custodes.kernel.dice import Dice
from custodes.kernel.limits import GOES_ON_MS_MAX, StrangerLimits
from custodes.kernel.refusal import (
    Refusal,
    conflict,
    denied,
    even,
    locked,
    malformed,
    unauthenticated,
    unavailable,
)
from custodes.ledger.merkle import EMPTY_ROOT

_log = logging.getLogger("custodes.keyroom")

T = TypeVar("T")

First = Callable[[Opened], Awaitable[None]]
Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]
PROTOCOL_ABSENT = frozenset(  # S3 tells these apart; only who may know the bucket hears the later ones
    {
        "bucket-absent",
        "key-absent",
        "version-absent",
        "upload-absent",
        "connection-absent",
        "lent-key-absent",
        # what a bucket or a version was not told; asked only by who may see the bucket
        "cors-absent",
        "encryption-absent",
        "inventory-absent",
        "lifecycle-absent",
        "lock-absent",
        "ownership-absent",
        "policy-absent",
        "public-access-absent",
        "retention-absent",
        "tags-absent",
    }
)
_OF_REQUESTS = (SigV4, Unsigned, PostForm)  # evidence that is good for that S3 request and nothing else
_OF_S3 = frozenset(room.__name__ for room in (object_asks, upload_asks, told_asks, inventory_asks))

_OF_CUSTODIANS = (unseal_asks.LookUnseal, unseal_asks.GiveShare, unseal_asks.CancelUnseal)


@dataclass(frozen=True)
class Parts:
    """What wiring hands over: ports fulfilled, and this run's local token.

    `journal` keeps what is done while the house is sealed; without one it takes no shares.
    """

    books: Books
    read: Read
    holders: Mapping[str, Holder]
    clock: Clock
    dice: Dice
    local_token: str
    pace: Pace | None = None
    journal: Journal | None = None
    name: str = FIRST  # which of the house's keyrooms this is
    own_key: OwnKey | None = None  # a further one's
    leases: Leases | None = None  # where others may share the database
    bench: Bench = field(default_factory=lambda: InThread(Direct()))
    machine: Look | None = None  # what wiring finds on the machine, when somebody looks
    strangers: StrangerLimits = field(default_factory=StrangerLimits)


class Keyroom:
    """Answers asks. One per process."""

    def __init__(self, body: HouseBody, parts: Parts) -> None:
        self._body = body
        self._parts = parts
        self._opened: Opened | None = None
        self._sequencer: Sequencer | None = None
        self._answers: Answers = {}
        self.watch: HolderWatch | None = None  # of every holder, while the house is unsealed
        self._opening = asyncio.Lock()
        self._holders = {uri: Counted(one) for uri, one in parts.holders.items()}
        self._attempts = _attempts(body, parts)
        self._living: Living | None = None
        self._following: Following | None = None
        self._tell_changed: Callable[[], None] = lambda: None

    def tell(self, changed: Callable[[], None]) -> None:
        """Call this whenever something has changed that a use on its way may rest on."""
        self._tell_changed = changed

    def _say_changed(self) -> None:
        self._tell_changed()

    @property
    def is_tender(self) -> bool:
        """Whether time and upkeep are this keyroom's to run."""
        return self._living is None or self._living.is_tender

    @property
    def opened(self) -> Opened:
        """The unsealed house; `house-sealed` (locked) while it is not."""
        if self._opened is None:
            raise locked("house-sealed")
        return self._opened

    @property
    def sequencer(self) -> Sequencer | None:
        """The one writer while the house is unsealed, for whoever measures."""
        return self._sequencer

    @property
    def witnessing(self) -> Witnessing | None:
        """How far the log is witnessed, while the house is unsealed."""
        return self._opened.witnessing if self._opened is not None else None

    async def ask(self, ask: Ask[T]) -> T:
        """Answer one ask or raise its Refusal."""
        if isinstance(ask, house_asks.LookHouse):
            return cast("T", self._look())
        if isinstance(ask, house_asks.Unseal):
            self._refuse_remote(ask.evidence)
            if self._opened is None and self._attempts is not None and await self._attempts.opens():
                raise denied("shares-needed")
            await self.unseal(ask.secret)
            return cast("T", self._look())
        if isinstance(ask, _OF_CUSTODIANS):
            return cast("T", await self._by_shares(ask))
        if isinstance(ask, house_asks.Seal):
            return cast("T", await self._seal(ask))
        if self._opened is None:
            raise locked("house-sealed")
        answer = self._answers.get(type(ask))
        if answer is None:
            raise malformed("unknown-ask")
        if type(ask).__module__ not in _OF_S3 and isinstance(getattr(ask, "evidence", None), _OF_REQUESTS):
            raise unauthenticated("evidence-for-objects")  # an S3 request signs that request, nothing else
        try:
            return cast("T", await answer(ask))
        except Refusal as refusal:
            raise even(refusal, PROTOCOL_ABSENT) from refusal

    async def unseal(
        self, secret: bytes, how: str = "", by: Sequence[str] = (), first: First | None = None
    ) -> None:
        """Open the holder, verify everything that stands, start the sequencer.

        Refusals: the holder's; `house-head-forged`, `house-head-does-not-fit`, `standing-forged`,
        `standing-rolled-back` (unavailable): the database is not the one this house left; `unseal-not-told`.
        `how` and `by` stand in the entry (`unsealing.told`). `first` comes before every entry: a restored
        house catches up with its log before it adds to it.
        """
        async with self._opening:
            if self._opened is not None:
                return
            holder = self._holders[self._body.holder]
            await asyncio.to_thread(holder.unseal, secret)
            try:
                self._opened = await self._open(holder)
                await self._live(self._opened)
                if first is not None:
                    await first(self._opened)
            except BaseException:
                await self.close()
                raise
            try:
                if self._parts.journal is not None:
                    await carry_over(self._opened, self._parts.journal)
                how = how or (BY_SECRET if secret else BY_ITSELF)
                await tell(self._opened, self._parts.name, (holder.uri, holder.grade), how, by)
            except BaseException:
                await self.close()  # what custodians did could not be logged: nothing is used before it is
                raise

    async def _by_shares(
        self, ask: unseal_asks.LookUnseal | unseal_asks.GiveShare | unseal_asks.CancelUnseal
    ) -> unseal_asks.UnsealView:
        """What custodians ask; the last share that was wanting opens the house."""
        attempts = self._attempts
        if self._opened is not None or attempts is None:
            if isinstance(ask, unseal_asks.LookUnseal):
                return unseal_asks.UnsealView(sealed=self._opened is None, by_shares=False)
            raise conflict("attempt-over")
        if isinstance(ask, unseal_asks.LookUnseal):
            return await attempts.look()
        if isinstance(ask, unseal_asks.CancelUnseal):
            return await attempts.cancel(ask)
        secret = await attempts.give(ask)
        if secret is None:
            return await attempts.look()
        await self.unseal(secret, BY_SHARES, attempts.opened_by)
        return unseal_asks.UnsealView(sealed=False, by_shares=True)

    async def close(self) -> None:
        """Finish what waits and let go of every key."""
        if self._attempts is not None:
            self._attempts.drop()
        sequencer, self._sequencer = self._sequencer, None
        opened, self._opened = self._opened, None
        self._answers, self.watch = {}, None
        self._tell_changed()
        living, self._living = self._living, None
        if living is not None:
            await living.stop()
        if opened is not None:
            shard = opened.standing.get("shard", opened.house, Shard)
            self._body = present(self._body, shard)  # its log may have been turned meanwhile
            opened.records.forget()
            opened.keyring.drop()
            opened.bench.let_go()
        for holder in self._holders.values():
            holder.seal()
        if sequencer is not None:
            await asyncio.to_thread(sequencer.stop)
            self._parts.books.close()

    async def _open(self, holder: Holder) -> Opened:
        body, parts = self._body, self._parts
        keys = hierarchy.open_house_keys(holder, body.id, body.house_keys)
        founder = Ed25519PrivateKey.from_private_bytes(keys.receipt)
        own = founder
        if parts.own_key is not None and parts.name != FIRST:
            own = own_key(holder, (body.id, parts.name), parts.own_key, parts.dice)
        sign = house_head.signer(body.id, own, parts.name)
        rows, heads, sizes = await parts.read(
            lambda reads: (
                reads.standing(),
                reads.house_heads(),
                {log: range_.size for log, range_ in reads.heads().items()},
            )
        )
        last = house_head.newest(heads)
        if last is None:
            if rows or sizes:
                raise unavailable("house-head-does-not-fit")
            last = sign(0, 0, EMPTY_ROOT, parts.clock.now())
            heads = (last,)
        known = {**said_keys(rows), FIRST: founder.public_key()}  # their rows' MACs are looked at below
        untrue = house_head.why_untrue(heads, body.id, known, sizes)
        if untrue is not None:
            raise unavailable(untrue)
        for each in heads:
            parts.clock.not_below(house_head.instant(each))
        standing = Standing(keys.mac)
        standing.load(rows, last.standing_seq, last.standing_root)
        standing.on_change = self._say_changed
        mine = next((each for each in heads if each.keyroom == parts.name), None)
        head = mine or sign(0, last.standing_seq, last.standing_root, parts.clock.now())
        keyring = Keyring(body.id, keys, self._holders, parts.dice)
        time = Timekeeping(parts.clock, standing, max(map(house_head.instant, heads)))
        return self._join(keyring, standing, time, (head, sign, own), founder.public_key())

    def _join(
        self,
        keyring: Keyring,
        standing: Standing,
        time: Timekeeping,
        head: tuple[HouseHead, house_head.SignHead, Ed25519PrivateKey],
        founder: Ed25519PublicKey,
    ) -> Opened:
        body, parts = self._body, self._parts
        gate = Gate(parts.clock, standing)
        following = Following(body.id, founder, standing, parts.read)
        living = None
        if parts.leases is not None:
            living = Living(parts.name, parts.dice.draw(16).hex(), parts.leases, parts.clock)
        self._write_with(gate, head)
        records = Records(keyring, parts.clock, gate.commit, standing)
        if living is not None:
            following.attach(keyring, records)
            gate.follow(following.catch_up, records.forget)
        self._living, self._following = living, following
        directories = Directories(standing)
        policies = Policies(standing, body)
        opened = Opened(
            founded=body,
            house=body.id,
            is_demo=body.demo,
            clock=parts.clock,
            dice=parts.dice,
            keyring=keyring,
            standing=standing,
            directories=directories,
            gate=gate,
            records=records,
            identities=Identities(standing, keyring, parts.clock, parts.local_token),
            decisions=Decisions(
                standing,
                parts.clock,
                is_demo=body.demo,
                refuse_if_lapsed=living.refuse_if_lapsed if living is not None else lambda: None,
            ),
            denials=Denials(gate, records, parts.clock, parts.dice),
            policies=policies,
            witnessing=Witnessing(parts.clock, standing, policies, body.id),
            receipt_key=head[2],
            authority=Authority(gate, standing, records, parts.dice),
            time=time,
            grants=Grants(standing, directories, (parts.clock, time), body.id, relying_party(body)),
            holders=self._holders,
            books=parts.books,
            bench=parts.bench,
            strangers=parts.strangers,
            read=parts.read if living is None else FollowingRead(parts.read, standing, following),
            pending=nobody_else if living is None else living.pending,
            is_tender=lambda: self.is_tender,
            lease_left_ms=living.left_ms if living is not None else lambda: GOES_ON_MS_MAX,
        )
        self._answer_with(opened)
        return opened

    def _answer_with(self, opened: Opened) -> None:
        living = self._living
        self.watch = HolderWatch(opened)
        turning = Turning(opened)
        looks = Inspection(
            opened, self._parts.machine, lambda: living.leases if living is not None else (), turning
        )
        roots = Roots(opened, self._body, self._adopt)
        more = {**self.watch.answers(), **looks.answers(), **roots.answers(), **turning.answers()}
        self._answers = {**answers_of(opened), **more}

    def _adopt(self, body: HouseBody) -> None:
        """Another holder opens the house from its next unseal on, by its own shares if it has any."""
        self._body = body
        self._attempts = _attempts(body, self._parts)

    def _write_with(self, gate: Gate, head: tuple[HouseHead, house_head.SignHead, Ed25519PrivateKey]) -> None:
        parts = self._parts
        sequencer = Sequencer(parts.books, parts.clock, head[0], head[1], gate.settle, pace=parts.pace)
        gate.attach(sequencer)
        sequencer.start()
        self._sequencer = sequencer

    async def _live(self, o: Opened) -> None:
        """Where others share the database: be known to live, be enrolled, and follow from now on."""
        living, following = self._living, self._following
        if living is None or following is None:
            return
        await living.begin(o.standing.seq)
        await following.catch_up()
        if self._parts.name != FIRST:
            await enrolling.enrol(o, self._parts.name)
        hearing = Hearing(o)

        async def round_() -> None:
            beat = await keep_up(living, following, o.witnessing, lambda: o.standing.seq)
            if not living.is_tender:
                await hearing.hear(beat)

        living.start(round_)

    def _look(self) -> house_asks.House:
        holder = self._holders[self._body.holder]
        return house_asks.House(
            id=self._body.id,
            name=self._body.name,
            demo=self._body.demo,
            sealed=self._opened is None,
            origin=self._opened.origin if self._opened is not None else self._body.origin,
            receipt_key=canonical.b64(self._receipt_key()),
            grade=holder.grade,
        )

    def _receipt_key(self) -> bytes:
        """The key this keyroom signs receipts with; the house's own while it is sealed."""
        if self._opened is None:
            return self._body.receipt_key
        return self._opened.receipt_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    async def _seal(self, ask: house_asks.Seal) -> house_asks.House:
        self._refuse_remote(ask.evidence)
        _log.warning("sealed locally")
        await self.close()
        return self._look()

    def _refuse_remote(self, evidence: Evidence) -> None:
        token = evidence.token if isinstance(evidence, Local) else ""
        if self._parts.local_token and hmac.compare_digest(token.encode(), self._parts.local_token.encode()):
            return
        raise denied("local-only")


def _attempts(body: HouseBody, parts: Parts) -> Attempts | None:
    """Who takes shares of the house's own holder; nobody where no shares could open it."""
    holder = parts.holders[body.holder]
    if not isinstance(holder, Shared) or parts.journal is None:
        return None
    return Attempts(body.id, holder, parts.journal, parts.clock, parts.dice)
