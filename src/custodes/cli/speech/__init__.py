"""How commands speak: with a house (socket or API), with a person (tables, bars), with a program (JSON).

What it does: one way in for every command, its options, its exit codes, and a plain sentence for each "no".
What it never does: know what a command is about; keep or print a secret.
Start reading: `options.py`, then `asker.py`; `hints.py` is the table of sentences.
"""

from .asker import Asker
from .options import offline, reaching, signing
from .output import Out

__all__ = ["Asker", "Out", "offline", "reaching", "signing"]
