"""Upkeep of keys: re-wrap, erasure, shred keys, the daily veil.

What it does: brings every page under the newest key version and shred key, in small acts that a crash cannot
halve; erases what was decided to be erased, so that nothing left of it opens; makes each customer's veil.
What it never does: use a key for anybody's data, decide what is erased, or run by itself: the logkeeper asks
for rounds, so that the keyroom has no timer of its own and a test drives it with a clock.
Start reading: `rounds.py`, then `shred.py`; `erasure.py` stands by itself.
"""
