"""Asks about where roots are kept: moving a customer's, or all that one holder keeps, to another holder."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence


class LookRoot(Ask["RootShown"], frozen=True, tag="look-root"):
    """-> `RootShown`. What has to be signed to move a customer's root to the holder `to`.

    `customer` is the house's id for everything in the house's own holder, the house's keys among it.
    """

    evidence: Evidence
    customer: str
    to: str


class RootShown(msgspec.Struct, frozen=True, tag="root-shown"):
    """Where it is, what goes with it, and the document its officers sign (`documents.root_document`).

    `with_it`: how many customers' roots lie in the same holder and go too; 0 when one customer moves alone.
    """

    holder: str
    to: str
    with_it: int
    document: bytes


class MoveRoot(Ask["RootMoved"], frozen=True, tag="move-root"):
    """-> `RootMoved`. `approvals`: signatures over the document of two persons of two controlling groups.

    Each root moves in an act of its own; asked again with the same signatures, what is left goes on.
    """

    evidence: Evidence
    customer: str
    to: str
    approvals: tuple[bytes, ...]


class RootMoved(msgspec.Struct, frozen=True, tag="root-moved"):
    """How many roots moved now, and the entry of the last: the customer's own, or the house's."""

    moved: int
    log: str
    index: int


class NoteLogHolder(Ask["LogHolderNoted"], frozen=True, tag="note-log-holder"):
    """-> `LogHolderNoted`. The log's own keys are about to move to another holder. By the logkeeper alone."""

    evidence: Evidence
    before: str
    after: str


class LogHolderNoted(msgspec.Struct, frozen=True, tag="log-holder-noted"):
    """Where the entry stands: in the house's own exceptional sub-log."""

    log: str
    index: int
