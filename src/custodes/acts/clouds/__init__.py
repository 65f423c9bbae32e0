"""What comes through connections: clouds, office suites and clusters using customers' keys.

What it does: makes and changes connections by signed acts; decides each use by the connection, by what its
other end claims, and by both sets of rules; commits its entry; only then opens the key.
What it never does: take a claim for an identity, wait for a person inside a call, use a key that is not lent
to the connection, show another customer's key as anything but absent.
Start reading: `using.py`, then the file of a wire, such as `xks.py`; `connections.py` for the noun's life.
"""
