"""Writing an object: open with a fresh data key, store, close with index row, wrap and manifest.

What it does: decides on a write at its opening and again, from the start, at its closing; holds what was
stored to what was opened; commits row, wrap and entry in one act. Copies, uploads and adoptions write
through the same doors.
What it never does: hand out a key before the admission of a long write is committed, or take back what may
have been committed.
Start reading: `opening.py`, then `stored.py`, then `closing.py`.
"""
