"""A witness's memory: one row per log, in a SQLite file of its own.

What it does: keeps the largest tree that was cosigned of each log, read and written in one transaction that
is on the disk before it returns.
What it never does: share anything with a house's database, or forget or lower a size.
Start reading: `memory.py`.
"""
