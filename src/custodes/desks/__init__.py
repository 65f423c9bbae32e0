"""Desks: every workflow is a table of moves, and nothing else moves a case.

What it does: says who may take which step of a case when, why a step is closed, what time does when
nobody acts, and what a signed grant is and admits. Drawings, forms and role matrix come from the table.
What it never does: read a clock, draw randomness, store, send, decide roles (policy does), or let an
intent carry authority.
Start reading: `engine.py`, then `lockbox.py`, then `grant.py`.
"""
