"""What crosses the keyroom's socket: frozen asks with evidence, their answers, and the `Doors` to knock on.

What it does: gives planes, console, API and CLI the only words in which they can ask for anything; an ask
carries evidence (a signature, a token), never a name that must be believed.
What it never does: import anything that could fulfil an ask.
Start reading: `doors.py`, then the file of the noun you need; `wire.py` has the frames.
"""

from .doors import (
    Ask,
    Doors,
    Evidence,
    Hears,
    Local,
    LogSigned,
    PostForm,
    Session,
    Signed,
    SigV4,
    Token,
    Unsigned,
)

__all__ = [
    "Ask",
    "Doors",
    "Evidence",
    "Hears",
    "Local",
    "LogSigned",
    "PostForm",
    "Session",
    "SigV4",
    "Signed",
    "Token",
    "Unsigned",
]
