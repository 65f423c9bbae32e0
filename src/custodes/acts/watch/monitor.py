"""A customer's monitor: one round checks everything that was published since the last one, and says so.

Root log (consistency, quorum by his own policy, what witnesses show), his slots' chains without a gap, the
leaves that carry one head to the next, an opening for each, a veil for each day, and the index's names
against his entries. Every question is answered held, failed or not checked; nothing else is claimed.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.log import Chain, LookChain, LookNames, LookOpenings, OpeningView
from custodes.kernel.clock import Clock, from_text, to_text
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, quorum, veil_days
from custodes.ledger.quorum import Policy
from custodes.ledger.receipt import Check
from custodes.ledger.slots import FIRST_PREVIOUS, parse_epoch_leaf, row_path
from custodes.ledger.veil import VEIL_LEAF_VERSION, Unveiled
from custodes.objects.audit import Noted, differences, noted_of

from . import state as memory
from .chain import Followed, Link, Slot, follow
from .entries import Gone, Kept, grow, proven
from .gaps import crossed
from .mirror import Mirror, Outcome
from .ports import Folder, House
from .state import Own, State

EXCEPTIONAL = "exceptional"
KINDS = ("machine", EXCEPTIONAL)
FRESH_MINUTES_MAX = 30  # three heartbeats: a log that is silent for longer is not followed but stopped
VEIL_HOURS_MAX = 6  # so long after midnight a veil may still be missing
NEWER_MAX = 10_000
NAMES_TRIES = 3  # the index moves on while it is read

Shown = Callable[[str], bytes | None]


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """Whose entries, in which log, and whose cosignatures he asks for."""

    customer: str
    origin: str
    policy: Policy


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One round. `size` is the root log's; `forks` name the evidence that is held."""

    checks: tuple[Check, ...]
    size: int
    epoch: int
    forks: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether something was checked and did not hold."""
        return any(check.passed is False for check in self.checks)


class Monitor:
    """Follows one customer. `witness_shows` gives what the witness at an address shows of the log.

    `before` holds what was followed of a log that was closed: what follows it must begin with the same.
    """

    def __init__(
        self,
        watched: Watched,
        places: tuple[Folder, Mirror],
        house: tuple[House, Evidence],
        witness_shows: Shown,
        clock: Clock,
        *,
        before: Folder | None = None,
    ) -> None:
        self._before = before
        self._watched = watched
        self._folder, self._mirror = places
        self._house, self._evidence = house
        self._witness_shows = witness_shows
        self._clock = clock

    def round(self) -> Report:
        """Check all that is new. Refusals: what could not be reached at all (unavailable), and whatever the
        log's address answers that is no log; the state stays as it was.
        """
        before = memory.load(self._folder)
        found = self._mirror.round()
        if found.outcome is Outcome.FORKED:
            checks = [Check(name="root log", passed=False, detail=f"forked: {found.fork} ({found.proof})")]
            return self._report(checks, before)
        said = f"{found.size} entries, {found.size - found.before} of them new"
        checks = [Check(name="root log", passed=True, detail=said)]
        checks += self._cosigned(found.note)
        checks += self._witnesses()
        after = before
        for kind in reversed(KINDS):  # the exceptional one says what of the other was destroyed
            own, more, unseen = self._sub_log(kind, before)
            checks += more
            after = msgspec.structs.replace(
                after, own={**after.own, kind: own}, rows_unseen=after.rows_unseen + unseen
            )
        if after.rows_unseen:
            said = f"{after.rows_unseen} epochs had no published row any more; later ones chain over them"
            checks.append(Check(name="slot rows", passed=None, detail=said))
        lost = self._lost(after)
        if lost:
            checks.append(lost[0])
            if lost[0].passed is False:
                return self._report(checks, before)  # nothing is taken over
        if self._before is not None:
            checks.append(
                crossed(self._before, self._folder, self._all("exceptional"), self._watched.customer)
            )
        checks.append(self._veils(after))
        checks += self._names(after)
        if self._are_followed(after, found.size):
            after = msgspec.structs.replace(after, root_size=found.size)
        memory.save(self._folder, after)
        return self._report(checks, after)

    def _are_followed(self, state: State, size: int) -> bool:
        """Whether both chains are at the newest epoch: only then is the root log behind them done with."""
        epochs = [number for number, _ in self._epochs(state.root_size, size)]
        newest = max(epochs, default=0)
        return all(kind in state.own and state.own[kind].link.epoch >= newest for kind in KINDS)

    def _report(self, checks: Sequence[Check], state: State) -> Report:
        return Report(
            checks=tuple(checks),
            size=self._mirror.held()[0].size,
            epoch=max((own.link.epoch for own in state.own.values()), default=0),
            forks=tuple(name for name, _, _ in self._mirror.forks()),
        )

    def _cosigned(self, note: bytes) -> list[Check]:
        """Who vouches for the checkpoint, by the customer's own policy, and how lately."""
        policy = self._watched.policy
        try:
            lines = cosign.verify(note, policy.vkeys(), self._watched.origin).lines
        except Refusal as refusal:
            return [Check(name="quorum", passed=False, detail=refusal.code)]
        if policy.is_none:
            said = "your policy asks for none: nobody outside the installation vouches"
            return [Check(name="quorum", passed=None, detail=said)]
        verdict = quorum.evaluate(policy, lines)
        said = f"organisations: {', '.join(verdict.organisations) or 'none'}"
        checks = [Check(name="quorum", passed=verdict.is_met, detail=said)]
        since = quorum.met_since(policy, lines)
        if since is not None:
            at = datetime.fromtimestamp(since, UTC)
            is_fresh = self._clock.now() - at <= timedelta(minutes=FRESH_MINUTES_MAX)
            checks.append(Check(name="fresh", passed=is_fresh, detail=f"cosigned at {to_text(at)}"))
        return checks

    def _witnesses(self) -> list[Check]:
        """What each witness shows of the log: the same tree, or evidence."""
        checks = []
        for one in self._watched.policy.witnesses.values():
            if one.url is None:
                continue
            name = f"witness {one.name}"
            try:
                raw = self._witness_shows(one.url)
                if raw is None:
                    checks.append(Check(name=name, passed=None, detail="shows nothing of this log"))
                    continue
                found = self._mirror.compare(raw, one.name)
            except Refusal as refusal:
                checks.append(Check(name=name, passed=None, detail=f"cannot be compared: {refusal.code}"))
                continue
            if found.outcome is Outcome.FORKED:
                said = f"was shown another tree: {found.fork} ({found.proof})"
                checks.append(Check(name=name, passed=False, detail=said))
            elif found.outcome is Outcome.GREW:
                checks.append(Check(name=name, passed=None, detail="is ahead of the log: compared next time"))
            else:
                checks.append(Check(name=name, passed=True, detail="shows the same tree"))
        return checks

    def _sub_log(self, kind: str, state: State) -> tuple[Own, list[Check], int]:
        """One sub-log from where it was left; what is remembered moves on only over what held."""
        own = state.own.get(kind, Own())
        log = f"{self._watched.customer}/{kind}"
        try:
            chain = self._chain(log, own.link.epoch)
        except Refusal as refusal:
            return own, [Check(name=f"{kind} chain", passed=None, detail=refusal.code)], 0
        slot = Slot(
            slot=chain.slot,
            key=chain.key,
            first_epoch=chain.first_epoch,
            previous=chain.previous or FIRST_PREVIOUS,
        )
        link = own.link if own.link.epoch else Link(leaf=slot.previous)
        told = [(one.epoch, one.size, one.root) for one in chain.heads]
        epochs = self._epochs(state.root_size) if chain.first_epoch else []
        followed = follow(slot, link, told, epochs, self._row)
        said = followed.why or f"{followed.link.epoch} epochs, {followed.link.size} entries"
        checks = [Check(name=f"{kind} chain", passed=not followed.why, detail=said)]
        try:
            grown, more = self._entries(kind, own, followed)
        except Refusal as refusal:
            held = Check(name=f"{kind} entries", passed=False, detail=f"not received: {refusal.code}")
            return own, [*checks, held], 0
        if followed.why or any(not check.passed for check in more):
            return own, [*checks, *more], 0
        if chain.first_epoch:
            memory.keep_chain(self._folder, kind, slot, followed.heads)
        return Own(link=followed.link, stack=grown), [*checks, *more], len(followed.unseen)

    def _chain(self, log: str, after: int) -> Chain:
        whole = self._house.ask(LookChain(self._evidence, log, after))
        while not whole.is_all:
            more = self._house.ask(LookChain(self._evidence, log, whole.heads[-1].epoch))
            whole = msgspec.structs.replace(more, heads=(*whole.heads, *more.heads))
        return whole

    def _epochs(self, root_size: int, size: int | None = None) -> list[tuple[int, bytes]]:
        """(number, slot root) of the epochs that were not followed yet."""
        entries = self._mirror.entries(root_size, self._mirror.held()[0].size if size is None else size)
        return [found for entry in entries if (found := parse_epoch_leaf(entry)) is not None]

    def _row(self, epoch: int) -> bytes | None:
        return self._folder.read(f"root/{row_path(epoch)}")

    def _entries(self, kind: str, own: Own, followed: Followed) -> tuple[tuple[bytes, ...], list[Check]]:
        """Leaves between two heads, and what each of them says."""
        received = self._received(kind, own.link.size, followed.link.size)
        grown = grow(own.range(), [one.leaf for one in received], followed.heads)
        said = grown.why or f"{len(received)} new ones carry the head on"
        checks = [Check(name=f"{kind} leaves", passed=not grown.why, detail=said)]
        opened = [one for one in received if one.opening]
        unproven = [
            f"{one.index}: {why}"
            for one in opened
            if isinstance(why := proven(one, one.leaf, self._watched.customer), str)
        ]
        destroyed, early = self._destroyed(kind, received)
        said = "; ".join(unproven[:3]) if unproven else f"{len(opened)} received and proven"
        if destroyed:
            said += f"; {len(destroyed)} destroyed under retention"
        if early:
            said += f", {len(early)} by an entry that no checkpoint covers yet: looked at again"
        is_early = bool(early) and not unproven
        checks.append(Check(name=f"{kind} openings", passed=None if is_early else not unproven, detail=said))
        if not grown.why and not unproven and not early:
            memory.keep(self._folder, kind, received)
        return grown.range.stack, checks

    def _destroyed(self, kind: str, received: Sequence[OpeningView]) -> tuple[list[int], list[int]]:
        """Entries without an opening that an entry says were destroyed, and those of which only a later one
        does. What no entry explains is no business of this check: see `_lost`.

        What says that an entry was destroyed is younger than it, and may be younger than every checkpoint.
        Such an entry is no proof yet, for it could be taken back: nothing is remembered on its word.
        """
        bare = [one for one in received if not one.opening]
        if not bare:
            return [], []
        log = f"{self._watched.customer}/{kind}"
        covered = [*memory.kept(self._folder, EXCEPTIONAL), *(received if kind == EXCEPTIONAL else ())]
        unsaid = self._gone(covered).unsaid(log, bare)
        first = max((one.index + 1 for one in covered), default=0)
        later = self._received(EXCEPTIONAL, first, first + NEWER_MAX) if unsaid else []
        never = set(self._gone([*covered, *later]).unsaid(log, bare))
        early = [index for index in unsaid if index not in never]
        return [one.index for one in bare if one.index not in never], early

    def _gone(self, openings: Sequence[OpeningView]) -> Gone:
        found = (proven(one, one.leaf, self._watched.customer) for one in openings if one.opening)
        return Gone.of(one for one in found if isinstance(one, Kept))

    def _received(self, kind: str, first: int, end: int) -> list[OpeningView]:
        """Openings [first, end); fewer when the house gives no more."""
        log = f"{self._watched.customer}/{kind}"
        found: list[OpeningView] = []
        while first + len(found) < end:
            most = min(100, end - first - len(found))
            page = self._house.ask(LookOpenings(self._evidence, log, first + len(found), most)).openings
            if not page or [one.index for one in page] != list(
                range(first + len(found), first + len(found) + len(page))
            ):
                break
            found += page
        return found

    def _declared(self) -> list[tuple[str, int, int]]:
        """What entries declare lost with a machine, as far as they are his: (kind, first, end)."""
        mine = {f"{self._watched.customer}/{kind}": kind for kind in KINDS}
        spans = [span for one in self._all("exceptional") for span in one.lost()]
        return [(mine[log], first, end) for log, first, end in spans if log in mine]

    def _lost(self, state: State) -> list[Check]:
        """Entries without an opening that were not destroyed: none, or each declared in one he can open."""
        if any(kind not in state.own for kind in KINDS):
            return []
        gone = self._gone(list(memory.kept(self._folder, EXCEPTIONAL)))
        bare = [
            (kind, index)
            for kind in KINDS
            for index in gone.unsaid(
                f"{self._watched.customer}/{kind}", list(memory.kept(self._folder, kind))
            )
        ]
        if not bare:
            return []
        spans = self._declared()
        undeclared = [
            f"{kind} {index}"
            for kind, index in bare
            if not any(of == kind and first <= index < end for of, first, end in spans)
        ]
        if undeclared:
            said = f"no opening for {', '.join(undeclared[:3])}, and no entry says why"
            return [Check(name="lost with a machine", passed=False, detail=said)]
        said = f"{len(bare)} entries have only their leaves left; the house says so"
        return [Check(name="lost with a machine", passed=None, detail=said)]

    def _all(self, kind: str) -> list[Kept]:
        kept = memory.kept(self._folder, kind)
        found = (proven(one, one.leaf, self._watched.customer) for one in kept if one.opening)
        return [one for one in found if isinstance(one, Kept)]

    def _veils(self, state: State) -> Check:
        """One veil for each day since the first entry, and one only."""
        if state.own.get("exceptional", Own()).link == Link():
            return Check(name="veils", passed=None, detail="no entry yet")
        kept = self._all("exceptional")
        times = [str(one.fields["at"]) for one in kept if "at" in one.fields]
        last = (self._clock.now() - timedelta(days=1, hours=VEIL_HOURS_MAX)).astimezone(UTC).date()
        days = [one.day for one in kept if one.day]
        if not times or min([*days, from_text(min(times)).date().isoformat()]) > last.isoformat():
            return Check(name="veils", passed=None, detail="no day is over yet")
        first = min([*days, from_text(min(times)).date().isoformat()])  # entries die before veils do
        mine = self._watched.customer
        veils = [
            (one.index, Unveiled(customer=mine, day=one.day, withheld=(), closed=0))
            for one in kept
            if one.day
        ]
        ends = (first, max([last.isoformat(), *(one.day for _, one in veils)]))
        faults = [one for one in veil_days.faults(mine, ends, veils) if one.day <= last.isoformat()]
        bare = [one for one in memory.kept(self._folder, "exceptional") if not one.opening]
        gone = sum(one.leaf[:1] == VEIL_LEAF_VERSION for one in bare)  # their days cannot be read any more
        if gone and len(faults) <= gone and all(one.code == "veil-missing" for one in faults):
            return Check(name="veils", passed=None, detail=f"{gone} were lost with a machine")
        said = "; ".join(f"{one.code} {one.day}" for one in faults[:3]) or f"{first} to {last}: one each"
        return Check(name="veils", passed=not faults, detail=said)

    def _names(self, state: State) -> list[Check]:
        """The index against his own entries: a name put back to an older version is seen here."""
        if any(kind not in state.own for kind in KINDS):
            return []
        spans = self._declared()  # what was done there is lost with the rest, though he may still hold it
        kept = [
            (one, kind)
            for kind in KINDS
            for one in self._all(kind)
            if not any(of == kind and first <= one.index < end for of, first, end in spans)
        ]
        try:
            for _ in range(NAMES_TRIES):
                sizes = {kind: state.own[kind].link.size for kind in KINDS}
                newer = [(one, kind) for kind in KINDS for one in self._newer(kind, sizes[kind])]
                noted = _in_order([*kept, *newer])
                index = self._index(sorted({one.bucket for one in noted}))
                found = differences(noted, index)
                if not found:
                    break
        except Refusal as refusal:
            return [Check(name="object names", passed=None, detail=refusal.code)]
        said = "; ".join(f"{one.code} {one.bucket}/{one.name}" for one in found[:3])
        return [Check(name="object names", passed=not found, detail=said or f"{len(index)} as the log says")]

    def _newer(self, kind: str, size: int) -> list[Kept]:
        """Entries the index may know of already, though no checkpoint covers them yet."""
        received = self._received(kind, size, size + NEWER_MAX)
        found = (proven(one, one.leaf, self._watched.customer) for one in received if one.opening)
        return [one for one in found if isinstance(one, Kept)]

    def _index(self, buckets: Sequence[str]) -> dict[tuple[str, str], tuple[str, ...]]:
        index: dict[tuple[str, str], tuple[str, ...]] = {}
        for bucket in buckets:
            ask = LookNames(self._evidence, bucket)
            while True:
                page = self._house.ask(ask)
                for one in page.versions:
                    at = (bucket, one.name)
                    index[at] = (*index.get(at, ()), one.version)
                if not page.next_name:
                    break
                ask = LookNames(self._evidence, bucket, page.next_name, page.next_sequence)
        return index


def _in_order(kept: Sequence[tuple[Kept, str]]) -> list[Noted]:
    """What entries did to names, in the order of the log: by time, then sub-log, then index."""
    found = [
        ((str(one.fields["at"]), kind, one.index), noted)
        for one, kind in kept
        if (noted := noted_of(one.fields)) is not None
    ]
    return [noted for _, noted in sorted(found, key=lambda pair: pair[0])]
