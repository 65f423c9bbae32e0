"""What the one writer's connection keeps between its groups, and how its write-ahead log stays short.

What it does: remembers what was read and written while nobody else wrote to the file; copies the log's pages
into the database beside the writer instead of inside a commit.
What it never does: trust its memory after another connection's commit, a write of rows, or a rollback;
decide what is durable (SQLite does, `synchronous=FULL`).
Start reading: `remembered.py`.
"""
