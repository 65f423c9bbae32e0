"""Buckets and objects: what the keyroom answers to the asks of `asks/objects.py`.

What it does: decides every put, get, copy, delete and listing with its boundary and its grant; commits the
entry; then, and only then, releases one data key for one object version. Keeps open uses as tickets.
What it never does: see a byte of an object, touch a store, or release a key for what is not in the log.
Start reading: `ground.py` (what each answer stands on), then `puts/`, then `reads/`.
"""
