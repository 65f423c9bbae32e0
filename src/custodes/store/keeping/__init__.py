"""Rows for the upkeep of keys: what is due, pages re-keyed with all that lies in them.

What it does: marks work in the act that makes it necessary; changes a page and every wrap in it at once.
What it never does: open a key, or decide what is erased.
Start reading: `due.py`.
"""
