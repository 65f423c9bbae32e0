"""The house's memory: SQLAlchemy Core over SQLite (and PostgreSQL beyond one machine).

What it does: fulfils the ports of `acts`: one writer's group transactions, named writes and checks, and
reads. `schema.py` is the one truth about tables; `nouns`, `index` and `keeping` hold their statements, a
file per noun.
What it never does: decide anything, or run in a plane; only the keyroom opens the database. `intruder.py` is
no part of it: it does by SQL what a thief of the database would, for the tour and the attack tests.
Start reading: `schema.py`, then `books.py`.
"""
