"""Cheats by somebody with the database: rows edited, yesterday's put back, wraps moved, a name rolled back.

Where the refusal must come from the running house its own database is edited, and everything is put back.
What the house says at its next start is asked of a copy.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from custodes.acts.asks.keys import KeyView, LookKeys, MoveKey
from custodes.kernel.refusal import Refusal
from custodes.store.intruder import Row

from .report import Proof, steps
from .stage import Answer, Stage

PART = "Cheating in the database"
ROLLED_BACK = "rolled-back"
REASON = "The tour shows what a disabled key does."


def edited_row(stage: Stage) -> Proof:
    """The engineer's credential is made one of the town's."""
    credential = stage.engineer.credential
    row = stage.database.standing("credential", credential)
    home, town = stage.cast.organisations["supplier"], stage.cast.organisations["town"]
    forged = row._replace(body=row.body.replace(home.encode(), town.encode()))
    with _standing(stage, ("credential", credential), forged):
        answer = stage.get(stage.engineer, stage.objects["second"].name)
        at_start = _at_start(stage)
    return Proof(
        done="UPDATE standing: the engineer's access key now belongs to the town",
        shown=f"running house, which decides from memory: {_got(answer)}; at its next start: "
        f"{_said(at_start)}",
        held=forged != row and answer.status == 403 and _is(at_start, "standing-forged"),
    )


def yesterdays_grant(stage: Stage) -> Proof:
    """The grant as it was before its one use, with its genuine MAC."""
    id_ = stage.rows["grant id"]
    fresh: Row = stage.rows["fresh grant"]
    spent = stage.database.standing("grant", id_)
    with _standing(stage, ("grant", id_), fresh):
        answer = stage.get(stage.engineer, stage.objects["first"].name)
        at_start = _at_start(stage)
    return Proof(
        done=f"yesterday's row put back: the grant in generation {fresh.generation}, before it was used",
        shown=f"running house: {_got(answer)}; at its next start: {_said(at_start)}",
        held=spent.generation > fresh.generation
        and answer.status in {403, 409}
        and _is(at_start, "standing-rolled-back"),
    )


def yesterdays_key(stage: Stage) -> Proof:
    """The key as it was before it was disabled, with its genuine MAC."""
    key, name = _key(stage), stage.objects["first"].name
    active = stage.database.standing("key", key.id)
    stage.ask(MoveKey(stage.token("olga"), key.id, "disable", REASON))
    try:
        disabled = stage.get(stage.town, name)
        with _standing(stage, ("key", key.id), active):
            put_back = stage.get(stage.town, name)
            at_start = _at_start(stage)
    finally:
        stage.ask(MoveKey(stage.token("olga"), key.id, "enable", REASON))
    enabled = stage.get(stage.town, name)
    return Proof(
        done="Olga disables the key; yesterday's row, in which it was active, is put back",
        shown=f"disabled: {_got(disabled)}; row put back: {_got(put_back)}; at its next start: "
        f"{_said(at_start)}; enabled again by Olga: {_got(enabled)}",
        held=disabled.status >= 400
        and put_back.status >= 400
        and _is(at_start, "standing-rolled-back")
        and enabled.status == 200,
        see="/keys",
    )


def moved_wrap(stage: Stage) -> Proof:
    """The wrapped key of one object in the row of another."""
    one, other = stage.objects["first"], stage.objects["second"]
    wrap = stage.database.wrap_of(one.version)
    stage.database.put_wrap(one.version, stage.database.wrap_of(other.version))
    try:
        moved = stage.get(stage.town, one.name)
    finally:
        stage.database.put_wrap(one.version, wrap)
    back = stage.get(stage.town, one.name)
    return Proof(
        done="UPDATE object_version: one file's row gets the wrapped key of the other",
        shown=f"the town's own application: {_got(moved)}; put back: {_got(back)}",
        held=moved.status >= 400 and not moved.body and back.body == one.body,
        see="/objects",
    )


def rolled_back_name(stage: Stage) -> Proof:
    """A name stands for its older version again: the one cheat that is noticed and not prevented."""
    name = f"{stage.prefix}4713-register.txt"
    older = stage.put("older", name, b"as it was yesterday\n")
    newer = stage.put("newer", name, b"as it is today\n")
    with stage.database.rolled_back(newer.version, older.version):
        answer = stage.get(stage.town, name)
        noticed = stage.audit().findings
    back = stage.get(stage.town, name)
    after = stage.audit().findings
    return Proof(
        done="UPDATE object_version, object_latest: a name stands for its older version again",
        shown=f"NOT prevented: the read succeeds and gives the older version ({_got(answer)}); custodes "
        f"audit: {', '.join(f'{one.code} {one.where}' for one in noticed) or 'nothing'}; put back: "
        f"{_got(back)}, audit: {len(after)} findings",
        held=answer.body == older.body
        and any(one.code == ROLLED_BACK and name in one.where + one.detail for one in noticed)
        and back.body == newer.body
        and not after,
        see="/objects",
    )


STEPS = steps(
    PART,
    ("edited-row", "A row on which decisions rest is edited.", edited_row),
    ("yesterdays-grant", "Yesterday's grant is put back, unspent.", yesterdays_grant),
    ("yesterdays-key", "Yesterday's key is put back, not yet disabled.", yesterdays_key),
    ("moved-wrap", "A wrapped key is moved to another row.", moved_wrap),
    ("rolled-back-name", "A name is rolled back: read succeeds, audit notices.", rolled_back_name),
)


@contextmanager
def _standing(stage: Stage, at: tuple[str, str], row: Row) -> Iterator[None]:
    """While this lasts, another row stands in the running house's database."""
    genuine = stage.database.standing(*at)
    stage.database.put_standing(*at, row)
    try:
        yield
    finally:
        stage.database.put_standing(*at, genuine)


def _at_start(stage: Stage) -> Refusal | None:
    with stage.copy() as settings:
        return stage.refusal_at_start(settings)


def _key(stage: Stage) -> KeyView:
    return next(
        key
        for key in stage.ask(LookKeys(stage.token("olga"), stage.cast.customer)).keys
        if key.name == "objects"
    )


def _is(refusal: Refusal | None, code: str) -> bool:
    return refusal is not None and refusal.code == code


def _said(refusal: Refusal | None) -> str:
    return "it opens" if refusal is None else f"does not open, {refusal.code}"


def _got(answer: Answer) -> str:
    return f"HTTP {answer.status}" + (f" {answer.code}" if answer.code else f", {len(answer.body)} bytes")
