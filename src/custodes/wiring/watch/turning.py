"""Going on at the turn of a year: whoever watches a log follows it into its next shard by itself.

closed/<n>/   what was held of the shard that was closed, with the turn.json that was followed
turning.json  a turn that was proven and is being carried out; the next start finishes it

Nothing is followed but what the log that is held says itself: its own tree names the next one, and is held
here to its very end before it is put aside. Several years are followed one after the other.
"""

from pathlib import Path

import msgspec

from custodes.acts.watch import state as memory
from custodes.acts.watch.mirror import CHECKPOINT, Mirror
from custodes.acts.watch.monitor import KINDS
from custodes.acts.watch.ports import House, LogWeb
from custodes.acts.watch.state import State
from custodes.adapters.http.log import HttpLog
from custodes.adapters.log_files import WatchFolder, write_durably
from custodes.adapters.system import SystemClock
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, conflict
from custodes.ledger import quorum
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import Pins
from custodes.ledger.shards import turn
from custodes.ledger.shards.turn import TurnFile
from custodes.ledger.watch.witnessing import origin_of

from . import mirror as mirrors
from . import monitor as monitors
from .closed import CLOSED, GAP, TURN, first_entry, under

PENDING = "turning.json"
YEARS_MAX = 64


def mirror(folder: Path, web: LogWeb | None = None) -> list[str]:
    """Follow with a mirror as far as the log has gone on; the origins that were opened, in order.

    `turn-refused` (conflict, with `why`): what the log's address shows is not what the held log announced.
    """
    made: list[str] = []
    while len(made) < YEARS_MAX:
        if not (folder / PENDING).exists():
            settings = mirrors.load(folder)
            shown = web or HttpLog(settings.url)
            file = _turn_of(shown, settings.origin)
            if file is None:
                return made
            vkeys = [Vkey.parse(text) for text in settings.vkeys]
            held = Mirror(
                WatchFolder(folder),
                under(shown, _closed_at(file)),
                (settings.origin, vkeys),
                SystemClock(),
                holds_leaves=True,
                first_entry=first_entry(folder),
            )
            _demand_end(held, file, vkeys)
            write_durably(folder / PENDING, file.encode(), mode=0o644)
        made.append(_mirror_on(folder))
    return made


def monitor(folder: Path, house: House, token: str, web: LogWeb | None = None) -> list[str]:
    """Follow with a customer's monitor: first every epoch of the closed shard, then the next one.

    `turn-refused` (conflict): as above, or his quorum does not vouch for the closed shard's last head, or
    what the house shows him does not reach it.
    """
    made: list[str] = []
    _look_back(folder, web)
    while len(made) < YEARS_MAX:
        if not (folder / PENDING).exists():
            shown = web or HttpLog(monitors.load(folder).log_url)
            pins = monitors.pins_of(folder)
            held = monitors.mirror(folder, shown)
            file = _turn_of(shown, held.held()[0].origin)
            if file is None:
                return made
            closed = under(shown, _closed_at(file))
            held = monitors.mirror(folder, closed)
            _demand_end(held, file, [vkey for vkey, _ in quorum.parse(pins.policy.encode()).logs])
            _demand_proven(file, pins)
            monitors.monitor(folder, house, token, closed).round()
            _demand_followed(memory.load(WatchFolder(folder)), file)
            write_durably(folder / PENDING, file.encode(), mode=0o644)
        made.append(_monitor_on(folder))
    return made


def _look_back(folder: Path, web: LogWeb | None) -> None:
    """A monitor that has nothing yet begins where its customer did: in the first shard that is still there.

    Each shard's first entry names the one before, proven with the pins it was founded with.
    """
    if (folder / memory.STATE).exists() or (folder / PENDING).exists():
        return
    shown = web or HttpLog(monitors.load(folder).log_url)
    pins, where = monitors.pins_of(folder), ""
    policy = (folder / monitors.POLICY).read_text(encoding="utf-8")
    for _ in range(YEARS_MAX):
        raw = shown.get(f"{where}{TURN}")
        file = None if raw is None else turn.parse(raw)
        if file is None or shown.get(f"{_closed_at(file)}tile/entries/000.p/1") is None is shown.get(
            f"{_closed_at(file)}tile/entries/000"
        ):
            break
        if not turn.is_proven(turn.judge(file, pins)):
            raise conflict("turn-refused", why="the log's first entry is not proven")
        announced, where = file.document.announced, _closed_at(file)
        pins = turn.pins_before(announced, pins)
        policy = turn.policy_with(policy, announced.closed.vkeys, is_new_first=True)
    if where:
        write_durably(folder / monitors.PINS, pins.encode(), mode=0o644)
        write_durably(folder / monitors.POLICY, policy.encode(), mode=0o644)


