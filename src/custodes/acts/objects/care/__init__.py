"""Care of what is stored: which copies there are, which are missing or bad, and what is done about it.

What it does: says which copies a write may be answered with; hands out batches of blobs to be read again,
copied or brought elsewhere; takes the results into index and log; moves a bucket to other places.
What it never does: touch a store, release a data key, believe that a copy is good because it is there, or let
the last copy go.
Start reading: `copies.py`, then `rounds.py` and `work.py`.
"""
