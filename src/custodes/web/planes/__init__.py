"""Planes: thin protocol adapters that face the network, one package or file per protocol.

What it does: reads a request with the codec of its protocol, hands the keyroom evidence, carries bytes
through the streams, and answers in the protocol's own words; `log.py` serves the public root log.
What it never does: hold a customer's key beyond one stream, believe a name, read a database, buffer a body
that has no bound.
Start reading: `s3/plane.py`.
"""