def _turn_of(web: LogWeb, origin: str) -> TurnFile | None:
    """The turn that closed this origin; None while the log still goes on under it, or was not turned."""
    raw = web.get(CHECKPOINT)
    if raw is None or origin_of(raw) == origin:
        return None
    where = ""
    for _ in range(YEARS_MAX):
        found = web.get(f"{where}{TURN}")
        if found is None:
            return None  # a gap, perhaps: people follow that by hand
        file = turn.parse(found)
        if file.document.announced.closes == origin:
            return file
        where = _closed_at(file)
    return None


def _closed_at(file: TurnFile) -> str:
    """Where the shard lies that was closed by this turn, below the log's address."""
    return f"{CLOSED}/{file.document.announced.number - 1}/"


def _demand_end(held: Mirror, file: TurnFile, vkeys: list[Vkey]) -> None:
    """What is held reaches just to the last head that the turn names, and announced it."""
    try:
        last = turn.checked_last(file.document, vkeys)
    except Refusal as refusal:
        raise conflict("turn-refused", why=str(refusal.facts.get("why", refusal.code))) from refusal
    head = held.held()[0]
    if head.size < last.size:
        held.round()
        head = held.held()[0]
    if (head.size, head.root) != (last.size, last.root):
        why = f"{head.size} entries are held, and it names {last.size}"
        raise conflict("turn-refused", why=held.objection(file.document.last.encode()) or why)


def _demand_proven(file: TurnFile, pins: Pins) -> None:
    checks = turn.judge(file, pins)
    if not turn.is_proven(checks):
        failed = [f"{one.name}: {one.detail}" for one in checks if one.passed is False]
        raise conflict("turn-refused", why="; ".join(failed) or "nothing of it is proven")


def _demand_followed(state: State, file: TurnFile) -> None:
    at = {kind: state.own[kind].link.epoch if kind in state.own else 0 for kind in KINDS}
    wanting = [kind for kind, epoch in at.items() if epoch < file.document.last_epoch]
    if wanting:
        raise conflict("turn-refused", why=f"not followed to the end: {', '.join(wanting)}")


def _mirror_on(folder: Path) -> str:
    """Put aside and go on; every step can be taken again."""
    raw = (folder / PENDING).read_bytes()
    document = turn.parse(raw).document
    settings = mirrors.load(folder)
    announced = document.announced
    if settings.origin == announced.closes:
        place = _aside(folder, {mirrors.SETTINGS, PENDING}, raw)
        (place / mirrors.SETTINGS).write_bytes((folder / mirrors.SETTINGS).read_bytes())
        after = msgspec.structs.replace(settings, origin=announced.opens, vkeys=announced.follows.vkeys)
        write_durably(folder / mirrors.SETTINGS, canonical.encode(msgspec.to_builtins(after)), mode=0o644)
    (folder / PENDING).unlink()
    return announced.opens


def _monitor_on(folder: Path) -> str:
    """The root log is put aside; the customer's entries and the chains of his slots go on."""
    raw = (folder / PENDING).read_bytes()
    announced = turn.parse(raw).document.announced
    pins = monitors.pins_of(folder)
    if quorum.parse(pins.policy.encode()).logs[0][0].name != announced.opens:
        stays = {one.name for one in folder.iterdir() if one.name != monitors.ROOT}
        place = _aside(folder, stays, raw)
        for name in (monitors.PINS, monitors.POLICY):
            (place / name).write_bytes((folder / name).read_bytes())
        (folder / monitors.ROOT).mkdir(exist_ok=True)
        at = WatchFolder(folder)
        memory.save(at, msgspec.structs.replace(memory.load(at), root_size=0))
        known = turn.pins_after(announced, pins)
        write_durably(folder / monitors.PINS, known.encode(), mode=0o644)
        own = (folder / monitors.POLICY).read_text(encoding="utf-8")
        after = turn.policy_with(own, announced.follows.vkeys, is_new_first=True)
        write_durably(folder / monitors.POLICY, after.encode(), mode=0o644)
    (folder / PENDING).unlink()
    return announced.opens


def _aside(folder: Path, stays: "set[str]", raw: bytes) -> Path:
    """Put what is held of a shard under `closed/<n>`; taken up again where it was cut off."""
    places = sorted(int(one.name) for one in (folder / CLOSED).glob("*"))
    number = places[-1] if places else 1
    here = folder / CLOSED / str(number)
    is_whole = any(_is_other(here / name, raw) for name in (TURN, GAP))
    place = folder / CLOSED / str(number + 1) if is_whole else here
    place.mkdir(parents=True, exist_ok=True)
    for one in sorted(folder.iterdir()):
        if one.name not in stays | {CLOSED} and not (place / one.name).exists():
            one.rename(place / one.name)
    write_durably(place / TURN, raw, mode=0o644)
    return place


def _is_other(path: Path, raw: bytes) -> bool:
    return path.is_file() and path.read_bytes() != raw
