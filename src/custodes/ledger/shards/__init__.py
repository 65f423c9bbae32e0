"""A log's years: each has an origin of its own, and names the next one before it ends.

What it does: the documents by which one shard hands over to the next, what they prove to whom, which year
follows when and under which name, and what pins look like on the other side.
What it never does: sign, read a clock, or let a shard end without its last head.
Start reading: `turn.py`, then `year.py`.
"""
