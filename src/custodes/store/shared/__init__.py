"""A database that several keyrooms share: PostgreSQL.

What it does: believes a server only when it keeps its word, takes a group's locks in one order, keeps each
keyroom's head and lease.
What it never does: know SQLite, or decide which keyroom does what.
Start reading: `postgres.py`, then `locking.py`.
"""
