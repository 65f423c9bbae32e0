import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from custodes.kernel.refusal import Refusal
from custodes.store import migrations, schema
from custodes.store.engine import open_sqlite
from custodes.store.migrate import HEAD, migrate, version
from custodes.store.migrations.versions import v0001_spine


@pytest.fixture
def engine(tmp_path):
    engine = open_sqlite(tmp_path / "m.db")
    yield engine
    engine.dispose()


def test_the_steps_lead_to_the_schema(engine):
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        assert version(connection) == HEAD
        migrate(engine)


def test_the_line_of_steps_has_one_end():
    steps = ScriptDirectory(next(iter(migrations.__path__)))
    assert steps.get_heads() == [HEAD]
    assert (v0001_spine.revision, v0001_spine.down_revision) == ("0001", None)


def test_append_only_tables_refuse_to_be_changed_after_every_step(engine):
    migrate(engine)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
        assert len(set(found)) == len(schema.triggers("sqlite"))
        connection.exec_driver_sql("INSERT INTO bundle VALUES ('log', 0, 1, x'00')")
        for attack in ("UPDATE bundle SET count = 2", "DELETE FROM bundle"):
            with pytest.raises(Exception, match="append-only"):
                connection.exec_driver_sql(attack)


def test_a_database_of_a_later_release_is_not_touched(engine):
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refusal, match="newer-database"):
        migrate(engine)
