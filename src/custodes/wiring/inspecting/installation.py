"""What an installation needs of its folder, its disk, its database and its copies."""

import os
import shutil
import statistics
import time
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography import x509
from sqlalchemy import Engine

from custodes.acts.asks.running.findings import Finding, finding, unknown
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.writing.house_head import instant, newest
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from custodes.store import house
from custodes.store.engine import open_database
from custodes.store.migrate import HEAD, version
from custodes.store.reads import reading
from custodes.wiring.backups.drills import last_drill
from custodes.wiring.backups.kept import KEYS_FILE, written_at

from .processes import processes
from .witnesses import witnesses

SYNCS, SYNC_BYTES, SYNC_MS_GOOD = 50, 4096, 5.0
FREE_BYTES_POOR, FREE_BYTES_BAD = 5 * 2**30, 512 * 2**20
BACKUP_DAYS_MAX = 2
CERTIFICATE_DAYS_POOR = 30
STAMP_AGE_S_MAX = 3 * 3_600
_STANDBYS = "SELECT current_setting('synchronous_standby_names')"


def installation(settings: Settings) -> Iterator[Finding]:
    """One finding each, as this process can see it."""
    body = yield from _database(settings)
    yield from _key_files(settings, body)
    yield from _disk(settings)
    yield _backup(settings)
    yield _drill(settings)
    yield from _certificates(settings)
    yield _stamps(settings)
    yield from processes(settings)
    yield from witnesses(settings)


def _database(settings: Settings) -> Generator[Finding, None, HouseBody | None]:
    try:
        engine = open_database(settings.database, settings.database_url, read_only=True)
    except Refusal as refusal:
        yield finding("database", "database-gone", refusal.code, is_wrong=True)
        return None
    try:
        body = house.load(engine)
        kind = "PostgreSQL" if settings.database_url else "SQLite, synchronous=FULL"
        yield finding("database", "", kind)
        yield from _tables(engine, settings)
    except Exception as error:  # whatever a database that is none raises: it cannot be opened
        code = error.code if isinstance(error, Refusal) else type(error).__name__
        yield finding("database", "database-gone", code, is_wrong=True)
        return None
    else:
        return body
    finally:
        engine.dispose()


def _tables(engine: Engine, settings: Settings) -> Iterator[Finding]:
    with engine.connect() as connection:
        found = version(connection) or "-"
        why = "" if found == HEAD else "schema-newer" if found > HEAD else "schema-older"
        yield finding("schema", why, f"{found} ({HEAD})", is_wrong=why == "schema-newer")
        if settings.database_url:
            from custodes.store.shared.postgres import standbys_of  # noqa: PLC0415 - see store/engine

            names = str(connection.exec_driver_sql(_STANDBYS).scalar_one())
            yield finding("standby", "" if standbys_of(names) else "no-standby", names or "-")
    head = newest(reading(engine, lambda reads: reads.house_heads()))
    now = time.clock_gettime(time.CLOCK_REALTIME) + settings.demo_clock_offset_s
    is_behind = head is not None and now < instant(head).timestamp()
    last = to_text(instant(head)) if head is not None else "-"
    yield finding("clock-log", "clock-behind-log" if is_behind else "", last, is_wrong=True)


