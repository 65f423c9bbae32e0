"""`custodes doctor`: what this machine gives an installation, what it lacks, and what that costs."""

import ctypes
import os
import resource
import shutil
import socket
import ssl
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from custodes.acts.asks.house import LookHouse
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.writing.house_head import instant, newest
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, Settings, load
from custodes.store import house
from custodes.store.engine import open_database
from custodes.store.reads import reading
from custodes.wiring.backups.drills import last_drill
from custodes.wiring.border import landlock_abi
from custodes.wiring.local import LocalHouse

from .speech import Out, offline
from .speech.options import FOLDER
from .speech.output import EXIT_REFUSED

GOOD, POOR, BAD = "good", "poor", "BAD"
SYNCS, SYNC_BYTES, SYNC_MS_GOOD = 50, 4096, 5.0
FREE_BYTES_POOR, FREE_BYTES_BAD = 5 * 2**30, 512 * 2**20
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 256
_CONNECT_S = 0.5


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. `costs` says what a lack of it means; empty where nothing lacks."""

    name: str
    state: str
    found: str
    costs: str = ""


@click.command()
@click.option("--folder", type=FOLDER, envvar="CUSTODES_FOLDER", help="Look at this installation too.")
@offline
def doctor(out: Out, *, folder: Path | None) -> None:
    """Look at the machine and, with --folder, at the installation on it. Exit code 1 when something is BAD.

    Measures how long the disk takes to be sure (fdatasync) by writing to the installation's own folder.
    """
    lines = list(machine())
    body = None
    if folder is not None:
        settings = load(folder / FILE_NAME)
        body = _body(settings)
        lines += installation(settings, body)
    if body is not None and body.demo:
        out.warn("demo: keys in a file, not for real data")
    rows = ((line.name, line.state, line.found, line.costs) for line in lines)
    out.rows(lines, ("what", "state", "found", "what that costs"), rows)
    if any(line.state == BAD for line in lines):
        raise click.exceptions.Exit(EXIT_REFUSED)


def machine() -> Iterator[Line]:
    """What the machine gives any installation."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield _line("Python", sys.version_info >= (3, 11), version, "nothing runs below 3.11", bad=True)
    yield _line("OpenSSL", True, ssl.OPENSSL_VERSION, "")
    yield _line("ML-DSA", _has_mldsa(), "signs", "checkpoints cannot be signed", bad=True)
    abi = landlock_abi()
    yield _line("Landlock", abi > 0, f"ABI {abi}", "a broken plane can read every file its user can read")
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    locked = soft == resource.RLIM_INFINITY or os.geteuid() == 0
    found = "unlimited" if locked else f"{soft // 1024} KiB"
    yield _line("locked memory", locked, found, "keys in memory may be written to swap")
    swaps = _text(Path("/proc/swaps")).splitlines()[1:]
    yield _line(
        "swap", not swaps, f"{len(swaps)} in use" if swaps else "off", "what was in memory may lie on a disk"
    )
    scope = _text(Path("/proc/sys/kernel/yama/ptrace_scope")).strip()
    yield _line(
        "tracing", scope not in {"", "0"}, scope or "not known", "programs of one user may look at each other"
    )
    synchronised = _is_synchronised()
    yield _line(
        "clock", synchronised, "synchronised" if synchronised else "not synchronised",
        "a clock far from the witnesses' stops grants",
    )  # fmt: skip


def installation(settings: Settings, body: HouseBody | None) -> Iterator[Line]:
    """What an installation needs of its folder, its disk and its processes."""
    yield from _modes(settings, body)
    yield from _disk(settings)
    yield from _time(settings, body)
    yield from _drills(settings)
    yield from _processes(settings)


def _modes(settings: Settings, body: HouseBody | None) -> Iterator[Line]:
    private = [settings.keyroom, settings.logkeeper, settings.local_token]
    if body is not None and urlsplit(body.holder).scheme in {"file", "keyfile"}:
        private.append(Path(unquote(urlsplit(body.holder).path)))
    for path in private:
        try:
            found = path.stat()
        except OSError:
            if path != settings.local_token:  # there while the keyroom runs
                yield _line(path.name, False, "cannot be seen", "nobody but its own user may say", bad=False)
            continue
        mode, is_own = found.st_mode & 0o777, found.st_uid == os.geteuid()
        shut = mode & 0o077 == 0
        said = f"{mode:04o}" + ("" if is_own else f", of user {found.st_uid}")
        yield _line(path.name, shut, said, "others on this machine can read keys", bad=True)
    if body is not None:
        kept = urlsplit(body.holder).scheme
        yield _line("holder", kept != "keyfile", kept, "whoever reads the file has the root")


