"""Bring a database to this release's tables."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from custodes.kernel.refusal import unavailable

from . import migrations, schema

HEAD = "0001"
_LOCK = 0x637573746F646573  # "custodes"


def migrate(engine: Engine) -> None:
    """Run every step the database has not seen; `newer-database` (unavailable) when it knows later ones."""
    with engine.connect() as connection:
        found = version(connection)
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise unavailable("newer-database", found=found, known=HEAD)
        if connection.dialect.name == "sqlite":
            _step(connection)
            return
        connection.exec_driver_sql("BEGIN")  # all of it or nothing, and one keyroom at a time
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if version(connection) != HEAD:
            _step(connection)
        connection.exec_driver_sql("COMMIT")


def version(connection: Connection) -> str | None:
    """The last step the database has seen; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def _step(connection: Connection) -> None:
    _upgrade(connection)
    for statement in schema.triggers(connection.dialect.name):
        connection.exec_driver_sql(statement)


def _upgrade(connection: Connection) -> None:
    # Alembic is a large import; a database that is up to date does without it at start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
