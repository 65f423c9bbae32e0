"""The border round a process: no core, not traceable, memory locked where allowed, Landlock for planes.

Landlock (Linux 5.13 and newer) needs no root: after `confine` this process can open only what is below the
folders named. What a machine lacks is returned as a list of words, for `doctor` and the tour to show.
Source: landlock(7), prctl(2) PR_SET_DUMPABLE.
"""

import ctypes
import gc
import os
import resource
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
MCL_CURRENT, MCL_FUTURE = 1, 2
_CREATE, _ADD, _RESTRICT = 444, 445, 446  # syscall numbers, the same on x86-64 and arm64
_PATH_BENEATH = 1

# Access bits of landlock(7). Reading: execute, read file, read dir. Writing: everything else.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_BITS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_BITS_NEWEST = 16


class _Attributes(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def harden(*, locks_memory: bool = True) -> list[str]:
    """For every process that holds keys: no core dump, no ptrace by the same uid, memory locked if allowed.

    A process that moves bulk bytes locks nothing: every buffer it ever reserved would stay resident. Returns
    what could not be had.
    """
    missing = []
    libc = ctypes.CDLL(None, use_errno=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        missing.append("not-dumpable")
    if not locks_memory:
        return missing
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    enough = soft == resource.RLIM_INFINITY or os.geteuid() == 0
    if not enough or libc.mlockall(MCL_CURRENT | MCL_FUTURE) != 0:
        missing.append("memory-locked")
    return missing


def landlock_abi() -> int:
    """The kernel's Landlock ABI; 0 when it has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_CREATE, None, 0, 1)))


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
    """From now on this process, and what it starts, opens files only below these folders.

    Returns `["landlock"]` where the kernel cannot; OSError when it can and refused.
    """
    abi = landlock_abi()
    if abi == 0:
        return ["landlock"]
    libc = ctypes.CDLL(None, use_errno=True)
    handled = (1 << _BITS_BY_ABI.get(abi, _BITS_NEWEST)) - 1
    attributes = _Attributes(handled)
    ruleset = libc.syscall(_CREATE, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    try:
        for path, access in [(p, _READ) for p in readable] + [(p, handled) for p in writable]:
            _allow(libc, ruleset, path, access & handled)
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs")
        if libc.syscall(_RESTRICT, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    finally:
        os.close(ruleset)
    return []


def interpreter() -> tuple[Path, ...]:
    """What any Python process must read: interpreter, libraries, this package, time zones, its own proc."""
    ours = Path(__file__).resolve().parents[1]
    paths = {Path(sys.prefix), Path(sys.base_prefix), Path(sysconfig.get_paths()["purelib"]), ours}
    paths |= {Path(path) for path in ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc")}
    paths |= {path.resolve() for path in paths if path.exists()}
    return tuple(sorted(path for path in paths if path.exists()))


def settle_down(*, switch_s: float, young_max: int = 700) -> None:
    """Once a process stands: how its threads share the interpreter, and what its collector looks at.

    Whoever lets go of the interpreter for a moment (a statement, a message) gets it back after `switch_s`.
    What is in memory by now stays, so the collector does not walk over it again; it looks after `young_max`
    new objects (700 is Python's own).
    """
    sys.setswitchinterval(switch_s)
    gc.collect()
    gc.freeze()
    gc.set_threshold(young_max, 10, 10)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        access &= _EXECUTE | _WRITE_FILE | _READ_FILE
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(access, folder)
        if libc.syscall(_ADD, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0) != 0:
            raise OSError(ctypes.get_errno(), f"landlock_add_rule {path}")
    finally:
        os.close(folder)
