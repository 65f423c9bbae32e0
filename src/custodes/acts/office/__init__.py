"""The office: the only place where a case moves.

What it does: loads a case, asks policy who may, lets the desk's table take the move, and commits case, grant,
outbox and entry as one act; keeps the grants that stand, counts what is used of them, and takes the moves
that are due by the clock.
What it never does: judge for itself what a desk or a rule decides, believe a case row that differs from
what stands, or send anything: intents go to the outbox.
Start reading: `office.py`, then `grants.py`, then `clock.py`.
"""
