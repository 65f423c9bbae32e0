"""Plain HTTP to what proves itself: witnesses, logs, time stamps.

What it does: one bounded request at a time, each in its caller's thread; no redirect, no proxy to loopback.
What it never does: carry a token or a secret, believe an answer, keep a connection.
Start reading: `plain.py`.
"""
