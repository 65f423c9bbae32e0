"""tools/dead.py names what nobody imports, and nothing else."""

import subprocess
import sys
from pathlib import Path

from house.tree import ROOT


def test_a_dead_module_is_named(tmp_path: Path):
    package = tmp_path / "src" / "custodes"
    for inside, text in {
        "__init__.py": "",
        "law/__init__.py": "from . import countries",
        "law/countries.py": "from .dates import holidays",
        "law/dates.py": "",
        "law/forgotten.py": "import custodes.law.dates",
        "desks/__init__.py": "",
        "desks/engine.py": "",
        "desks/lockbox.py": "from .engine import Move\nfrom ..law import countries",
        "cli/__init__.py": "",
        "cli/serve.py": "from custodes.desks import lockbox",
    }.items():
        (package / inside).parent.mkdir(parents=True, exist_ok=True)
        (package / inside).write_text(text)
    command = [sys.executable, str(ROOT / "tools" / "dead.py"), str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == "imported by nobody (1): law.forgotten\n"
