"""Leases of the keyrooms that share a database, by the database's own clock."""

from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, text

from custodes.acts.sharing.ports import LEASE_S, Beat, Lease
from custodes.kernel.refusal import conflict
from custodes.store.engine import BEGIN_WRITING, roll_back
from custodes.store.nouns import epochs

from . import heads

_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_RENEW = text(
    f"INSERT INTO keyroom_lease (keyroom, run, lapses_at, seen, wants_epoch, ahead) "  # noqa: S608 - our own words
    f"VALUES (:keyroom, :run, {_NOW} + :length, :seen, :wants, :now - {_NOW}) "
    f"ON CONFLICT (keyroom) DO UPDATE SET run = excluded.run, lapses_at = excluded.lapses_at, "
    f"seen = excluded.seen, wants_epoch = excluded.wants_epoch, ahead = excluded.ahead "
    f"WHERE keyroom_lease.run = excluded.run OR keyroom_lease.lapses_at <= {_NOW}"
).bindparams(bindparam("length", LEASE_S * 1_000_000))
_ALL = text(
    f"SELECT keyroom, (lapses_at - {_NOW}) / 1000, seen, wants_epoch, ahead / 1000 "  # noqa: S608 - our own words
    "FROM keyroom_lease ORDER BY keyroom"
)
_END = text(f"UPDATE keyroom_lease SET lapses_at = {_NOW} WHERE keyroom = :keyroom AND run = :run")  # noqa: S608


class SqlLeases:
    """See `acts.sharing.ports.Leases`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def renew(self, keyroom: str, run: str, seen: int, *, wants_epoch: bool, now: datetime) -> Beat:
        """Live on, durably; what the others see is what was committed."""
        with self._engine.connect() as connection:
            BEGIN_WRITING[connection.dialect.name].do(connection, {})
            try:
                now_us = int(now.timestamp() * 1_000_000)
                asked = {
                    "keyroom": keyroom,
                    "run": run,
                    "seen": seen,
                    "wants": int(wants_epoch),
                    "now": now_us,
                }
                if connection.execute(_RENEW, asked).rowcount != 1:
                    raise conflict("keyroom-runs-elsewhere", keyroom=keyroom)
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                roll_back(connection)
                raise
            return _beat(connection)

    def look(self) -> Beat:
        """What stands and who lives."""
        with self._engine.connect() as connection:
            return _beat(connection)

    def give_up(self, keyroom: str, run: str) -> None:
        """End one's own lease."""
        with self._engine.connect() as connection:
            connection.execute(_END, {"keyroom": keyroom, "run": run})


def _beat(connection: Connection) -> Beat:
    state = epochs.read(connection)
    return Beat(
        standing_seq=heads.standing_seq(connection),
        epoch=state.epoch,
        note=state.note,
        leases=tuple(
            Lease(
                keyroom=name,
                left_ms=int(left),
                seen=seen,
                wants_epoch=bool(wants),
                ahead_ms=None if ahead is None else int(ahead),
            )
            for name, left, seen, wants, ahead in connection.execute(_ALL)
        ),
    )
