"""Write the tour's transcript in the README: `custodes tour --json | VENV/bin/python tools/transcript.py`.

Reads what a tour said on standard input. `tests/ports/test_demo.py` fails when the README says another thing.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from custodes.cli.touring import transcript  # noqa: E402 - found only now


def main() -> int:
    """Replace the README's transcript; returns a process exit code."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(transcript.put_in(text, transcript.written(sys.stdin.read())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
