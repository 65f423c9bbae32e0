"""How a room that may not wait asks questions: a generator of asks, driven by whoever can send them."""

from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast

from custodes.acts.asks import Ask
from custodes.kernel.refusal import Kind, Refusal

T = TypeVar("T")
R = TypeVar("R")
Talk: TypeAlias = Generator[Ask[Any], Any, T]

_CLOSED = frozenset({Kind.DENIED, Kind.ABSENT})


def asked(ask: Ask[R]) -> Talk[R]:
    """One ask and its answer; `yield from asked(...)`. Raises its Refusal."""
    return cast("R", (yield ask))


def maybe(ask: Ask[R]) -> Talk[R | None]:
    """The answer, or None where the asker may not know it; every other refusal stands."""
    try:
        return (yield from asked(ask))
    except Refusal as refusal:
        if refusal.kind not in _CLOSED:
            raise
        return None


def run(talk: Talk[T], ask: Callable[[Ask[Any]], Any]) -> T:
    """Drive a talk with a plain function; a refusal goes back into it."""
    step: Callable[[], Ask[Any]] = partial(next, talk)
    while True:
        try:
            wanted = step()
        except StopIteration as end:
            return cast("T", end.value)
        try:
            step = partial(talk.send, ask(wanted))
        except Refusal as refusal:
            step = partial(talk.throw, refusal)


async def run_async(talk: Talk[T], ask: Callable[[Ask[Any]], Awaitable[Any]]) -> T:
    """The same with a coroutine function."""
    step: Callable[[], Ask[Any]] = partial(next, talk)
    while True:
        try:
            wanted = step()
        except StopIteration as end:
            return cast("T", end.value)
        try:
            step = partial(talk.send, await ask(wanted))
        except Refusal as refusal:
            step = partial(talk.throw, refusal)
