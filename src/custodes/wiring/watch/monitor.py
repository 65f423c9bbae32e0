"""Builds a customer's monitor out of its folder.

monitor.json   whose entries, and where the installation and its log are
pins.json      the log's keys and the slots, known from elsewhere than the installation
policy         the customer's own tlog-policy: whose cosignatures he asks for
root/          a mirror of the root log, with evidence/ when it forked
own/, state.json    his entries as they were proven, and how far the chains were followed
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from custodes.acts.asks import Token
from custodes.acts.footing.customer import EXCEPTIONAL, MACHINE
from custodes.acts.watch import state
from custodes.acts.watch.certifying import Certifying
from custodes.acts.watch.entries import proven
from custodes.acts.watch.mirror import Mirror
from custodes.acts.watch.monitor import Monitor, Watched
from custodes.acts.watch.ports import House, LogWeb
from custodes.adapters.http.log import HttpLog
from custodes.adapters.http.plain import PlainHttp
from custodes.adapters.log_files import WatchFolder
from custodes.adapters.system import SystemClock
from custodes.assurance.metering import Fields, metered
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, conflict, malformed
from custodes.ledger import quorum
from custodes.ledger.receipt import Pins, parse_pins
from custodes.ledger.shards import turn

from .closed import TURN, closed_roots, first_entry, newest_closed

SETTINGS, PINS, POLICY, ROOT = "monitor.json", "pins.json", "policy", "root"
WITNESS_TIMEOUT_S = 5.0


class MonitorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` is the installation's API, `log_url` its public log, `customer` whose entries are followed."""

    url: str
    log_url: str
    customer: str


def found(folder: Path, settings: MonitorSettings, pins: Pins, policy: str) -> None:
    """Begin a monitor in an empty folder; `folder-not-empty` (conflict), `bad-policy`, `bad-url`."""
    PlainHttp(settings.log_url)
    quorum.parse(policy.encode())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise conflict("folder-not-empty")
    folder.chmod(0o700)
    (folder / ROOT).mkdir()
    (folder / PINS).write_bytes(pins.encode())
    (folder / POLICY).write_text(policy, encoding="utf-8")
    (folder / SETTINGS).write_bytes(canonical.encode(msgspec.to_builtins(settings)))


def load(folder: Path) -> MonitorSettings:
    """`bad-settings` (malformed)."""
    try:
        return msgspec.json.decode((folder / SETTINGS).read_bytes(), type=MonitorSettings)
    except (OSError, msgspec.MsgspecError) as error:
        raise malformed("bad-settings", why=str(error)[:200]) from error


def pins_of(folder: Path) -> Pins:
    """What is known from elsewhere, with the customer's own policy in place of the installation's."""
    known = parse_pins((folder / PINS).read_bytes())
    return msgspec.structs.replace(known, policy=(folder / POLICY).read_text(encoding="utf-8"))


def mirror(folder: Path, web: LogWeb | None = None) -> Mirror:
    """The root log's present shard as it is held; `policy-names-no-log` (malformed)."""
    policy = quorum.parse(pins_of(folder).policy.encode())
    if not policy.logs:
        raise malformed("policy-names-no-log")
    origin = policy.logs[0][0].name
    keys = (origin, [vkey for vkey, _ in policy.logs if vkey.name == origin])
    shown = web or HttpLog(load(folder).log_url)
    return Mirror(WatchFolder(folder / ROOT), shown, keys, SystemClock(), first_entry=first_entry(folder))


def monitor(folder: Path, house: House, token: str, web: LogWeb | None = None) -> Monitor:
    """The monitor of a folder, asking a house with a token; `web` is its log elsewhere than it says."""
    settings = load(folder)
    policy = quorum.parse(pins_of(folder).policy.encode())
    made = mirror(folder, web)
    origin = policy.logs[0][0].name
    named = hashlib.sha256(origin.encode()).hexdigest()

    def shows(url: str) -> bytes | None:
        return HttpLog(url, timeout_s=WITNESS_TIMEOUT_S).get(f"{named}/checkpoint")

    watched = Watched(customer=settings.customer, origin=origin, policy=policy)
    places = (WatchFolder(folder), made)
    closed = newest_closed(folder)
    before = WatchFolder(closed) if closed is not None else None
    return Monitor(watched, places, (house, Token(token)), shows, SystemClock(), before=before)


def own_metering(folder: Path, month: str) -> bytes:
    """The customer's own bill for a month, counted from what was proven to him; `bad-month` (malformed)."""
    place, customer = WatchFolder(folder), load(folder).customer

    def entries(kind: str) -> Iterator[Fields]:
        for one in state.kept(place, kind):
            found = proven(one, one.leaf, customer)
            if isinstance(found, str):
                raise Refusal(found, Kind.BROKEN)
            if "at" in found.fields:
                yield found.fields

    return metered(customer, month, entries(MACHINE), entries(EXCEPTIONAL))


def certifying(folder: Path) -> Certifying:
    """What makes certificates out of a monitor's folder."""
    pins = pins_of(folder)
    policy = quorum.parse(pins.policy.encode())
    named = (pins.house, policy.logs[0][0].name, load(folder).customer)
    roots = [(f"{ROOT}", mirror(folder))]
    for place in reversed(closed_roots(folder)):
        origin = turn.parse((place / TURN).read_bytes()).document.announced.closes
        keys = (origin, [vkey for vkey, _ in policy.logs if vkey.name == origin])
        held = Mirror(WatchFolder(place / ROOT), HttpLog(load(folder).log_url), keys, SystemClock())
        roots.insert(0, (f"{place.relative_to(folder)}/{ROOT}", held))
    return Certifying(named, WatchFolder(folder), roots, policy)
