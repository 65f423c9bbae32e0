"""Closing a log that cannot go on: the document, the new log's keys, the act, and the files afterwards.

Every step can be taken again: the new keys lie beside the old ones until the act is durable, and what the
files look like afterwards follows from the house's row.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from custodes.acts.footing.house_body import HouseBody, next_root
from custodes.acts.founding import receipt_vkey
from custodes.acts.logkeeper import keys as log_keys
from custodes.acts.opened import Opened
from custodes.acts.restoring import closing
from custodes.acts.watch.mirror import Mirror
from custodes.adapters.http.log import HttpLog
from custodes.adapters.log_files import WatchFolder, write_durably
from custodes.adapters.system import SystemDice
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal, conflict, malformed, unavailable
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.loss import gap
from custodes.ledger.loss.gap import Gap, GapFile
from custodes.ledger.merkle import consistency_proof
from custodes.ledger.note import Vkey, checked_name
from custodes.ledger.receipt import Pins
from custodes.ledger.watch.witnessing import opened
from custodes.settings import Settings
from custodes.store import house
from custodes.store.engine import open_database
from custodes.wiring import log_keys as files
from custodes.wiring.log_keys import NEXT
from custodes.wiring.turning import GAP, put_aside

from . import unfinished
from .alone import alone
from .catching_up import shown

FILE = GAP


def document(settings: Settings, secret: bytes, opens: str, known: Sequence[Path]) -> bytes:
    """What officers sign; `known` are folders of mirrors and files with checkpoints.

    The largest head anybody is known to have had is named: a mirror's, the public log's, a witness's.
    `last-head-unknown` (unavailable), `bad-name` (malformed), `not-restored` (conflict).
    """
    unfinished.refuse(settings)
    checked_name(opens)

    async def work(o: Opened) -> bytes:
        if opens == o.origin:
            raise malformed("bad-gap", why="opens")
        kept = await closing.kept_of(o)
        places = [*known, settings.public_log]
        last, raw, path = _last(o, places, kept.root.size)
        if last.size < kept.root.size:
            raise unavailable("last-head-unknown", held=kept.root.size, known=last.size)
        vkeys, embedded = _new_keys(settings, opens)
        policy = o.policies.all()[o.house][0] if o.policies.of(o.house) else ""
        before = gap.vkey_named(policy, f"{o.origin}/{gap.EMBEDDED}")
        made = Gap(
            house=o.house,
            closes=o.origin,
            opens=opens,
            last=raw.decode(),
            kept_size=kept.root.size,
            kept_root=kept.root.root(),
            path=tuple(path),
            first_epoch=kept.epoch + 1,
            last_epoch=kept.epoch + last.size - kept.root.size,
            since=kept.since,
            until=to_text(o.clock.now()),
            vkeys=vkeys,
            receipt_keys=(receipt_vkey(msgspec.structs.replace(o.body, origin=opens)),),
            policy=gap.policy_after(policy, vkeys, (before, embedded)),
        )
        return made.encode()

    return alone(settings, secret, work)


def close(settings: Settings, secret: bytes, raw: bytes, approvals: Sequence[bytes]) -> GapFile:
    """Close the log and put the files in order; the same again when it was cut off.

    Refusals of `acts.restoring.closing`; `log-keys-missing` (conflict): the document was made elsewhere.
    """
    unfinished.refuse(settings)
    signed = gap.parse_document(raw)
    before = _body(settings)
    if before.origin != signed.opens:
        if not (settings.logkeeper / NEXT).exists():
            raise conflict("log-keys-missing")
        after = msgspec.structs.replace(
            before,
            origin=signed.opens,
            log_vkeys=signed.vkeys,
            policy=gap.carried(before.policy, signed),
            root_log=next_root(before),
        )

        async def work(o: Opened) -> GapFile:
            made = closing.file_of(o, signed, approvals)
            await closing.close(o, signed, approvals, (before, after))
            write_durably(settings.logkeeper / FILE, made.encode(), mode=0o600)
            return made

        made = alone(settings, secret, work)
    else:
        made = gap.parse((settings.logkeeper / FILE).read_bytes())
    _settle(settings, made)
    return made


def _settle(settings: Settings, made: GapFile) -> None:
    """The closed log's files under `closed/`, the new log's keys in place, nothing signed yet."""
    public, own = settings.public_log, settings.logkeeper
    if (own / NEXT).exists():
        put_aside(settings, int(_body(settings).root_log.partition("/")[2]) - 1)
        (own / NEXT).rename(settings.log_keys)
    document = made.document
    pins = Pins(house=document.house, receipt_keys=document.receipt_keys, policy=document.policy)
    write_durably(public / "pins.json", pins.encode(), mode=0o644)
    write_durably(public / FILE, made.encode(), mode=0o644)


def _new_keys(settings: Settings, opens: str) -> tuple[tuple[str, ...], str]:
    """Fresh keys of the log that follows, under the logkeeper's holder: (vkeys, embedded witness)."""
    holder = files.make_beside(settings)
    path = settings.logkeeper / NEXT
    if not path.exists():
        files.write(settings, path, holder.uri, log_keys.make(holder, opens, SystemDice()))
    try:
        keys = files.opened(settings, opens, path)
    except Refusal as refusal:
        if refusal.code not in {"wrap-mismatch", "log-key-lost"}:
            raise
        path.unlink()  # made for another name, or cut off
        return _new_keys(settings, opens)
    vkeys = tuple(one.vkey.text() for one in keys.signers(opens))
    return vkeys, keys.witness_signer(f"{opens}/{gap.EMBEDDED}").vkey.text()


def _last(o: Opened, places: Sequence[Path], kept: int) -> tuple[Checkpoint, bytes, list[bytes]]:
    """The largest head anybody knows; the proof that what is kept is its beginning, if there are tiles."""
    vkeys = [Vkey.parse(text) for text in o.body.log_vkeys]
    found: list[tuple[Checkpoint, bytes, Mirror | None]] = []
    for place in places:
        file = place / "checkpoint" if place.is_dir() else place
        if file.is_file():
            mirror = None
            if place.is_dir():
                web = HttpLog("http://127.0.0.1:9")  # nothing is fetched
                mirror = Mirror(WatchFolder(place), web, (o.origin, vkeys), o.clock)
            raw = file.read_bytes()
            found.append((opened(raw, vkeys), raw, mirror))
    found += [(opened(raw, vkeys), raw, None) for _, raw in shown(o)]
    found = [one for one in found if one[0].origin == o.origin]
    if not found:
        raise unavailable("last-head-unknown")
    last, raw, _ = max(found, key=lambda one: one[0].size)
    for head, _, mirror in found:
        if mirror is not None and head == last and 0 < kept < last.size:
            return last, raw, consistency_proof(mirror.reader(last.size), kept, last.size)
    return last, raw, []


def _body(settings: Settings) -> HouseBody:
    engine = open_database(settings.database, settings.database_url, read_only=True)
    try:
        return house.load(engine)
    finally:
        engine.dispose()
