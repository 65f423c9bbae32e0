"""Alembic's entry: runs the steps on the connection it is handed, in one transaction."""

from alembic import context

from custodes.store import schema

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=schema.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
