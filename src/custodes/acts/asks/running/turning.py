"""Asks about a log's years: what the logkeeper needs to turn from shard to shard, and what people see."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence


class LookTurn(Ask["TurnView"], frozen=True, tag="look-turn"):
    """-> `TurnView`. Evidence: logkeeper."""

    evidence: Evidence


class AnnounceNext(Ask["TurnView"], frozen=True, tag="announce-next"):
    """-> `TurnView`: say in the present log which follows it. Evidence: logkeeper.

    `vkeys` are the coming log's, `embedded` the embedded witness's (present, coming) vkey where there is one.
    Refused `shard-announced`, `turn-too-early` (conflict), `bad-turn` (malformed), `clock-...`.
    """

    evidence: Evidence
    vkeys: tuple[str, ...]
    embedded: tuple[str, str]
    notice_days: int


class TurnLog(Ask["TurnView"], frozen=True, tag="turn-log"):
    """-> `TurnView`: close the present log under its published head and open the announced one.

    Evidence: logkeeper. Refused `turn-too-early`, `turn-not-announced`, `head-not-published` (conflict),
    `cosignatures-missing` (conflict), `clock-...`.
    """

    evidence: Evidence


class NoteTurn(Ask["TurnView"], frozen=True, tag="note-turn"):
    """-> `TurnView`: what the logkeeper has found out about the coming turn. Evidence: logkeeper.

    `missing` names witnesses that do not take the coming log yet; `why` is a code, empty where nothing is
    in the way.
    """

    evidence: Evidence
    is_yearly: bool
    missing: tuple[str, ...]
    why: str


class TurnView(msgspec.Struct, frozen=True, tag="turn-view"):
    """Where the log is. `announced` and `turned` are documents (docs/formats/log-turn.md), empty where there
    is none yet: what the present log says of the next, and what the present one began with. `pruned` are
    numbers of shards whose published tiles are to go.
    """

    number: int
    year: int
    origin: str
    announced: bytes
    announced_index: int
    turned: bytes
    pruned: tuple[int, ...] = ()


class LookShards(Ask["ShardList"], frozen=True, tag="look-shards"):
    """-> `ShardList`. Evidence: `Local`, or a person whom policy lets look (`house:read`)."""

    evidence: Evidence


class PruneShard(Ask["ShardList"], frozen=True, tag="prune-shard"):
    """-> `ShardList`: destroy the tree of a closed shard, but for its last head and what it announced.

    `approvals` over `documents.prune_document`, of two persons of two organisations, who asks among them.
    Refused `no-such-shard` (absent), `shard-needed` (conflict: entries of that year can be opened still).
    """

    evidence: Evidence
    number: int
    approvals: tuple[bytes, ...]


class ShardView(msgspec.Struct, frozen=True):
    """One year of the log. `size` and `last_epoch` are of its last head, 0 while it is open; `last` is that
    checkpoint, verbatim.

    `state`: `open`, `announced` (it has said which follows), `closed`, `pruned`.
    """

    number: int
    year: int
    origin: str
    state: str
    size: int
    last_epoch: int
    last: str = ""


class ShardList(msgspec.Struct, frozen=True, tag="shards"):
    """Every shard, the oldest first. `opens` and `turns_at` of the coming one, empty before it is announced;
    `missing` are witnesses that do not take it yet, `why` what else is in the way.
    """

    shards: tuple[ShardView, ...]
    opens: str
    turns_at: str
    days_left: int
    is_yearly: bool
    missing: tuple[str, ...]
    why: str
