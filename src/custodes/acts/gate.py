"""Between the keyroom's loop and the sequencer's thread: commit an act and come back.

What holds here for every act: at most `DECIDE_AGAIN_MAX` decisions, then `conflict`; an answer not given
within `ANSWER_WITHIN_MS` of its commit is dropped, because what it rested on may be gone by then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from custodes.acts.footing.standing import Prepared, Standing
from custodes.acts.writing.act import Act, Committed, Failed, Row, StandingSeq
from custodes.acts.writing.sequencer import Answer, Sequencer, Ticket
from custodes.kernel.clock import Clock
from custodes.kernel.limits import ANSWER_WITHIN_MS, DECIDE_AGAIN_MAX
from custodes.kernel.refusal import Refusal, conflict, unavailable

T = TypeVar("T")
TURNS_MAX = 30  # changes of several keyrooms take turns: another one's is no reason to give up


class Receipted(msgspec.Struct, frozen=True):
    """A durable act and the moment (since boot) at which its commit began."""

    committed: Committed
    boot_ms: int


class Gate:
    """Hands acts to the sequencer. One loop; the sequencer answers from its own thread, once per group."""

    def __init__(self, clock: Clock, standing: Standing) -> None:
        self._clock = clock
        self._standing = standing
        self._loop = asyncio.get_running_loop()
        self._sequencer: Sequencer | None = None
        self._follow: Callable[[], Awaitable[None]] | None = None
        self._moved: Callable[[], None] = lambda: None
        self.standing_lock = asyncio.Lock()

    def attach(self, sequencer: Sequencer) -> None:
        """The sequencer needs `settle` and the gate needs the sequencer: joined here, once."""
        self._sequencer = sequencer

    def follow(self, catch_up: Callable[[], Awaitable[None]], moved: Callable[[], None]) -> None:
        """Other keyrooms write too: what to do when something an act rested on was not so any more.

        `moved` is called when a page had another key than this keyroom knows.
        """
        self._follow, self._moved = catch_up, moved

    def settle(self, answers: Sequence[tuple[Ticket, Answer]]) -> None:
        """Called in the sequencer's thread, once per group."""
        boot_ms = self._sequencer.began_ms if self._sequencer is not None else self._clock.boot_ms()
        self._loop.call_soon_threadsafe(self._resolve, answers, boot_ms)

    async def commit(self, act: Act) -> Receipted | Failed:
        """Submit one act that changes nothing that stands."""
        return await self._submit(Ticket(act, self._loop.create_future()))

    async def change(self, act: Act, prepared: Prepared) -> Receipted | Failed:
        """Submit an act with standing changes; hold `standing_lock` from `prepare` until this returns."""
        whole = msgspec.structs.replace(
            act, expects=act.expects + prepared.expects, writes=act.writes + prepared.writes
        )
        outcome = await self._submit(Ticket(whole, self._loop.create_future(), prepared.change))
        if isinstance(outcome, Receipted) and not outcome.committed.repeated:
            self._standing.adopt(prepared)
        return outcome

    async def until_committed(self, decide: Callable[[], Awaitable[T | Failed]]) -> T:
        """Decide, and decide again when something changed meanwhile; `conflict` after the last try."""
        tries, turns = DECIDE_AGAIN_MAX, TURNS_MAX
        while tries and turns:
            outcome = await decide()
            if not isinstance(outcome, Failed):
                return outcome
            if self._follow is not None:
                if outcome.code == "page-moved" or isinstance(outcome.expect, Row):
                    self._moved()
                await self._follow()
                turns -= 1
            if self._follow is None or not isinstance(outcome.expect, StandingSeq):
                tries -= 1
        raise conflict("changed-meanwhile")

    def still_fresh(self, receipted: Receipted) -> None:
        """Refuse `answer-too-late` (unavailable): the act is in the log, its answer is dropped."""
        if self._clock.boot_ms() - receipted.boot_ms > ANSWER_WITHIN_MS:
            raise unavailable("answer-too-late")

    async def _submit(self, ticket: Ticket) -> Receipted | Failed:
        if self._sequencer is None:
            raise unavailable("sequencer-absent")
        self._sequencer.submit(ticket)
        future = ticket.reply
        if not isinstance(future, asyncio.Future):
            raise TypeError("ticket without a future")
        answer: Receipted | Failed = await future
        return answer

    def _resolve(self, answers: Sequence[tuple[Ticket, Answer]], boot_ms: int) -> None:
        for ticket, answer in answers:
            future = ticket.reply
            if not isinstance(future, asyncio.Future) or future.done():
                continue
            if isinstance(answer, Refusal):
                future.set_exception(answer)
            elif isinstance(answer, Failed):
                future.set_result(answer)
            else:
                future.set_result(Receipted(answer, boot_ms))
