"""Asks about what opens a house: by custodians to a sealed keyroom, about holders on its own machine."""

import msgspec

from custodes.kernel.papers import Offer

from .doors import Ask, Evidence


class LookUnseal(Ask["UnsealView"], frozen=True, tag="look-unseal"):
    """-> `UnsealView`. Needs no evidence: it names nobody."""


class UnsealGroup(msgspec.Struct, frozen=True):
    """How many shares of one organisation are needed, and how many were given in this attempt."""

    needed: int
    given: int


class UnsealView(msgspec.Struct, frozen=True, tag="unseal-view"):
    """Where unsealing by shares stands. `offer` is None where the house is open or shares do not open it.

    `lapses_in_s` counts from the first try of an attempt; None before it.
    """

    sealed: bool
    by_shares: bool
    organisations_needed: int = 0
    groups: tuple[UnsealGroup, ...] = ()
    offer: Offer | None = None
    lapses_in_s: int | None = None


class GiveShare(Ask["UnsealView"], frozen=True, tag="give-share"):
    """-> `UnsealView`. One custodian's share for one attempt (docs/formats/shares.md, "Giving a share").

    `public` is his file key's public half, base64; `share` is sealed to the offer; `signature` is Ed25519
    over `submission.give_document`. That signature is the evidence.
    """

    attempt: str
    public: str
    share: bytes
    signature: bytes

    def __repr__(self) -> str:
        return f"GiveShare(attempt={self.attempt!r}, ...)"


class CancelUnseal(Ask["UnsealView"], frozen=True, tag="cancel-unseal"):
    """-> `UnsealView`. A custodian ends the attempt; `signature` over `submission.cancel_document`."""

    attempt: str
    public: str
    signature: bytes


class LookHolders(Ask["WatchedHolders"], frozen=True, tag="look-holders"):
    """-> `WatchedHolders`. Evidence must be `Local`: URIs name paths of the machine."""

    evidence: Evidence


class HolderView(msgspec.Struct, frozen=True, kw_only=True):
    """One holder. `reason` is empty while it answers, else the code of its refusal; `since`: its last turn.

    `customers` is how many customers' roots it keeps, the house itself among them; `uses` is how often its
    root was used by the entries of the house's own log.
    """

    uri: str
    grade: str
    sealed: bool
    reason: str
    since: str
    customers: int
    uses: int = 0


class WatchedHolders(msgspec.Struct, frozen=True, tag="watched-holders"):
    """Every holder, by its URI."""

    holders: tuple[HolderView, ...]


class OpenHolder(Ask["WatchedHolders"], frozen=True, tag="open-holder"):
    """-> `WatchedHolders`. Unseals a holder of customers while the house is open. Evidence: `Local`."""

    evidence: Evidence
    holder: str
    secret: bytes

    def __repr__(self) -> str:
        return f"OpenHolder({self.holder!r})"
