"""Going on behind a gap: whoever watches a log that was closed puts what he holds aside and follows the next.

closed/<n>/   everything held of the log that was closed, as it was, with the signed gap.json
pins.json     (monitor) pins of the log that follows; the customer's own policy with its keys

Nothing is followed that two pinned officers did not sign, or whose last head is not the end of what is held.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from custodes.adapters.log_files import write_durably
from custodes.kernel import canonical
from custodes.kernel.refusal import conflict, malformed
from custodes.ledger.loss import gap
from custodes.ledger.loss.gap import GapFile, Officer
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import Check, Pins
from custodes.ledger.watch import log_list
from custodes.parties.signature import is_good_key

from . import mirror as mirrors
from . import monitor as monitors
from . import witness as witnesses
from .closed import CLOSED, GAP


def officer(text: str) -> Officer:
    """`NAME=ORGANISATION=PUBLIC`, or with `/GROUP` behind the organisation; `bad-officer` (malformed)."""
    name, _, rest = text.partition("=")
    organisation, _, public = rest.partition("=")
    try:
        raw = canonical.unb64(public)
    except ValueError:
        raw = b""
    if not name or not organisation or not is_good_key(raw):
        raise malformed("bad-officer")
    return Officer(name=name, counts_as=organisation.partition("/")[2] or organisation, public=raw)


def mirror(folder: Path, raw: bytes, officers: Sequence[Officer]) -> list[Check]:
    """Follow with a mirror; `gap-refused` (conflict, with `why`)."""
    settings = mirrors.load(folder)
    file = gap.parse(raw)
    policy = "".join(f"log {vkey}\n" for vkey in settings.vkeys) + "quorum none\n"
    pins = Pins(house=file.document.house, receipt_keys=(), policy=policy)
    checks = _checked(file, pins, officers, mirrors.mirror(folder).objection(file.document.last.encode()))
    place = _aside(folder, {mirrors.SETTINGS}, raw)
    (place / mirrors.SETTINGS).write_bytes((folder / mirrors.SETTINGS).read_bytes())
    after = msgspec.structs.replace(settings, origin=file.document.opens, vkeys=file.document.vkeys)
    write_durably(folder / mirrors.SETTINGS, canonical.encode(msgspec.to_builtins(after)), mode=0o644)
    return checks


def monitor(folder: Path, raw: bytes, officers: Sequence[Officer]) -> list[Check]:
    """Follow with a customer's monitor; `gap-refused` (conflict, with `why`)."""
    file = gap.parse(raw)
    pins = monitors.pins_of(folder)
    objection = monitors.mirror(folder).objection(file.document.last.encode())
    checks = _checked(file, pins, officers, objection)
    own = gap.carried((folder / monitors.POLICY).read_text(encoding="utf-8"), file.document)
    kept = {monitors.SETTINGS, monitors.PINS, monitors.POLICY}
    place = _aside(folder, kept, raw)
    for name in kept:
        (place / name).write_bytes((folder / name).read_bytes())
    (folder / monitors.ROOT).mkdir(exist_ok=True)
    write_durably(folder / monitors.POLICY, own.encode(), mode=0o644)
    write_durably(folder / monitors.PINS, gap.pins_after(file.document, pins).encode(), mode=0o644)
    return checks


def witness(folder: Path, raw: bytes, officers: Sequence[Officer]) -> list[Check]:
    """Cosign the follower, and the closed log never again; `gap-refused` (conflict, with `why`)."""
    file = gap.parse(raw)
    path = folder / witnesses.LOGS
    known = log_list.parse(path.read_text(encoding="utf-8"))
    old = known.get(file.document.closes)
    if old is None:
        raise conflict("gap-refused", why="this witness was not told of the log that was closed")
    policy = "".join(f"log {vkey.text()}\n" for vkey in old.vkeys) + "quorum none\n"
    pins = Pins(house=file.document.house, receipt_keys=(), policy=policy)
    seen = witnesses.remembered(folder, file.document.closes)
    last = gap.checked_last(file.document, old.vkeys)
    hides = "" if seen.size <= last.size else f"{seen.size} entries were cosigned here, it names {last.size}"
    if seen.size == last.size and seen.root != last.root:
        hides = "another tree was cosigned here"
    checks = _checked(file, pins, officers, hides)
    vkeys = tuple(Vkey.parse(text) for text in file.document.vkeys)
    after = msgspec.structs.replace(old, origin=file.document.opens, vkeys=vkeys)
    others = [one for origin, one in known.items() if origin not in {old.origin, after.origin}]
    text = f"{log_list.HEADER}\n" + "".join(log_list.block(one) for one in (*others, after))
    write_durably(path, text.encode(), mode=0o644)
    return checks


def _checked(file: GapFile, pins: Pins, officers: Sequence[Officer], objection: str) -> list[Check]:
    checks = gap.judge(file, pins, officers)
    checks.append(Check(name="what is held", passed=not objection, detail=objection))
    failed = [f"{one.name}: {one.detail}" for one in checks if one.passed is False]
    if failed or not gap.is_proven(checks):
        raise conflict("gap-refused", why="; ".join(failed) or "officers: none are pinned")
    return checks


def _aside(folder: Path, stays: "set[str]", raw: bytes) -> Path:
    """Put everything held under `closed/<n>`; taken up again where it was cut off."""
    document = gap.parse(raw).document
    places = sorted(int(one.name) for one in (folder / CLOSED).glob("*"))
    number = places[-1] if places else 1
    if places and (folder / CLOSED / str(number) / GAP).exists():
        if (folder / CLOSED / str(number) / GAP).read_bytes() == raw:
            raise conflict("gap-followed", origin=document.opens)
        number += 1
    place = folder / CLOSED / str(number)
    place.mkdir(parents=True, exist_ok=True)
    for one in sorted(folder.iterdir()):
        if one.name not in stays | {CLOSED}:
            one.rename(place / one.name)
    write_durably(place / GAP, raw, mode=0o644)
    return place
