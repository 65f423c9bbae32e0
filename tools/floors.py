"""Check the floors: every contract of .importlinter, with rooms that are not built yet left out.

`tools/floors.py [ROOT]`, ROOT being a tree with .importlinter and src/. The configuration stays the one
place where the floors are written; import-linter refuses to check a room that does not exist, so this file
takes those names out of a copy first. A room that exists and is on no floor breaks the first contract.
"""

import configparser
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Run import-linter; returns its exit code."""
    root = Path(arguments[0]).resolve() if arguments else ROOT
    config = present(root)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "importlinter.ini"
        with path.open("w", encoding="utf-8") as out:
            config.write(out)
        command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
        environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [*command, "--config", str(path)], cwd=folder, env=environment, check=False
        ).returncode


def present(root: Path) -> configparser.ConfigParser:
    """The contracts of `root`, without what has no room yet."""
    config = configparser.ConfigParser()
    config.read(root / ".importlinter", encoding="utf-8")
    for name in config.sections()[1:]:
        contract = config[name]
        for field in ("source_modules", "containers"):
            if field in contract:
                here = [module for module in contract[field].split() if _exists(root, module)]
                contract[field] = "\n" + "\n".join(here)
                if not here:
                    config.remove_section(name)
                    break
    return config


def _exists(root: Path, module: str) -> bool:
    path = root / "src" / module.replace(".", "/")
    return (path / "__init__.py").is_file() or path.with_suffix(".py").is_file()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
