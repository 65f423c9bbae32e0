"""Collecting cosignatures: all witnesses at once, none waits for another, and no answer is believed unread.

A witness that is slow is not asked again before he has answered; what he sends too late counts for nothing.
A line enters the checkpoint after it was verified by the key that the policy pins, over exactly this
checkpoint.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, note
from custodes.ledger.note import Note, Signature, Vkey
from custodes.ledger.quorum import Policy

from .ports import Reach, Witness

WITNESS_TIMEOUT_S = 5.0
STRAGGLERS_S = 0.2  # when the quorum is met, the others have so long to be counted too
TRIES_MAX = 3

_log = logging.getLogger("custodes.logkeeper")

Consistency = Callable[[int], Awaitable[list[bytes]]]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A witness says that he knows another tree. `size` is the one he remembers, -1 where he did not say."""

    witness: str
    vkey: Vkey
    size: int
    shown: bytes | None  # the checkpoint he shows to monitors


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What all are asked: a signed checkpoint, and how to prove that it continues an older one."""

    made: bytes
    origin: str
    size: int
    consistency: Consistency


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How a witness answered when he was asked last.

    `said` is empty where he cosigned, else why not: a refusal's code, `witness-late` (no answer in time),
    `witness-lies` (no line by his key), `witness-unasked` (nothing signed yet), `witness-without-address`.
    `signed_at` is when he cosigned last, by our own clock.
    """

    name: str
    said: str
    asked_at: datetime | None = None
    signed_at: datetime | None = None


class Gathering:
    """Knows the witnesses, what size each has, who is still busy, and how each answered."""

    def __init__(
        self, reach: Reach, conflict: Callable[[Claim], Awaitable[None]], now: Callable[[], datetime]
    ) -> None:
        self._reach = reach
        self._conflict = conflict
        self._now = now
        self._names: dict[Vkey, str] = {}
        self._seen: dict[Vkey, Seen] = {}
        self._last: Asked | None = None
        self._witnesses: dict[Vkey, Witness | None] = {}
        self._sizes: dict[Vkey, int] = {}
        self._busy: dict[Vkey, asyncio.Task[list[Signature]]] = {}

    def follow(self, policies: Iterable[Policy]) -> None:
        """Ask from now on everybody these policies name."""
        named = {one.vkey: one for policy in policies for one in policy.witnesses.values()}
        self._names = {vkey: one.name for vkey, one in named.items()}
        self._witnesses = {
            vkey: self._witnesses[vkey] if vkey in self._witnesses else self._reach(one)
            for vkey, one in named.items()
        }

    async def gather(self, asked: Asked, is_enough: Callable[[Sequence[Signature]], bool]) -> list[Signature]:
        """Verified lines: once they are enough, and a moment for the others, else after the timeout."""
        self._last = asked
        waiting = self._ask(asked)
        lines: list[Signature] = []
        loop = asyncio.get_running_loop()
        until = loop.time() + WITNESS_TIMEOUT_S
        is_met = False
        while waiting and (left := until - loop.time()) > 0:
            done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            lines += [line for task in done for line in task.result()]
            if not is_met and is_enough(lines):
                is_met, until = True, min(until, loop.time() + STRAGGLERS_S)
        return lines

    async def look(self, within_s: float) -> tuple[Seen, ...]:
        """Ask everybody once more to cosign what all were asked last; how each answered within that time.

        What they say now counts for no checkpoint: it is for whoever looks after the house. One that shows
        another tree stops the house as in any round.
        """
        if self._last is not None:
            self._ask(self._last)
        waiting = {task for task in self._busy.values() if not task.done()}
        if waiting:
            await asyncio.wait(waiting, timeout=within_s)
        unasked = "witness-unasked" if self._last is None else "witness-without-address"
        return tuple(
            self._seen.get(vkey, Seen(name=name, said=unasked))
            for vkey, name in sorted(self._names.items(), key=lambda one: one[1])
        )

    def _ask(self, asked: Asked) -> set[asyncio.Task[list[Signature]]]:
        """Begin with everybody who is not still busy."""
        waiting = set()
        for vkey, witness in self._witnesses.items():
            busy = self._busy.get(vkey)
            if witness is not None and (busy is None or busy.done()):
                self._note(witness, "witness-late")  # until he has answered
                self._busy[vkey] = asyncio.create_task(self._one(witness, asked))
                waiting.add(self._busy[vkey])
        return waiting

    def _note(self, witness: Witness, said: str) -> None:
        before, now = self._seen.get(witness.vkey), self._now()
        signed_at = now if not said else before.signed_at if before is not None else None
        name = self._names.get(witness.vkey, witness.name)
        self._seen[witness.vkey] = Seen(name=name, said=said, asked_at=now, signed_at=signed_at)

    async def close(self) -> None:
        """Give up on everybody."""
        for task in self._busy.values():
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _one(self, witness: Witness, asked: Asked) -> list[Signature]:
        """His lines; none when he refuses, is gone or lies. Never raises but for cancellation."""
        said = "witness-lies"
        try:
            lines = await self._cosigned(witness, asked)
        except Refusal as refusal:
            said = refusal.code
            _log.warning("witness %s: %s %s", witness.name, refusal.code, dict(refusal.facts))
        except Exception:
            _log.exception("witness %s", witness.name)
        else:
            self._note(witness, "" if lines else said)
            return lines
        self._note(witness, said)
        return []

    async def _cosigned(self, witness: Witness, asked: Asked) -> list[Signature]:
        old = min(self._sizes.get(witness.vkey, 0), asked.size)
        for _ in range(TRIES_MAX):
            try:
                lines = await witness.cosign(old, await asked.consistency(old), asked.made)
            except Refusal as refusal:
                if refusal.code == "witness-conflict":
                    await self._claim(witness, asked, -1)
                if refusal.code != "witness-behind":
                    raise
                old = int(str(refusal.facts["size"]))
                if old > asked.size:
                    await self._claim(witness, asked, old)
                    raise
                continue
            found = verified(asked.made, lines, witness.vkey)
            if not found:
                _log.warning("witness %s: none of his lines is by his key", witness.name)
            else:
                self._sizes[witness.vkey] = asked.size
            return found
        return []

    async def _claim(self, witness: Witness, asked: Asked, size: int) -> None:
        try:
            shown = await witness.cosigned(asked.origin)
        except Refusal:
            shown = None
        claim = Claim(witness=witness.name, vkey=witness.vkey, size=size, shown=shown)
        await self._conflict(claim)


def verified(made: bytes, lines: bytes, vkey: Vkey) -> list[Signature]:
    """Those of `lines` that are by this key, over this checkpoint. Codes: `bad-note`, `bad-signature`."""
    text = note.parse(made).text
    found = note.parse(text.encode() + b"\n" + lines).signatures
    own = tuple(one for one in found if (one.name, one.key_id) == (vkey.name, vkey.key_id))
    if own:
        note.verify(Note(text=text, signatures=own), [vkey], cosign.message_of)
    return list(own[:1])