def _key_files(settings: Settings, body: HouseBody | None) -> Iterator[Finding]:
    private = [settings.keyroom, settings.logkeeper, settings.local_token]
    if body is not None and urlsplit(body.holder).scheme in {"file", "keyfile"}:
        private.append(Path(unquote(urlsplit(body.holder).path)))
    open_ones, hidden = [], []
    for path in private:
        try:
            found = path.stat()
        except OSError:
            hidden.append(path.name)
            continue
        if found.st_mode & 0o077:
            open_ones.append(f"{path.name} {found.st_mode & 0o777:04o}")
    if open_ones:
        yield finding("key-files", "open-to-others", ", ".join(open_ones), is_wrong=True)
    elif len(hidden) == len(private):
        yield unknown("key-files", "not-ours-to-see")
    else:
        yield finding("key-files", "", ", ".join(path.name for path in private if path.name not in hidden))


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.house).free
    why = "disk-small" if free < FREE_BYTES_POOR else ""
    yield finding("disk-space", why, f"{free / 2**30:.1f} GiB", is_wrong=free < FREE_BYTES_BAD)
    try:
        median, worst = sync_ms(settings.keyroom)
    except PermissionError:
        yield unknown("fsync", "not-ours-to-see")
    except OSError as error:
        yield finding("fsync", "disk-not-writable", error.strerror or "OSError", is_wrong=True)
    else:
        said = f"fdatasync: {median:.2f} ms, max. {worst:.2f} ms (n = {SYNCS})"
        yield finding("fsync", "" if median <= SYNC_MS_GOOD else "disk-slow", said)


def sync_ms(folder: Path) -> tuple[float, float]:
    """(median, worst) milliseconds until a small appended write is on the disk; leaves nothing behind."""
    file = folder / f".doctor-{os.getpid()}"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    taken = []
    try:
        for _ in range(SYNCS):
            os.write(handle, bytes(SYNC_BYTES))
            began = time.perf_counter()
            os.fdatasync(handle)
            taken.append((time.perf_counter() - began) * 1000)
    finally:
        os.close(handle)
        file.unlink()
    return statistics.median(taken), max(taken)


def _backup(settings: Settings) -> Finding:
    """Every backup writes the keys file anew, so its age is the last backup's."""
    try:
        at = written_at(settings)
    except PermissionError:
        return unknown("backup", "not-ours-to-see")
    except FileNotFoundError:
        return finding("backup", "backup-never", "-")
    except (OSError, ValueError):
        return finding("backup", "backup-never", KEYS_FILE, is_wrong=True)
    is_old = _days(at) > BACKUP_DAYS_MAX
    return finding("backup", "backup-old" if is_old else "", to_text(at), is_wrong=True)


def _drill(settings: Settings) -> Finding:
    last = last_drill(settings)
    if last is None:
        return finding("drill", "drill-never", "-")
    at = from_text(last.at)
    if last.findings:
        return finding("drill", "drill-found", f"{last.at}: {len(last.findings)}", is_wrong=True)
    is_old = _days(at) > settings.drill_days_max
    return finding("drill", "drill-old" if is_old else "", last.at, is_wrong=True)


def _certificates(settings: Settings) -> Iterator[Finding]:
    """Those the settings name; of each file the one that ends first."""
    named = [settings.house / settings.timestamp_roots] if settings.timestamp_url else []
    named += [settings.logkeeper / "mail.pem"] if settings.mail_server else []
    for path in named:
        try:
            ends = min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(path.read_bytes()))
        except PermissionError:
            yield unknown("certificate", "not-ours-to-see")
            continue
        except (OSError, ValueError):
            yield finding("certificate", "certificate-unread", path.name, is_wrong=True)
            continue
        left = -_days(ends)
        why = "certificate-ended" if left < 0 else "certificate-ends" if left < CERTIFICATE_DAYS_POOR else ""
        yield finding("certificate", why, f"{path.name}: {to_text(ends)}", is_wrong=left < 0)


def _stamps(settings: Settings) -> Finding:
    if not settings.timestamp_url:
        return finding("timestamps", "no-timestamps", "-")
    try:
        newest_at = max(path.stat().st_mtime for path in (settings.public_log / "timestamps").glob("*.tsr"))
    except (OSError, ValueError):
        return finding("timestamps", "timestamps-old", "-")
    at = datetime.fromtimestamp(newest_at, UTC)
    is_old = time.clock_gettime(time.CLOCK_REALTIME) - newest_at > STAMP_AGE_S_MAX
    return finding("timestamps", "timestamps-old" if is_old else "", to_text(at))


def _days(at: datetime) -> float:
    return (time.clock_gettime(time.CLOCK_REALTIME) - at.timestamp()) / 86_400
