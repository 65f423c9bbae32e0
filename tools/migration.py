"""Write the first step of the database anew from `store/schema.py`, while no release has fixed it yet.

Usage: python tools/migration.py
"""

import re
import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from custodes.store import schema

ROOT = Path(__file__).resolve().parents[1]
STEP = ROOT / "src/custodes/store/migrations/versions/v0001_spine.py"
HEAD = '''"""The first tables, written from the schema by tools/migration.py until a release fixes them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table and index."""
'''


def step() -> str:
    """The text of the first step."""
    with create_engine("sqlite://").connect() as connection:
        context = MigrationContext.configure(connection)
        made = produce_migrations(context, schema.metadata)
        body = render_python_code(made.upgrade_ops, migration_context=context)
    tables: dict[str, list[str]] = {}
    for line in body.splitlines():
        text = line.removeprefix("    ")
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        found = re.match(r"op\.create_table\('(\w+)'", text)
        if found:
            tables[found[1]] = []
        tables[list(tables)[-1]].append(f"    {text}\n")
    calls = "".join(f"    _{name}()\n" for name in tables)
    functions = "".join(f"\n\ndef _{name}() -> None:\n{''.join(lines)}" for name, lines in tables.items())
    return HEAD + calls + functions


if __name__ == "__main__":
    STEP.write_text(step(), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(STEP)], check=True)
    sys.stdout.write(f"{STEP.relative_to(ROOT)}\n")
