"""Counts made of a customer's entries, each taken once: for bills, charts, last uses, what lies where.

What it does: takes entries in the order of their logs, opened and proven against their leaves, adds them up
by day, and keeps the sums sealed as the entries are; goes on from there, or begins anew where what lies
there is not of this log.
What it never does: stand in the way of a use, decide anything, keep a name or a person, count what the
customer is not shown, or be believed where entries say something else.
Start reading: `fold.py`, then `state.py`, `reading.py`, `holding.py`.
"""
