import ast
from pathlib import Path

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


# --- expand and contract --------------------------------------------------------------------------

EXPANDS = {"create_table", "create_index", "add_column"}


def takes_away(source):
    """Operations of a step that a keyroom of the release before could not bear, unless the step says
    `CONTRACTS = "<release>"`: since which release nobody reads what goes.
    """
    tree = ast.parse(source)
    names = {one.targets[0].id for one in ast.walk(tree) if isinstance(one, ast.Assign)}
    if "CONTRACTS" in names:
        return []
    found = []
    for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
        name = ast.unparse(call.func)
        if name.startswith(("op.", "batch_op.")):
            verb = name.partition(".")[2]
            words = ast.unparse(call)
            may_be_empty = "nullable=True" in words or "server_default=" in words
            if verb not in EXPANDS or (verb == "add_column" and not may_be_empty):
                found.append(verb)
    return found


def test_no_step_after_the_first_takes_anything_away():
    folder = Path(next(iter(migrations.__path__))) / "versions"
    steps = sorted(path for path in folder.glob("v*.py") if not path.name.startswith("v0001"))
    assert {path.name: takes_away(path.read_text()) for path in steps if takes_away(path.read_text())} == {}


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ('op.add_column("t", sa.Column("c", sa.String(), nullable=True))', []),
        ('op.create_table("t", sa.Column("c", sa.String(), nullable=False))', []),
        ('op.add_column("t", sa.Column("c", sa.Integer(), server_default="0", nullable=False))', []),
        ('op.add_column("t", sa.Column("c", sa.String(), nullable=False))', ["add_column"]),
        ('op.drop_column("t", "c")', ["drop_column"]),
        ('op.drop_table("t")', ["drop_table"]),
        ('op.alter_column("t", "c", nullable=False)', ["alter_column"]),
        ('op.rename_table("t", "u")', ["rename_table"]),
        ('op.execute("DROP TABLE t")', ["execute"]),
        ('CONTRACTS = "1.2"\nop.drop_column("t", "c")', []),
    ],
)
def test_a_step_that_takes_away_is_seen(step, found):
    assert takes_away(step) == found
