"""Reads identity issuers for the keyroom: discovery, then the key set it names, handed over as they came."""

import logging
from typing import Protocol

from custodes.acts.asks.identity import DueIssuer, IssuersDue, KeepIssuer
from custodes.kernel.refusal import Refusal
from custodes.protocols.oidc import published

from .signed_doors import UNSIGNED, SignedDoors

_log = logging.getLogger("custodes.logkeeper")


class Fetch(Protocol):
    """Reads one address of an issuer; `host-not-allowed` (denied), `unreachable` (unavailable)."""

    async def fetch(self, url: str, ca: str) -> bytes:
        """The whole body."""
        ...


class IssuerReader:
    """One round: whatever is due is read, whatever came of it is told."""

    def __init__(self, doors: SignedDoors, fetch: Fetch, *, is_demo: bool) -> None:
        self._doors = doors
        self._fetch = fetch
        self._is_demo = is_demo

    async def round(self, wait_ms: int) -> int:
        """How many issuers were read; waits up to `wait_ms` for one to be due."""
        due = await self._doors.ask(IssuersDue(UNSIGNED, wait_ms))
        for one in due.issuers:
            await self._read(one)
        return len(due.issuers)

    async def _read(self, one: DueIssuer) -> None:
        try:
            discovery = await self._fetch.fetch(published.discovery_address(one.url), one.ca)
            provider = published.discovered(discovery, one.url, loopback_too=self._is_demo)
            keys = await self._fetch.fetch(provider.jwks_uri, one.ca)
            told = KeepIssuer(UNSIGNED, one.issuer, discovery, keys)
        except Refusal as refusal:
            told = KeepIssuer(UNSIGNED, one.issuer, trouble=refusal.code)
        try:
            await self._doors.ask(told)
        except Refusal as refusal:
            _log.warning("issuer %s was not taken in: %s", one.issuer, refusal.code)
