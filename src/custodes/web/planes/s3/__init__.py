"""S3 on the network: raw ASGI, one file per noun, no framework in between.

What it does: head, claim and operation of each request; the ask with the signature as evidence; the body
through checks and encryption into the stores, or out of them; answers and refusals in S3's own XML.
What it never does: buffer more than 1 MiB of an object, send a byte that was not authenticated, commit a
body before everything said about it was checked, put text of an unknown error on the wire.
Start reading: `plane.py`, `exchange.py`, then `objects_in.py` and `objects_out.py`.
"""
