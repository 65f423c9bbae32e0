"""What the machine gives any installation."""

import ctypes
import os
import resource
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from custodes.acts.asks.running.findings import Finding, finding
from custodes.wiring.border import landlock_abi

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 256
_NEVER_LOCKED = "0 kB"


def machine() -> Iterator[Finding]:
    """One finding each; nothing of an installation is read."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield finding("python", "" if sys.version_info >= (3, 11) else "python-old", version, is_wrong=True)
    yield finding("openssl", "", ssl.OPENSSL_VERSION)
    yield finding("ml-dsa", "" if _has_mldsa() else "no-ml-dsa", "ML-DSA-44", is_wrong=True)
    abi = landlock_abi()
    yield finding("landlock", "" if abi else "no-landlock", f"ABI {abi}")
    yield memory_lock()
    swaps = _text(Path("/proc/swaps")).splitlines()[1:]
    yield finding("swap", "swap-on" if swaps else "", str(len(swaps)))
    scope = _text(Path("/proc/sys/kernel/yama/ptrace_scope")).strip()
    yield finding("tracing", "tracing-open" if scope in {"", "0"} else "", f"ptrace_scope {scope or '-'}")
    yield finding("clock-sync", "" if _is_synchronised() else "not-synchronised", "adjtimex")


def memory_lock() -> Finding:
    """Whether this process has its memory locked; of one that did not try, whether it would be let."""
    locked = next(
        (line.partition(":")[2].strip() for line in _text(Path("/proc/self/status")).splitlines()
         if line.startswith("VmLck:")),
        "",
    )  # fmt: skip
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    may = soft == resource.RLIM_INFINITY or os.geteuid() == 0
    limit = "unlimited" if may else f"{soft // 1024} KiB"
    is_locked = locked not in {"", _NEVER_LOCKED}
    return finding("memory-lock", "" if is_locked or may else "not-locked", f"{locked}; limit {limit}")


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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
