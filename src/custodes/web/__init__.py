"""What faces the network: the console, the API and the protocol planes, on one small kit.

What it does: turns requests into asks handed to the process that holds the keys, and answers into pages,
problems and protocol errors.
What it never does: read a database, hold a key, decide who may do what, or name an actor: it hands over
evidence. Of `acts` it imports only `asks` and `streams`.
Start reading: `kit/endpoint.py`, then `console/pages.py`.
"""
