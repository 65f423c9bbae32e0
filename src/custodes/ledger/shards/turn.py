"""How one shard of a log hands over to the next: an entry in each names the other.

The old log announces its successor in an entry of its own (`06`), so whoever cosigns the old log has vouched
for the keys of the new one. The new log's first entry (`05`, as behind a declared gap) binds the old one's
last head. No officer signs: a year that ends is no emergency, and both trees are witnessed.
Format: docs/formats/log-turn.md.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, Literal

import msgspec

from custodes.kernel import canonical
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Refusal, malformed
from custodes.ledger import cosign, quorum
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.loss.gap import FOLLOWS_LABEL, FOLLOWS_VERSION
from custodes.ledger.merkle import leaf_hash, verify_inclusion
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import Check, Pins, decode_exactly
from custodes.ledger.watch.witnessing import opened

from .year import YEAR_MAX, YEAR_MIN, begins

NEXT_LABEL = b"custodes.log-next/v1\n"
NEXT_VERSION = b"\x06"
NUMBER_MIN: Final = 2
FILE_BYTES_MAX: Final = 2 * 1_048_576
_RECEIPTS = "receipts"


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What pins of one shard hold: the log's keys, the keys of sequenced receipts, the house's policy."""

    vkeys: tuple[str, ...]
    receipt_keys: tuple[str, ...]
    policy: str


