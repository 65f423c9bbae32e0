"""Cases of preservation as they stand: one sealed row of the house each, whosever data it is about."""

from collections.abc import Iterator
from typing import Any

import msgspec

from custodes.acts.footing.nouns import Preservation
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.custody.preserving import keys as preservation
from custodes.desks.engine import Case
from custodes.desks.preservation import Body, PreservationCase
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import is_id
from custodes.kernel.refusal import absent

NOUN = "preservation"


def load(o: Opened, case: str) -> PreservationCase:
    """A case by its id; `no-such-case` (absent)."""
    row = o.standing.get(NOUN, case, Preservation) if is_id("cas", case) else None
    if row is None:
        raise absent("no-such-case")
    return _opened(o, row)


def every(o: Opened) -> Iterator[PreservationCase]:
    """Every case, oldest first."""
    for row in list(o.standing.all_of(NOUN, Preservation)):
        yield _opened(o, row)


def change_of(o: Opened, case: PreservationCase) -> Change:
    """The case as it is to stand."""
    plain: Any = msgspec.to_builtins(case)
    raw = sealed(o, f"case/{case.id}/{case.version}", plain)
    row = Preservation(id=case.id, version=case.version, sealed=raw)
    return Change(noun=NOUN, id=case.id, customer=o.house, value=row)


def sealed(o: Opened, subject: str, plain: Plain) -> bytes:
    """Anything of a preservation as it rests in the database."""
    return preservation.sealed(_key(o), (o.house, subject), plain, o.dice)


def unsealed(o: Opened, subject: str, raw: bytes) -> Plain:
    """Inverse of `sealed`; `wrap-mismatch` (broken)."""
    return preservation.unsealed(_key(o), (o.house, subject), raw)


def tag(o: Opened, *said: str) -> str:
    """By what a row is found again."""
    return preservation.tag(o.keyring.house_keys.mac, *said)


def _opened(o: Opened, row: Preservation) -> PreservationCase:
    plain = unsealed(o, f"case/{row.id}/{row.version}", row.sealed)
    return msgspec.convert(plain, Case[Body], strict=True)


def _key(o: Opened) -> bytes:
    return preservation.seal_key(o.keyring.house_keys.mac)
