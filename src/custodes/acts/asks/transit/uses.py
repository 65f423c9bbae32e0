"""Using a customer's key by its name, one item or many under one admission."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.protocols.transit.messages import How, Item, Outcome


class UseTransit(Ask["TransitUsed"], frozen=True, kw_only=True, tag="use-transit"):
    """-> `TransitUsed`. `verb`: encrypt, decrypt, rewrap, datakey, sign, verify, mac, check-mac.

    `wire` says by which protocol it came (a word of the table of reasons). `key` is a name or an id;
    `customer` names whose, where the evidence does not say. One admission, one entry for each version of the
    key that is used, with the number of items. Refused `bad-use`, `batch-too-large` (malformed),
    `no-such-key` (absent), `key-name-twice` (conflict), what policy refuses.
    """

    evidence: Evidence
    key: str
    verb: str
    items: tuple[Item, ...]
    how: How = How()
    customer: str = ""
    purpose: str = "operation"
    reason: str = ""
    wire: str = "transit"


class TransitUsed(msgspec.Struct, frozen=True, tag="transit-used"):
    """One outcome for each item, and where the first entry stands (-1: no key was used)."""

    outcomes: tuple[Outcome, ...]
    log: str = ""
    index: int = -1
