"""Multipart uploads: one data key from the start, a fresh blob for every attempt, one manifest at the end.

What it does: opens, lists, completes and aborts uploads; admits every part before the key is handed out
again, because it protects parts that lie in a store already. An ETag is derived from the blob's id, so that
a row put back from an earlier attempt no longer has the ETag its client lists.
What it never does: renumber a part, reuse a blob, or make an object of parts nobody listed.
Start reading: `going.py`, then `parts.py`, then `completing.py`.
"""