class Announced(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the old log says of the one to come. `number` counts a house's logs from 1, the first.

    `year` is the year that `opens` is for; it opens no earlier than `turns_at`, nor before that year.
    """

    v: Literal["custodes/log-next/v1"] = "custodes/log-next/v1"
    house: str
    number: int
    year: int
    closes: str
    opens: str
    turns_at: str
    closed: Keys
    follows: Keys

    def encode(self) -> bytes:
        """The bytes the entry commits to."""
        return canonical.encode(msgspec.to_builtins(self))

    def leaf(self) -> bytes:
        """The entry in the log that will be closed."""
        return NEXT_VERSION + sha256(NEXT_LABEL + self.encode()).digest()


class Turned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the new log begins with: the announcement, where it stands, and the old log's last head.

    `last` is that checkpoint, verbatim, with all its lines; `index` and `path` prove the announcement in it.
    `last_epoch` is the newest epoch it holds: epochs and the chains of slots go on behind it.
    """

    v: Literal["custodes/log-turn/v1"] = "custodes/log-turn/v1"
    announced: Announced
    index: int
    path: tuple[bytes, ...]
    last: str
    last_epoch: int

    def encode(self) -> bytes:
        """The bytes the first entry commits to."""
        return canonical.encode(msgspec.to_builtins(self))

    def leaf(self) -> bytes:
        """The first entry of the log that follows."""
        return FOLLOWS_VERSION + sha256(FOLLOWS_LABEL + self.encode()).digest()


class Shown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an entry stands in a log, under a checkpoint of it, verbatim."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str


class NextFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`next.json`: the announcement, shown in the log that announces."""

    format: Literal["custodes.next/v1"] = "custodes.next/v1"
    document: Announced
    shown: Shown

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


class TurnFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`turn.json`: what the log begins with; `shown` once that entry lies under a checkpoint."""

    format: Literal["custodes.turn/v1"] = "custodes.turn/v1"
    document: Turned
    shown: Shown | None = None

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


def parse_announced(raw: bytes) -> Announced:
    """Strict inverse of `Announced.encode` (`bad-turn`); its own words fit each other."""
    return _fitting(decode_exactly(raw, Announced, "bad-turn", FILE_BYTES_MAX))


def parse_turned(raw: bytes) -> Turned:
    """Strict inverse of `Turned.encode` (`bad-turn`)."""
    made = decode_exactly(raw, Turned, "bad-turn", FILE_BYTES_MAX)
    _fitting(made.announced)
    return made


def is_next(raw: bytes) -> bool:
    """Whether a file says that it is an announcement; what it is worth is another question."""
    return b'"format":"custodes.next/v1"' in raw[:FILE_BYTES_MAX]


def parse_next(raw: bytes) -> NextFile:
    """Strict inverse of `NextFile.encode` (`bad-turn`)."""
    made = decode_exactly(raw, NextFile, "bad-turn", FILE_BYTES_MAX)
    _fitting(made.document)
    return made


def parse(raw: bytes) -> TurnFile:
    """Strict inverse of `TurnFile.encode` (`bad-turn`)."""
    made = decode_exactly(raw, TurnFile, "bad-turn", FILE_BYTES_MAX)
    _fitting(made.document.announced)
    return made


def checked_next(file: NextFile, vkeys: Sequence[Vkey]) -> Checkpoint:
    """The head of the announcing log that holds the announcement (`bad-turn`); `vkeys` are that log's."""
    head = _head(file.shown.checkpoint, file.document.closes, vkeys, "checkpoint")
    _demand_in(file.document.leaf(), file.shown.index, file.shown.path, head)
    return head


def checked_last(document: Turned, vkeys: Sequence[Vkey]) -> Checkpoint:
    """The closed log's last head, which holds the announcement (`bad-turn`); `vkeys` are that log's."""
    head = _head(document.last, document.announced.closes, vkeys, "last")
    _demand_in(document.announced.leaf(), document.index, document.path, head)
    if document.last_epoch < 0:
        raise malformed("bad-turn", why="epochs")
    return head


def checked_first(file: TurnFile, vkeys: Sequence[Vkey]) -> Checkpoint:
    """A head of the log that follows, whose first entry is this document (`bad-turn`)."""
    if file.shown is None or file.shown.index != 0:
        raise malformed("bad-turn", why="not shown")
    head = _head(file.shown.checkpoint, file.document.announced.opens, vkeys, "checkpoint")
    _demand_in(file.document.leaf(), 0, file.shown.path, head)
    return head


def judge(file: TurnFile, pins: Pins) -> list[Check]:
    """What the file shows to somebody with pins of either log: that of the closed one looks forward, that of
    the follower back.

    `house`, `last checkpoint`, `first entry`, each held, failed or not checked (keys that are not pinned),
    and the quorum of each by the pinned policy. Who looks back has the closed log's keys and policy from the
    first entry, which he checked: `closed log`.
    """
    announced = file.document.announced
    checks = [Check(name="house", passed=announced.house == pins.house, detail=announced.house)]
    policy = quorum.parse(pins.policy.encode())
    closed = _of(policy, announced.closes)
    follows = _of(policy, announced.opens)
    if closed:
        checks += _checked("last checkpoint", lambda: checked_last(file.document, closed), file.document.last)
        checks += _quorum(policy, file.document.last, announced.closes, "last checkpoint")
    else:
        checks.append(Check(name="last checkpoint", passed=None, detail=f"no key of {announced.closes}"))
    if follows and file.shown is not None:
        shown = file.shown.checkpoint
        checks += _checked("first entry", lambda: checked_first(file, follows), shown)
        checks += _quorum(policy, shown, announced.opens, "first entry")
        if not closed:
            said = [Vkey.parse(text) for text in announced.closed.vkeys]
            checks += _checked("closed log", lambda: checked_last(file.document, said), file.document.last)
            own = quorum.parse(announced.closed.policy.encode())
            checks += _quorum(own, file.document.last, announced.closes, "closed log")
    else:
        checks.append(Check(name="first entry", passed=None, detail=f"no key of {announced.opens}"))
    return checks


def is_proven(checks: Sequence[Check]) -> bool:
    """Nothing failed, and one of the two logs was checked and says so, with its quorum."""
    held = {check.name for check in checks if check.passed}
    if any(check.passed is False for check in checks) or "house" not in held:
        return False
    return any({name, f"quorum of {name}"} <= held for name in ("last checkpoint", "first entry"))


def pins_after(document: Announced, before: Pins) -> Pins:
    """Pins with which both shards are checked: the new one first, what was pinned behind it."""
    return _joined(document.follows, before, document.closes, document.opens, is_new_first=True)


def pins_before(document: Announced, after: Pins) -> Pins:
    """Pins of the follower, with the closed shard's keys behind its own."""
    return _joined(document.closed, after, document.opens, document.closes, is_new_first=False)


def policy_with(text: str, vkeys: Sequence[str], *, is_new_first: bool) -> str:
    """A policy that knows one shard's keys, before or behind the others; its witnesses and quorum stay."""
    lines, new = text.split("\n"), [f"log {vkey}" for vkey in vkeys]
    own = [line for line in lines if line.split(" ", 1)[0] == "log" and line not in new]
    rest = [line for line in lines if line.split(" ", 1)[0] != "log"]
    return "\n".join([*new, *own, *rest] if is_new_first else [*own, *new, *rest])


def _joined(keys: Keys, pins: Pins, said: str, more: str, *, is_new_first: bool) -> Pins:
    slots = {
        f"{more}{name.removeprefix(said)}": slot
        for name, slot in pins.slots.items()
        if name.startswith(f"{said}/")
    }
    receipts = [*keys.receipt_keys, *pins.receipt_keys]
    return Pins(
        house=pins.house,
        receipt_keys=tuple(dict.fromkeys(receipts if is_new_first else reversed(receipts))),
        policy=policy_with(pins.policy, keys.vkeys, is_new_first=is_new_first),
        slots={**pins.slots, **slots},
    )


def _fitting(document: Announced) -> Announced:
    """What no honest announcement says of itself is refused, whoever signed it (`bad-turn`)."""
    why = ""
    try:
        at = from_text(document.turns_at)
        is_year = YEAR_MIN <= document.year <= YEAR_MAX
        if not is_year or at < begins(document.year):
            why = "year"
        elif document.number < NUMBER_MIN:
            why = "number"
        elif document.closes == document.opens:
            why = "opens"
        else:
            why = _unfit(document.closed, document.closes) or _unfit(document.follows, document.opens)
    except (Refusal, ValueError) as error:
        raise malformed("bad-turn", why="form") from error
    if why:
        raise malformed("bad-turn", why=why)
    return document


def _unfit(keys: Keys, origin: str) -> str:
    """Which of a shard's keys does not bear its name."""
    if not keys.vkeys or {Vkey.parse(text).name for text in keys.vkeys} != {origin}:
        return "vkeys"
    policy = quorum.parse(keys.policy.encode())
    if {vkey.text() for vkey, _ in policy.logs} != set(keys.vkeys):
        return "policy"
    is_named = all(Vkey.parse(text).name == f"{origin}/{_RECEIPTS}" for text in keys.receipt_keys)
    return "" if is_named and keys.receipt_keys else "receipt keys"


def _head(raw: str, origin: str, vkeys: Sequence[Vkey], what: str) -> Checkpoint:
    """A checkpoint, if the log's own keys signed it and it is of this origin."""
    own = [vkey for vkey in vkeys if vkey.name == origin]
    try:
        head = opened(raw.encode(), own)
    except (Refusal, UnicodeEncodeError) as error:
        raise malformed("bad-turn", why=what) from error
    if head.origin != origin or head.extensions:
        raise malformed("bad-turn", why=what)
    return head


def _demand_in(leaf: bytes, index: int, path: Sequence[bytes], head: Checkpoint) -> None:
    if not 0 <= index < head.size or not verify_inclusion(
        leaf_hash(leaf), index, head.size, list(path), head.root
    ):
        raise malformed("bad-turn", why="entry")


def _of(policy: quorum.Policy, origin: str) -> list[Vkey]:
    return [vkey for vkey, _ in policy.logs if vkey.name == origin]


def _checked(name: str, work: Callable[[], Checkpoint], raw: str) -> list[Check]:
    try:
        head = work()
    except Refusal as refusal:
        why = refusal.facts.get("why", refusal.code)
        return [Check(name=name, passed=False, detail=f"{raw.partition(chr(10))[0]}: {why}")]
    return [Check(name=name, passed=True, detail=f"{head.origin} {head.size}")]


def _quorum(policy: quorum.Policy, raw: str, origin: str, name: str) -> list[Check]:
    named = f"quorum of {name}"
    if policy.is_none:
        return [Check(name=named, passed=True, detail="the pinned policy asks for none")]
    try:
        lines = cosign.verify(raw.encode(), policy.vkeys(), origin).lines
    except (Refusal, UnicodeEncodeError):
        return [Check(name=named, passed=False, detail=origin)]
    verdict = quorum.evaluate(policy, lines)
    said = f"organisations: {', '.join(verdict.organisations) or 'none'}"
    return [Check(name=named, passed=verdict.is_met, detail=said)]
