"""Benches for slow work with private halves.

What it does: has the work done by a child of this process, over a pair of sockets.
What it never does: keep a private half, write one anywhere, answer when the child is gone.
Start reading: `process.py`.
"""
