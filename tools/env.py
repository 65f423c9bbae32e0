"""Build or refresh an environment: `python3 tools/env.py VENV SET...` with sets named as in requirements/.

Uses nothing but the standard library and runs before anything is installed. Every package comes by name from
the index pip is configured with, and is accepted only with a hash of requirements/SET.txt. Each finished step
leaves a stamp in VENV, so a second run does nothing. What is missing on the machine is named, never worked
round. The project itself is added where its run-time packages (`run`) are: a foreign judge (`judges/NAME`)
has an environment without it.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_MIN = (3, 11)
STAMPS = "custodes-stamps"


def main(arguments: list[str]) -> int:
    """Make VENV hold the sets; returns a process exit code."""
    venv = Path(arguments[0])
    missing = _missing()
    if missing and not _works(venv):
        print(missing)
        return 1
    stamps = venv / STAMPS
    if not _works(venv):
        print(f"environment: {venv}")
        clear = ["--clear"] if stamps.is_dir() else []
        subprocess.run([sys.executable, "-m", "venv", *clear, str(venv)], check=True)
    stamps.mkdir(exist_ok=True)
    wanted = [ROOT / "requirements" / f"{name}.txt" for name in arguments[1:]]
    stale = [path for path in wanted if not _is_stamped(stamps, path)]
    if stale:
        print("packages: " + ", ".join(path.stem for path in stale))
        _pip(venv, "--require-hashes", *(flag for path in stale for flag in ("-r", str(path))))
        for path in stale:
            _stamp(stamps, path)
    project = ROOT / "pyproject.toml"
    if "run" in arguments[1:] and not _is_stamped(stamps, project):
        _pip(venv, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        _stamp(stamps, project)
    return 0


def _missing() -> "str | None":
    """What this machine's Python lacks, with what to do about it."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.version_info < PYTHON_MIN:
        return f"Custodes needs Python 3.11 or newer, this is {name}: name one, e.g. make PYTHON=python3.13"
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        return (
            f"{sys.executable} cannot make environments: python3-venv is missing.\n"
            f"On Debian or Ubuntu, as root: apt-get install python3-venv    (or {name}-venv)"
        )
    return None


def _works(venv: Path) -> bool:
    python = venv / "bin" / "python"
    if not python.exists():
        return False
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([str(python), "-c", probe], capture_output=True, check=False).returncode == 0


def _pip(venv: Path, *arguments: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(
        [str(venv / "bin" / "python"), "-m", "pip", "install", *quiet, *arguments], check=False
    )
    if done.returncode:
        print("packages could not be installed: see above", file=sys.stderr)
        sys.exit(done.returncode)


def _digest(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()} {ROOT}"


def _is_stamped(stamps: Path, path: Path) -> bool:
    stamp = stamps / path.name
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _digest(path)


def _stamp(stamps: Path, path: Path) -> None:
    part = stamps / f"{path.name}.part{os.getpid()}"
    part.write_text(_digest(path), encoding="utf-8")
    part.replace(stamps / path.name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
