"""Pages about those who watch the trustee from outside.

What it does: shows policies, cosignatures, conflicts, and the commands with which anybody checks.
What it never does: vouch for anything itself: what counts is checked on the reader's own machine.
Start reading: `witnesses.py`.
"""
