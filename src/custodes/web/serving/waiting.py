"""A time limit that costs nothing where nothing has to be waited for."""

import asyncio
from collections.abc import Awaitable, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def soon(wait: Awaitable[T], within_s: float) -> T:
    """What `wait` comes to; TimeoutError if that takes longer.

    Its first step is made without a limit: most bodies have come with their head, and most clients take what
    they are sent at once. Only what really stops to wait is given a timer.
    """
    steps = wait.__await__()
    try:
        first = steps.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    async with asyncio.timeout(within_s):
        return await _rest(steps, first)


@coroutine
def _rest(steps: Generator[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:  # noqa: ANN401 - the loop's own
    """Go on with `steps`, the last of which said what it waits for."""
    try:
        while True:
            try:
                sent = yield awaited
            except BaseException as error:
                awaited = steps.throw(error)
            else:
                awaited = steps.send(sent)
    except StopIteration as done:
        value: T = done.value
        return value
