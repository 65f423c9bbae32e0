"""Custody: the hierarchy of keys, how each is wrapped, and how they live and die.

What it does: wrap v1, the Holder port, holder root -> customer root -> key version and shred key -> page
key -> data key, the life cycle of a customer's key, kills, message tokens, the object envelope.
What it never does: keep a secret longer than a call, decide who may use a key, read a file, a clock or
a random source, or promise that memory is wiped (Python cannot).
Start reading: `wrap.py`, then `hierarchy.py`, then `keys.py`; docs/keys.md has every key on one page.
"""
