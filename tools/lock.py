"""Write requirements/*.txt: every package pinned and hashed, for Python 3.11 and 3.13, x86-64 and arm64.

Run by `make lock`; the only verb that needs uv (an installed one, or `pip install uv`). Afterwards every set
is downloaded once for each Python and processor, from wheels alone and by hash, because a machine without a
compiler must be able to install it. The files name packages and hashes, never the registry they came from.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "requirements"
PYTHONS = ("3.11", "3.13")
PROCESSORS = ("x86_64", "aarch64")
GLIBC_MINOR = 36  # Debian 12
SETS = {  # file -> what it is compiled from; later sets keep the pins of the earlier ones
    "run.txt": ["pyproject.toml", "--group", "pyproject.toml:build"],
    "demo.txt": ["--group", "pyproject.toml:demo"],
    "test.txt": ["--group", "pyproject.toml:test"],
    "lint.txt": ["--group", "pyproject.toml:lint"],
    "assets.txt": ["--group", "pyproject.toml:assets"],
}
JUDGES = OUT / "judges"  # foreign clients pin each other down: one environment each


def main(arguments: list[str]) -> int:
    """Compile every set; `--upgrade` lets pins move. Returns a process exit code."""
    uv = shutil.which("uv")
    if uv is None:
        print("make lock needs uv: pip install uv")
        return 1
    upgrade = ["--upgrade"] if "--upgrade" in arguments else []
    done: list[Path] = []
    for name, sources in SETS.items():
        target = OUT / name
        pins = [flag for path in done for flag in ("--constraint", str(path.relative_to(ROOT)))]
        _compile(uv, [*sources, *pins, *upgrade], target)
        done.append(target)
    bad = 0
    for source in sorted(JUDGES.glob("*.in")):
        _compile(uv, [str(source.relative_to(ROOT)), *upgrade], source.with_suffix(".txt"))
        bad += _check([source.with_suffix(".txt")])
    return 1 if bad + _check(done) else 0


def _compile(uv: str, arguments: list[str], target: Path) -> None:
    fixed = ["--universal", "--python-version", PYTHONS[0], "--generate-hashes", "--no-emit-index-url"]
    quiet = ["--no-emit-find-links", "--no-annotate", "--no-header", "--quiet"]
    subprocess.run(
        [uv, "pip", "compile", *arguments, *fixed, *quiet, "--output-file", str(target.relative_to(ROOT))],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _check(files: list[Path]) -> int:
    bad = 0
    for python in PYTHONS:
        for processor in PROCESSORS:
            tags = ["manylinux2014", *(f"manylinux_2_{minor}" for minor in range(5, GLIBC_MINOR + 1))]
            tag_flags = [flag for tag in tags for flag in ("--platform", f"{tag}_{processor}")]
            sets = [flag for path in files for flag in ("-r", str(path))]
            with tempfile.TemporaryDirectory() as folder:
                pip = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder, "--no-deps"]
                wheels = ["--only-binary", ":all:", "--require-hashes", "--python-version", python]
                done = subprocess.run([*pip, *wheels, *tag_flags, *sets], cwd=ROOT, check=False)
            bad += done.returncode != 0
            verdict = "ok" if done.returncode == 0 else "CANNOT BE INSTALLED"
            print(f"{'+'.join(path.stem for path in files)} {python} {processor}: {verdict}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
