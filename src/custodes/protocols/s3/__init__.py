"""S3 as real clients speak it.

What it does: SigV4 evidence and its check, one table of operations, sans-I/O body decoders, requests and
answers, refusals as S3 error documents.
What it never does: hold a secret in the process that faces the network (`auth.claim` needs none), trust
the plane's word for what was signed (`auth.operation_of` reads it from the signature), touch a socket.
Start reading: `messages.py`, `operations.py`, `auth.py`, then `body.py`.
"""
