"""Behind the witnesses: a restored house asks everybody who may know more, and goes on from a mirror."""

import hashlib
import shutil
from pathlib import Path

from custodes.acts.founding import receipt_vkey
from custodes.acts.logkeeper.keys import LogKeys
from custodes.acts.opened import Opened
from custodes.acts.restoring.catching_up import CatchingUp, CaughtUp, demand_not_behind
from custodes.acts.watch.mirror import Mirror
from custodes.adapters.http.log import HttpLog
from custodes.adapters.log_files import SignedHead, WatchFolder, write_durably
from custodes.kernel.refusal import Kind, Refusal, conflict
from custodes.ledger.merkle import prefix_root
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import Pins
from custodes.settings import Settings
from custodes.wiring import log_keys

WITNESS_TIMEOUT_S = 5.0
PUBLIC = ("tile", "slots", "leaves")


async def caught_up(o: Opened, settings: Settings, folder: Path) -> CaughtUp:
    """Go on from a mirror's folder to the last head anybody is known to have.

    Refusals of `acts.restoring.catching_up`; `log-key-lost` (broken) without the logkeeper's keys. A witness
    who does not answer is not waited for: should he know more, the log stops when it asks him.
    """
    origin, vkeys = o.origin, [Vkey.parse(text) for text in o.body.log_vkeys]
    place = WatchFolder(folder)
    mirror = Mirror(place, HttpLog("http://127.0.0.1:9"), (origin, vkeys), o.clock)  # nothing is fetched
    known = SignedHead(settings.logkeeper / "signed.json")
    signed = known.read()
    _demand_signed(mirror, signed)
    for name, raw in shown(o):
        demand_not_behind(mirror, raw, name)
    found = await CatchingUp(o, mirror, place, keys_of(settings, origin)).run()
    if found.size > signed[0]:
        known.replace(signed, (found.size, found.root))
    publish_again(o, settings, folder)
    return found


def publish_again(o: Opened, settings: Settings, folder: Path) -> None:
    """The public log's folder as the mirror held it; what lies there already stays."""
    public = settings.public_log
    for name in PUBLIC:
        for source in sorted((folder / name).rglob("*")):
            target = public / source.relative_to(folder)
            if source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    if not (public / "checkpoint").exists():
        public.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "checkpoint", public / "checkpoint")
    if not (public / "pins.json").exists():
        pins = Pins(house=o.house, receipt_keys=(receipt_vkey(o.body),), policy=o.body.policy)
        write_durably(public / "pins.json", pins.encode(), mode=0o644)


def shown(o: Opened) -> list[tuple[str, bytes]]:
    """(witness, checkpoint) of everybody in the policy who answers."""
    policy = o.policies.of(o.house)
    named = hashlib.sha256(o.origin.encode()).hexdigest()
    found = []
    for one in policy.witnesses.values() if policy is not None else ():
        if one.url is None:
            continue
        try:
            raw = HttpLog(one.url, timeout_s=WITNESS_TIMEOUT_S).get(f"{named}/checkpoint")
        except Refusal:
            continue
        if raw:
            found.append((one.name, raw))
    return found


def keys_of(settings: Settings, origin: str) -> LogKeys:
    """The logkeeper's keys, brought back from their own copy; `log-key-lost` (broken)."""
    try:
        return log_keys.opened(settings, origin)
    except Refusal as error:
        raise Refusal("log-key-lost", Kind.BROKEN) from error


def _demand_signed(mirror: Mirror, signed: tuple[int, bytes]) -> None:
    """What the logkeeper remembers to have signed is in the mirror."""
    held, _ = mirror.held()
    if signed[0] > held.size:
        raise conflict("mirror-behind", who="logkeeper", held=held.size, signed=signed[0])
    if signed[0] and prefix_root(mirror.reader(held.size), signed[0]) != signed[1]:
        raise conflict("mirror-of-another-tree", who="logkeeper")
