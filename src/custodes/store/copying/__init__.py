"""Every row of a database as a stream, out of either kind of database and into an empty one of either kind.

What it does: reads one snapshot, table after table; loads all of it in one transaction or nothing.
What it never does: hold a database in memory, encrypt, or decide what is restored.
Start reading: `dump.py`.
"""
