"""The database's steps through time: Alembic, linear, forwards only.

What it does: brings a database of any earlier release to this one's tables.
What it never does: go back (a restore does), or change what `schema.py` says.
Start reading: `versions`, oldest first.
"""
