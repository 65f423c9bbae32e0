"""Founding a house on a disk: folders with their modes, holder files, log keys, database, settings."""

from pathlib import Path

import msgspec

from custodes.acts import founding
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.logkeeper import keys as log_keys
from custodes.acts.unsealing.counted import Counted
from custodes.acts.unsealing.notes import Note, encode
from custodes.adapters import file_holder, schemes
from custodes.adapters.journal import LineJournal
from custodes.adapters.log_files import FolderLog
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import conflict, malformed
from custodes.ledger import quorum
from custodes.ledger.loss.gap import EMBEDDED
from custodes.ledger.receipt import Pins
from custodes.settings import FILE_NAME, Settings, to_toml
from custodes.store import house
from custodes.store.engine import open_database
from custodes.store.migrate import migrate

from . import log_keys as log_keys_file

HOLDER_FILE = "holder.key"


def found(
    folder: Path,
    plan: founding.Plan,
    passphrase: bytes | None,
    settings: Settings | None = None,
    *,
    elsewhere: str = "",
) -> HouseBody:
    """Found a house in an empty folder; `folder-not-empty` (conflict), `policy-missing` (malformed).

    Without a passphrase the holder is a key file. `elsewhere` is the URI of a root that exists already, in a
    token or in OpenBao; the passphrase is then its PIN or token, none where the URI names a file of it. The
    logkeeper's own holder is a key file at first, in a folder only its uid may enter: it must come up by
    itself to keep publishing (`custodes holder move-log` for another that does).
    """
    if folder.exists() and any(folder.iterdir()):
        raise conflict("folder-not-empty")
    if not plan.demo and not plan.policy:
        raise malformed("policy-missing")
    settings = msgspec.structs.replace(
        settings or Settings(console_url=plan.console),
        house=folder.resolve(),
        auto_unseal=passphrase is None,
        demo=plan.demo,
    )
    if elsewhere:
        _demand_answer(elsewhere, passphrase or b"")
    _make_folders(folder, settings)
    plan = _with_log(settings, plan)
    dice = SystemDice()
    uri = elsewhere or file_holder.create(settings.keyroom / HOLDER_FILE, passphrase, dice)
    holder = Counted(schemes.holder(uri))
    holder.unseal(passphrase or b"")
    body = founding.found(plan, holder, SystemClock(), dice)
    engine = open_database(settings.database, settings.database_url, standbys=settings.database_standbys)
    migrate(engine)
    house.save(engine, body)
    engine.dispose()
    holder.seal()
    _note_uses(settings, holder, dice)
    pins = Pins(house=body.id, receipt_keys=(founding.receipt_vkey(body),), policy=body.policy)
    FolderLog(settings.public_log).write("pins.json", pins.encode())
    (folder / FILE_NAME).write_text(to_toml(settings), encoding="utf-8")
    return body


def _note_uses(settings: Settings, holder: Counted, dice: SystemDice) -> None:
    """What founding used of the root becomes the first entry of its uses."""
    note = Note(
        act="holder.use",
        act_id=new_id("act", dice),
        at=to_text(SystemClock().now()),
        count=holder.taken(),
        generation=0,
        holder=holder.uri,
    )
    LineJournal(settings.journal).add(encode(note))


def _demand_answer(uri: str, secret: bytes) -> None:
    """The holder's refusals, before anything is written."""
    holder = schemes.holder(uri)
    holder.unseal(secret)
    holder.seal()


def _make_folders(folder: Path, settings: Settings) -> None:
    private = (settings.keyroom, settings.logkeeper)
    for place in (folder, *private, settings.sockets, settings.meters, settings.public_log, settings.stores):
        place.mkdir(parents=True, exist_ok=True)
    for place in private:
        place.chmod(0o700)


def _with_log(settings: Settings, plan: founding.Plan) -> founding.Plan:
    """Make the log's keys and write the policy: the log's own lines, the embedded witness, the plan's."""
    dice = SystemDice()
    holder = schemes.holder(file_holder.create(settings.log_holder, None, dice))
    holder.unseal(b"")
    wrapped = log_keys.make(holder, plan.origin, dice)
    keys = log_keys.open_keys(holder, plan.origin, wrapped)
    log_keys_file.write(settings, settings.log_keys, holder.uri, wrapped)
    vkeys = tuple(signer.vkey.text() for signer in keys.signers(plan.origin))
    lines = [f"log {vkey}" for vkey in vkeys]
    if not plan.policy:
        witness = keys.witness_signer(f"{plan.origin}/{EMBEDDED}").vkey.text()
        lines += [
            f"witness {EMBEDDED} {witness}",
            f"#: party {EMBEDDED} {plan.origin} embedded",
            "quorum none",
        ]
    policy = "\n".join(lines) + "\n" + plan.policy
    quorum.parse(policy.encode())
    return msgspec.structs.replace(plan, log_vkeys=vkeys, policy=policy)
