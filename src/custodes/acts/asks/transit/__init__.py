"""Asks about keys as the transit protocol sees them: named, of many kinds, used in batches.

What it does: the words in which the transit plane asks for a use or for what a key is like.
What it never does: carry base64 or `vault:` prefixes; those are the protocol's and stop at the plane.
Start reading: `uses.py`, then `keys.py`.
"""
