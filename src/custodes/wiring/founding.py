"""Founding a house on a disk (folders, holder files, log keys, database, settings) and settling in."""

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts import founding
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.logkeeper import keys as log_keys
from custodes.acts.settling import Settling, settle_in
from custodes.acts.unsealing.counted import Counted
from custodes.acts.unsealing.notes import Note, encode
from custodes.acts.watched.policies import why_not
from custodes.adapters import file_holder, schemes
from custodes.adapters.journal import LineJournal
from custodes.adapters.log_files import FolderLog
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, conflict, malformed
from custodes.ledger import quorum
from custodes.ledger.loss.gap import EMBEDDED
from custodes.ledger.note import ED25519, Vkey, checked_name
from custodes.ledger.receipt import Pins
from custodes.settings import FILE_NAME, Settings, to_toml
from custodes.store import house
from custodes.store.engine import open_database
from custodes.store.migrate import migrate

from . import log_keys as log_keys_file
from .backups.alone import alone

HOLDER_FILE = "holder.key"


def found(
    folder: Path,
    plan: founding.Plan,
    passphrase: bytes | None,
    settings: Settings | None = None,
    *,
    elsewhere: str = "",
) -> HouseBody:
    """Found a house in an empty folder; refusals of `refuse` and of the holder, before anything is written.

    Without a passphrase the holder is a key file. `elsewhere` is the URI of a root that exists already, in a
    token or in OpenBao; the passphrase is then its PIN or token, none where the URI names a file of it. The
    logkeeper's own holder is a key file at first, in a folder only its uid may enter: it must come up by
    itself to keep publishing (`custodes holder move-log` for another that does).
    """
    refuse(folder, plan)
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


def refuse(folder: Path, plan: founding.Plan) -> None:
    """What keeps this plan from being founded there, said before anything is written.

    `folder-not-empty` (conflict); `bad-name` (malformed) of the log; `policy-missing`, `bad-policy` (with the
    line) and `witness-policy-refused` (malformed): the lines of witnesses and quorum, without `log` lines,
    which founding adds.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise conflict("folder-not-empty")
    checked_name(plan.origin)
    if not plan.policy:
        if not plan.demo:
            raise malformed("policy-missing")
        return
    stand_in = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    vkey = Vkey(name=plan.origin, sig_type=ED25519, public=stand_in).text()
    try:
        policy = quorum.parse(f"log {vkey}\n{plan.policy}".encode())
    except Refusal as refusal:
        line = int(str(refusal.facts.get("line", 0)))
        raise malformed("bad-policy", line=max(line - 1, 0)) from None  # as it is counted in the file
    why = why_not(policy, (vkey,), {}, is_demo=plan.demo)
    if why is not None:
        raise malformed("witness-policy-refused", why=why)


def settle(settings: Settings, secret: bytes, wanted: Settling) -> Customer:
    """The first organisation and people of a founded house that nobody serves; refusals of `settle_in`.

    `keyroom-runs-already` (unavailable), and the holder's.
    """

    return alone(settings, secret, lambda o: settle_in(o, wanted))


def body_of(settings: Settings) -> HouseBody:
    """What was founded; `not-founded` (absent)."""
    engine = open_database(settings.database, settings.database_url, standbys=settings.database_standbys)
    try:
        return house.load(engine)
    finally:
        engine.dispose()


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
