"""What an installation is made of, as CycloneDX: `python tools/sbom.py OUT` in the environment it tells of.

From the lock files, so with the hashes that were demanded. The bundle and the image carry it.
"""

import importlib.metadata
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VERSION = re.compile(r'^__version__ = "([^"]+)"', re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Write it for the environment that runs this; returns a process exit code."""
    (out,) = arguments
    made = sbom(installed_only=True)
    Path(out).write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def sbom(*, installed_only: bool = False) -> dict[str, Any]:
    """CycloneDX 1.6: the project, each run-time package with its hashes and licence, each vendored asset.

    With `installed_only` no package that this interpreter does not have.
    """
    lock = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    starts = [*PINNED.finditer(lock)]
    ends = [*(one.start() for one in starts[1:]), len(lock)]
    packages = [
        component(one[1], one[2], f"pkg:pypi/{one[1].lower()}@{one[2]}", HASH.findall(lock[one.end() : end]))
        for one, end in zip(starts, ends, strict=True)
        if not installed_only or is_installed(one[1])
    ]
    modules = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assets = [
        component(name, found["version"], f"pkg:npm/{name.replace('@', '%40')}@{found['version']}", (), found)
        for path, found in sorted(modules.items())
        if (name := path.removeprefix("node_modules/"))
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "custodes",
                "version": version(),
                "bom-ref": "custodes",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": packages + assets,
        "dependencies": [{"ref": "custodes", "dependsOn": [one["bom-ref"] for one in packages + assets]}],
    }


def component(
    name: str,
    version: str,
    purl: str,
    hashes: "tuple[str, ...] | list[str]",
    asset: "dict[str, Any] | None" = None,
) -> dict[str, Any]:
    """One library; the licence in its own words, where its metadata has them."""
    made: dict[str, Any] = {
        "type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl,
    }  # fmt: skip
    licence = asset.get("license") if asset is not None else licence_of(name)
    if licence:
        made["licenses"] = [{"license": {"name": licence}}]
    if hashes:
        texts = ", ".join(hashes)
        made["properties"] = [{"name": "custodes:sha256-of-any", "value": texts}]
    if asset is not None and "integrity" in asset:
        made["properties"] = [{"name": "custodes:integrity", "value": asset["integrity"]}]
    return made


def licence_of(name: str) -> str:
    """What the installed package says of itself; empty where it is not installed or says nothing."""
    try:
        found = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    named = found.get("License-Expression") or ""
    classed = [
        line.rpartition(" :: ")[2] for line in found.get_all("Classifier") or () if "License ::" in line
    ]
    return named or ", ".join(classed) or (found.get("License") or "").partition("\n")[0][:100]


def is_installed(name: str) -> bool:
    """Whether this interpreter has it."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def version() -> str:
    """The project's own, as its source says."""
    found = VERSION.search((ROOT / "src/custodes/__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit("no version in src/custodes/__init__.py")
    return found[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
