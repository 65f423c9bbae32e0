"""What a monitor remembers between rounds: how far each chain was followed, and every entry it was given."""

from collections.abc import Iterator, Sequence

import msgspec

from custodes.acts.asks.log import OpeningView
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import unavailable
from custodes.ledger.merkle import CompactRange
from custodes.ledger.slots import FIRST_PREVIOUS

from .chain import Link, Slot
from .ports import Folder

STATE = "state.json"


class Own(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sub-log: its chain, and the compact range at the head the chain is at."""

    link: Link = Link()
    stack: tuple[bytes, ...] = ()

    def range(self) -> CompactRange:
        """The sub-log as far as it was checked."""
        return CompactRange(size=self.link.size, stack=self.stack)


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`root_size`: how much of the root log was followed; `own` by kind of sub-log; `rows_unseen`: how many
    epochs could not be compared with a published row.
    """

    root_size: int = 0
    own: dict[str, Own] = {}
    rows_unseen: int = 0


def load(folder: Folder) -> State:
    """What was remembered; `state-damaged` (unavailable)."""
    raw = folder.read(STATE)
    if raw is None:
        return State()
    try:
        return msgspec.json.decode(raw, type=State)
    except msgspec.MsgspecError as error:
        raise unavailable("state-damaged") from error


def save(folder: Folder, state: State) -> None:
    """Durable on return; what was kept before it can be added again."""
    folder.replace(STATE, canonical.encode(msgspec.to_builtins(state)))


def keep_chain(folder: Folder, kind: str, slot: Slot, heads: Sequence[tuple[int, int, bytes]]) -> None:
    """Put away the heads that changed, and once the slot they are of."""
    place: dict[str, Plain] = {
        "first_epoch": slot.first_epoch,
        "key": canonical.b64(slot.key),
        "slot": slot.slot,
    }
    if slot.previous != FIRST_PREVIOUS:
        place["previous"] = canonical.b64(slot.previous)
    there = folder.read(f"chain/{kind}.json")
    begun = msgspec.json.decode(there, type=Slot) if there is not None else None
    if begun is None or (begun.slot, begun.key) != (slot.slot, slot.key):
        folder.add(f"chain/{kind}.json", canonical.encode(place))  # another slot or key is refused
    if heads:
        folder.add(f"chain/{kind}/{heads[0][0]:020}.json", canonical.encode(msgspec.to_builtins(heads)))


def chain(folder: Folder, kind: str) -> tuple[Slot, list[tuple[int, int, bytes]]] | None:
    """The slot and every head it had, as they were followed; None before the first."""
    place = folder.read(f"chain/{kind}.json")
    if place is None:
        return None
    heads: list[tuple[int, int, bytes]] = []
    for name in folder.names(f"chain/{kind}"):
        raw = folder.read(f"chain/{kind}/{name}")
        heads += msgspec.json.decode(raw or b"[]", type=list[tuple[int, int, bytes]])
    return msgspec.json.decode(place, type=Slot), heads


def keep(folder: Folder, kind: str, openings: Sequence[OpeningView]) -> None:
    """Put proven entries away; the same ones again change nothing, erased person fields of later ones do."""
    if openings:
        body = canonical.encode(msgspec.to_builtins(list(openings)))
        folder.replace(f"own/{kind}/{openings[0].index:020}.json", body)


def kept(folder: Folder, kind: str, first: int = 0) -> Iterator[OpeningView]:
    """Entries that were put away, from an index on, in order."""
    at = first
    for name in folder.names(f"own/{kind}"):
        raw = folder.read(f"own/{kind}/{name}")
        if raw is None:
            continue
        for one in msgspec.json.decode(raw, type=list[OpeningView]):
            if one.index == at:
                yield one
                at += 1
