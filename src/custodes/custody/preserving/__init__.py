"""Keys of legal preservations, outside every customer's tree.

What it does: makes a case's key under a holder of its own, wraps data keys a second time under it, seals what
says of whom it is, and makes the tags by which that is found again.
What it never does: touch a customer's key, or decide who may have something preserved.
Start reading: `keys.py`.
"""