def _disk(settings: Settings) -> Iterator[Line]:
    free = shutil.disk_usage(settings.house).free
    state = BAD if free < FREE_BYTES_BAD else POOR if free < FREE_BYTES_POOR else GOOD
    costs = "" if state == GOOD else "when it is full only kills, seals and refusals are still written"
    yield Line(name="disk space", state=state, found=f"{free / 2**30:.1f} GiB free", costs=costs)
    try:
        median, worst = sync_ms(settings.keyroom)
    except OSError as error:
        yield _line("disk", False, type(error).__name__, "nothing can be written here", bad=True)
        return
    said = f"fdatasync median {median:.2f} ms, worst {worst:.2f} ms of {SYNCS}"
    yield _line("disk", median <= SYNC_MS_GOOD, said, "every act waits for it")


def _drills(settings: Settings) -> Iterator[Line]:
    last = last_drill(settings)
    costs = "whether a backup can be restored is not known: `custodes drill FILE`"
    if last is None:
        yield _line("restore drill", False, "never", costs)
        return
    days = (time.clock_gettime(time.CLOCK_REALTIME) - from_text(last.at).timestamp()) / 86_400
    is_good = not last.findings and days <= settings.drill_days_max
    said = f"{days:.0f} days ago, {len(last.findings)} findings"
    yield _line("restore drill", is_good, said, costs, bad=True)


def _time(settings: Settings, body: HouseBody | None) -> Iterator[Line]:
    if body is None:
        yield _line("database", False, "cannot be opened", "nothing can be decided", bad=True)
        return
    engine = open_database(settings.database, settings.database_url, read_only=True)
    try:
        head = newest(reading(engine, lambda reads: reads.house_heads()))
    finally:
        engine.dispose()
    now = time.clock_gettime(time.CLOCK_REALTIME)
    behind = head is not None and now < instant(head).timestamp()
    last = to_text(instant(head)) if head is not None else "none yet"
    yield _line("last entry", not behind, last, "this clock is behind the log: nothing is decided", bad=True)


def _processes(settings: Settings) -> Iterator[Line]:
    try:
        with LocalHouse(settings, timeout_s=2.0) as here:
            seen = here.ask(LookHouse())
        sealed = "sealed" if seen.sealed else "unsealed"
        yield _line("keyroom", not seen.sealed, sealed, "no key can be used until `custodes unseal`")
    except Refusal as refusal:
        yield _line("keyroom", False, refusal.code, "nothing is answered: `custodes serve`", bad=True)
    for name, port in (
        ("console", settings.console_port),
        ("s3", settings.s3_port),
        ("log", settings.log_port),
    ):
        listens = _listens(settings.host, port)
        yield _line(
            name,
            listens,
            f"{settings.host}:{port}" + ("" if listens else " is silent"),
            "not reachable",
        )


def sync_ms(folder: Path) -> tuple[float, float]:
    """(median, worst) milliseconds until a small appended write is on the disk; leaves nothing behind."""
    file = folder / ".doctor"
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


def _body(settings: Settings) -> HouseBody | None:
    try:
        engine = open_database(settings.database, settings.database_url, read_only=True)
    except Refusal:
        return None
    try:
        return house.load(engine)
    except Exception:  # whatever a database that is none raises: it cannot be opened
        return None
    finally:
        engine.dispose()


def _has_mldsa() -> bool:
    try:
        MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    except Exception:  # an OpenSSL without it says so in its own way
        return False
    return True


def _is_synchronised() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    answer = int(libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    return 0 <= answer < _TIME_ERROR


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_S):
            return True
    except OSError:
        return False


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _line(name: str, holds: bool, found: str, costs: str, *, bad: bool = False) -> Line:
    state = GOOD if holds else BAD if bad else POOR
    return Line(name=name, state=state, found=found, costs="" if holds else costs)
