"""Where slow work with private halves is done, so that everybody else's uses do not wait for it.

What it does: says what a bench is, and has one that works in this very process.
What it never does: decide whether a key may be used; what comes here was admitted and recorded.
Start reading: `bench.py`.
"""
