"""Making a backup: one snapshot, encrypted as it is read; and the small file without which none opens."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from custodes.acts.footing.house_body import HouseBody
from custodes.acts.footing.tombstone import Tombstone
from custodes.acts.writing.ports import Reads
from custodes.adapters import schemes
from custodes.adapters.log_files import write_durably
from custodes.adapters.system import SystemClock, SystemDice
from custodes.custody import backup
from custodes.custody.backup import Generation, Header
from custodes.custody.holder import Holder
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, conflict, malformed, unavailable
from custodes.settings import Settings
from custodes.store import house
from custodes.store.copying.dump import dumped
from custodes.store.engine import open_database
from custodes.store.reads import reading

from .kept import KEYS_FILE


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys file: generations that are alive, and everything erased so far (ids only).

    Its copies are replaced, never kept: an old copy would keep dead generations alive.
    """

    house: str
    written_at: str
    generations: tuple[Generation, ...]
    tombstones: tuple[Tombstone, ...] = ()


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A finished backup."""

    id: str
    path: Path
    size_bytes: int
    generation: int
    dies_at: str


def make(settings: Settings, secret: bytes, folder: Path) -> Made:
    """Back up into a folder, while the house runs or not. Its file appears under its name when it is whole.

    The holder's refusals, `not-founded` (unavailable).
    """
    if not settings.database_url and not settings.database.is_file():
        raise unavailable("not-founded")
    engine = open_database(settings.database, settings.database_url, read_only=True)
    try:
        body = house.load(engine)
        holder, dice, now = schemes.holder(body.holder), SystemDice(), SystemClock().now()
        holder.unseal(secret)
        keys = renew_keys(settings, body, (holder, dice), now, reading(engine, _tombstones))
        newest = keys.generations[-1]
        id_ = new_id("bak", dice)
        sealing = backup.begin(body.id, newest, id_, now, (holder, dice))
        path = folder / f"{now:%Y%m%dT%H%M%SZ}-{id_}.custodes"
        size = _write(path, _frames(sealing, dumped(engine)))
        return Made(id=id_, path=path, size_bytes=size, generation=newest.number, dies_at=newest.dies_at)
    finally:
        engine.dispose()


def renew_keys(
    settings: Settings,
    body: HouseBody,
    ports: tuple[Holder, SystemDice],
    now: datetime,
    tombstones: tuple[Tombstone, ...],
) -> Keys:
    """Write the keys file anew: dead generations dropped, a fresh one where it is time, every tombstone."""
    path = settings.keyroom / KEYS_FILE
    kept = read_keys(path).generations if path.exists() else ()
    generations = backup.turn(kept, (body.id, now, settings.backup_horizon_days), *ports)
    keys = Keys(house=body.id, written_at=to_text(now), generations=generations, tombstones=tombstones)
    write_durably(path, canonical.encode(msgspec.to_builtins(keys)), mode=0o600)
    return keys


def read_keys(path: Path) -> Keys:
    """A keys file; `bad-backup-keys` (malformed), `backup-keys-missing` (unavailable)."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Keys)
    except FileNotFoundError as error:
        raise unavailable("backup-keys-missing") from error
    except msgspec.DecodeError as error:
        raise malformed("bad-backup-keys") from error


def opened(path: Path, keys: Keys, secret: bytes, now: datetime) -> "tuple[Header, Holder, Iterator[bytes]]":
    """(header, the unsealed holder it names, the values of the dump), read frame by frame as they are wanted.

    See `custody.backup` for what is refused; `another-house` (conflict) when the keys are another's.
    """
    with path.open("rb") as file:
        header = header_of(file)
    if header.house != keys.house:
        raise conflict("another-house")
    holder = schemes.holder(header.holder)
    holder.unseal(secret)
    return header, holder, opened_with(path, keys, holder, now)[1]


def opened_with(path: Path, keys: Keys, holder: Holder, now: datetime) -> "tuple[Header, Iterator[bytes]]":
    """The same with a holder that is unsealed already."""
    with path.open("rb") as file:
        header = header_of(file)
        begins = file.tell()
    if header.house != keys.house:
        raise conflict("another-house")
    opening = backup.open_file(header, keys.generations, now, holder)
    return header, _values(_plain(path, begins, opening))


def _tombstones(reads: Reads) -> tuple[Tombstone, ...]:
    rows = [row for row in reads.standing() if row.noun == "tombstone"]
    return tuple(msgspec.json.decode(row.body, type=Tombstone) for row in rows)


def _frames(sealing: backup.Sealing, values: Iterable[bytes]) -> Iterator[bytes]:
    yield sealing.header.encode()
    waiting = bytearray()
    for value in values:
        waiting += value
        while len(waiting) > backup.FRAME_BYTES:
            yield sealing.frame(bytes(waiting[: backup.FRAME_BYTES]), is_last=False)
            del waiting[: backup.FRAME_BYTES]
    yield sealing.frame(bytes(waiting), is_last=True)


def _write(path: Path, pieces: Iterable[bytes]) -> int:
    """Written beside, synced, renamed: a half-written backup never has a backup's name."""
    part = path.with_suffix(".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            size = sum(file.write(piece) for piece in pieces)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size


def header_of(file: BinaryIO) -> Header:
    """A backup's header; `bad-backup` (malformed)."""
    if file.read(len(backup.MAGIC)) != backup.MAGIC:
        raise malformed("bad-backup")
    length = int.from_bytes(file.read(4), "big")
    if length > backup.HEADER_BYTES_MAX:
        raise malformed("bad-backup")
    return backup.parse_header(file.read(length))


def _plain(path: Path, begins: int, opening: backup.Opening) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(begins)
        sealed = _sealed(file)
        while True:
            following = _sealed(file) if sealed is not None else None
            if sealed is None:
                raise Refusal("backup-damaged", Kind.BROKEN)
            yield opening.frame(sealed, is_last=following is None)
            if following is None:
                return
            sealed = following


def _sealed(file: BinaryIO) -> bytes | None:
    head = file.read(4)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    if len(head) != 4 or length > backup.FRAME_BYTES + 16:
        raise Refusal("backup-damaged", Kind.BROKEN)
    sealed = file.read(length)
    if len(sealed) != length:
        raise Refusal("backup-damaged", Kind.BROKEN)
    return sealed


def _values(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Length-prefixed values out of frames that were cut anywhere."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= 4 and len(waiting) >= 4 + int.from_bytes(waiting[:4], "big"):
            end = 4 + int.from_bytes(waiting[:4], "big")
            yield bytes(waiting[4:end])
            del waiting[:end]
    if waiting:
        raise Refusal("backup-damaged", Kind.BROKEN)
