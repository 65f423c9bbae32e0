"""Where a customer's data may lie, and whether it does.

What it does: judges locations against a customer's boundary and the law's floor for a class of data: each
replica, each path, with every reason why not. What is unknown is outside.
What it never does: know the law by itself (it is handed a `LawBook`), store a location's address or
secrets, or move anything.
Start reading: `places.py`, then `judge.py`.
"""
