"""Doing something in a house that nobody serves: on its machine, with its holder."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from custodes.acts.opened import Opened
from custodes.settings import Settings
from custodes.wiring import keyroom

T = TypeVar("T")


def alone(settings: Settings, secret: bytes, work: Callable[[Opened], Awaitable[T]]) -> T:
    """Do something in the house while nobody else has it."""

    async def run() -> T:
        async with keyroom.assembled(settings, "") as here:
            await here.unseal(secret)
            return await work(here.opened)

    with keyroom.only_one(settings):
        return asyncio.run(run())


def before_anything(settings: Settings, secret: bytes, work: Callable[[Opened], Awaitable[T]]) -> T:
    """The same, before the unseal itself or anything else is an entry."""
    made: list[T] = []

    async def first(o: Opened) -> None:
        made.append(await work(o))

    async def run() -> None:
        async with keyroom.assembled(settings, "") as here:
            await here.unseal(secret, first=first)

    with keyroom.only_one(settings):
        asyncio.run(run())
    return made[0]
