"""Asks about legal preservations: of people at the desk, and of a customer who may know.

What it does: open, move and look at a case; look at what was withheld and is open now.
What it never does: answer anybody who may not know: a hidden case is absent to him.
Start reading: `cases.py`.
"""
