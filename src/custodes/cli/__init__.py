"""The command line: one command per file, `--json` everywhere, completion for every shell click knows.

What it does: founds, serves, asks and verifies; prints tables for people and JSON for programs.
What it never does: hold a decision or a secret longer than a call; log one ever.
Start reading: `main.py`.
"""

from .main import main

__all__ = ["main"]
