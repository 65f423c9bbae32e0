"""A log's files at the year's turn: the coming shard's keys beside the present ones, and what is put aside.

Whether the log was turned is in the house's row alone. What the files look like afterwards follows from it,
so every step can be taken again: the keys go into place last.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks import Doors
from custodes.acts.asks.running.turning import LookTurn
from custodes.acts.logkeeper import keys as log_keys
from custodes.acts.logkeeper.keys import LogKeys
from custodes.acts.logkeeper.signed_doors import UNSIGNED, SignedDoors
from custodes.acts.logkeeper.turning import NEXT_FILE, TURN_FILE
from custodes.adapters.log_files import write_durably
from custodes.custody.holder import Holder
from custodes.kernel.clock import Clock
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal
from custodes.ledger.receipt import parse_pins
from custodes.ledger.shards import turn
from custodes.ledger.shards.turn import TurnFile
from custodes.settings import Settings

from . import log_keys as files
from .log_keys import NEXT

GAP = "gap.json"
MOVED = ("checkpoint", "tile", "slots", "leaves", "timestamps", "pins.json", GAP, NEXT_FILE, TURN_FILE)
OWN = ("signed.json", "witness.json", "keys.json")


class FolderNextKeys:
    """Fulfils `acts.logkeeper.ports.NextKeys`: one file beside the log's keys, under the same holder."""

    def __init__(self, settings: Settings, holder: Holder, dice: Dice) -> None:
        self._settings = settings
        self._path = settings.logkeeper / NEXT
        self._holder = holder
        self._dice = dice

    def prepare(self, opens: str, present: LogKeys) -> LogKeys:
        """See the port."""
        found = self.find(opens)
        if found is not None:
            return found
        wrapped = log_keys.make_next(self._holder, opens, present, self._dice)
        files.write(self._settings, self._path, self._holder.uri, wrapped)
        return log_keys.open_keys(self._holder, opens, wrapped)

    def find(self, opens: str) -> LogKeys | None:
        """See the port; also none where the file is of another origin."""
        try:
            return files.opened(self._settings, opens, self._path)
        except Refusal as refusal:
            if refusal.code not in {"wrap-mismatch", "log-key-lost"}:
                raise  # the holder does not answer: no other keys are made for that
            return None


def put_aside(settings: Settings, number: int) -> Path:
    """Move a closed log's files under `closed/<number>`, and its keys; what lies there already stays."""
    public, own = settings.public_log, settings.logkeeper
    place = public / "closed" / str(number)
    place.mkdir(parents=True, exist_ok=True)
    for name in MOVED:
        if (public / name).exists() and not (place / name).exists():
            (public / name).rename(place / name)
    for name in OWN:
        if (own / name).exists():
            (own / name).rename(own / f"closed-{number}-{name}")
    return place


async def settle(
    settings: Settings, doors: Doors, named: tuple[str, str], ports: tuple[Holder, Clock, Dice]
) -> None:
    """Put the files in order where the log of `named` (house, origin) was turned since they were written.

    Nothing is signed before the keys are in place, and that is the last step: a second run goes on where the
    first was cut off.
    """
    house, origin = named
    holder, clock, dice = ports
    keys = FolderNextKeys(settings, holder, dice).find(origin)
    if keys is None:
        return
    signing = Ed25519PrivateKey.from_private_bytes(keys.ed25519)
    view = await SignedDoors(doors, house, signing, clock).ask(LookTurn(UNSIGNED))
    if not view.turned:
        return  # closed with a gap: whoever closes puts the files in order
    document = turn.parse_turned(view.turned)
    place = put_aside(settings, view.number - 1)
    pins = turn.pins_after(document.announced, parse_pins((place / "pins.json").read_bytes()))
    write_durably(settings.public_log / "pins.json", pins.encode(), mode=0o644)
    write_durably(settings.public_log / TURN_FILE, TurnFile(document=document).encode(), mode=0o644)
    (settings.logkeeper / NEXT).rename(settings.log_keys)
