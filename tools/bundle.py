"""One signed tar for machines without a network: `VENV/bin/python tools/bundle.py OUT --key FILE`.

In it: the wheel with its assets, every run-time wheel by hash for each Python named, law tables, documents,
deployment files, an SBOM (CycloneDX 1.6), an install script, SHA256SUMS and a file key's signature over them
(docs/formats/bundle.md). Needs the network once, here; the same inputs give the same bytes.
"""

import argparse
import io
import json
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

from sbom import sbom  # noqa: E402

from custodes import __version__  # noqa: E402
from custodes.adapters import bundle_file, file_key  # noqa: E402

PYTHONS = ("3.11", "3.13")  # Debian 12 and 13
COPIED = (  # below the tree -> below the bundle
    ("docs", "docs"),
    ("deploy", "deploy"),
    ("src/custodes/law/tables", "law"),
    ("requirements/run.txt", "requirements.txt"),
    ("deploy/bundle/install.sh", "install.sh"),
    ("README.md", "README.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("LICENSE", "LICENSE"),
)


def main(arguments: list[str]) -> int:
    """Build, sign, write; prints what it wrote."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--passphrase-file", type=Path)
    parser.add_argument("--python", action="append", dest="pythons")
    parser.add_argument("--arch", default=platform.machine())
    given = parser.parse_args(arguments)
    secret = given.passphrase_file.read_bytes().partition(b"\n")[0] if given.passphrase_file else b""
    key = file_key.open_key(given.key, secret)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / f"custodes-{__version__}"
        folder.mkdir()
        gather(folder, tuple(given.pythons or PYTHONS), given.arch)
        bundle_file.sign(folder, __version__, key)
        pack(folder, given.out)
    size = given.out.stat().st_size / 2**20
    print(f"{given.out}: {size:.1f} MiB, signed by {bundle_file.public_text(key.public)}")
    return 0


def gather(folder: Path, pythons: tuple[str, ...], arch: str) -> None:
    """Everything but sums and signature."""
    wheels = folder / "wheels"
    wheels.mkdir()
    build(wheels)
    for version in pythons:
        download(wheels, version, arch)
    for source, name in COPIED:
        place, target = ROOT / source, folder / name
        if place.is_dir():
            shutil.copytree(place, target, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
        else:
            shutil.copyfile(place, target)
    (folder / "sbom.cdx.json").write_text(
        json.dumps(sbom(), indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


def build(wheels: Path) -> None:
    """The project's own wheel; it carries the console's assets or is refused."""
    if not (ROOT / "src/custodes/web/console/static/vendor/htmx/htmx.min.js").is_file():
        raise SystemExit("the console's assets are missing: make assets")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def download(wheels: Path, version: str, arch: str) -> None:
    """Every run-time package as a wheel for this Python, accepted only with a hash of the lock."""
    platforms = [f"--platform=manylinux_2_{n}_{arch}" for n in (36, 35, 34, 31, 28, 27, 26, 24, 17, 12, 5)]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation=cp"),
            *(f"--python-version={version}", f"--platform=manylinux2014_{arch}", *platforms),
            *("-r", str(ROOT / "requirements" / "run.txt"), "-d", str(wheels)),
        ],
        check=True,
    )


def pack(folder: Path, out: Path) -> None:
    """A tar of it: names in order, no owner, no time, so that the same content is the same file."""
    beside = out.with_name(f".{out.name}.part")
    with tarfile.open(beside, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                member = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder)}")
                body = path.read_bytes()
                member.size, member.mode = len(body), 0o755 if path.suffix == ".sh" else 0o644
                tar.addfile(member, io.BytesIO(body))
    beside.replace(out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
