"""The restore drill: the newest backup in a scratch place, proven and forgotten again."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from custodes.acts.audit.house import Audit, Report
from custodes.acts.audit.opening import ground_of
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.writing.ports import Reads
from custodes.adapters import schemes
from custodes.adapters.log_files import write_durably
from custodes.adapters.system import SystemClock, SystemDice
from custodes.custody.holder import Holder
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from custodes.store import house
from custodes.store.copying.dump import load
from custodes.store.engine import open_sqlite
from custodes.store.migrate import migrate
from custodes.store.reads import reading

from .drills import DRILL_FILE, Drilled
from .kept import KEYS_FILE
from .making import header_of, opened_with, read_keys


def drill(settings: Settings, file: Path, secret: bytes) -> Drilled:
    """`drill_with` the holder that the backup names, opened by its secret."""
    try:
        with file.open("rb") as head:
            uri = header_of(head).holder
    except Refusal as refusal:
        return _written(settings, file, 0, (refusal.code,))
    holder = schemes.holder(uri)
    holder.unseal(secret)
    return drill_with(settings, file, holder)


def drill_with(settings: Settings, file: Path, holder: Holder) -> Drilled:
    """Restore a backup into a scratch database, prove it (log, standing rows, every opening), forget it.

    Whatever is wrong with it, or with the place, is a finding. The result is written beside the keys; doctor
    and an alert say when the last good one is too old.
    """
    rows, findings = 0, tuple[str, ...]()
    with tempfile.TemporaryDirectory(dir=settings.keyroom, prefix="drill-") as scratch:
        try:
            keys = read_keys(settings.keyroom / KEYS_FILE)
            _, values = opened_with(file, keys, holder, SystemClock().now())
            rows, report = _tried(Path(scratch) / "drill.db", values, holder)
            findings = tuple(f"{one.code} {one.where}" for one in report.findings)
        except Refusal as refusal:
            findings = (refusal.code,)
        except (OSError, SQLAlchemyError, msgspec.MsgspecError) as error:
            findings = (f"drill-failed {type(error).__name__}",)
    return _written(settings, file, rows, findings)


def _written(settings: Settings, file: Path, rows: int, findings: tuple[str, ...]) -> Drilled:
    at, named = to_text(SystemClock().now()), file.stem.partition("-")[2]
    done = Drilled(at=at, backup=named, rows=rows, findings=findings)
    write_durably(settings.keyroom / DRILL_FILE, canonical.encode(msgspec.to_builtins(done)), mode=0o600)
    return done


def _tried(path: Path, values: Iterator[bytes], holder: Holder) -> tuple[int, Report]:
    """Rows, and what an audit of them found."""
    engine = open_sqlite(path)
    try:
        migrate(engine)
        rows = load(engine, values, lambda _table, found: found)
        body = house.load(engine)
        return rows, reading(engine, lambda reads: _proven(body, reads, holder))
    finally:
        engine.dispose()


def _proven(body: HouseBody, reads: Reads, holder: Holder) -> Report:
    ground = ground_of(body, reads, holder, (SystemClock(), SystemDice()))
    return Audit(body, reads, ground, lambda _done, _all: None).run(None)
