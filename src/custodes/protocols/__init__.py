"""The languages spoken at the ports, one package each.

What it does: parses what arrives, checks its evidence, and renders answers and refusals in each
protocol's own words. A protocol's words stay in its package; its codec is the border.
What it never does: read a socket, a clock or a random source, decide who may do what, or use a key.
Start reading: the room card of a protocol, then its `messages.py` and `operations.py`.
"""
