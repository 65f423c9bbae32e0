"""Bulk bytes: encrypt what comes in and decrypt what goes out, in batches, with constant memory.

What it does: carries one part of one object between a client and the stores of its bucket, under the one
data key the keyroom released for it; removes blobs whose fate is removal.
What it never does: decide, keep a key longer than its stream, hand on a byte that was not authenticated,
leave something half written under a blob's name.
Start reading: `ports.py` (what a store is), then `writing.py` and `reading.py`.
"""
