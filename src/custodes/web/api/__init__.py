"""The JSON API: the asks over HTTP, one file per noun, all of it from one table.

What it does: turns a request with a bearer token into an ask with that token as evidence, and its answer into
JSON; draws OpenAPI and docs/reference/api.md from the same table.
What it never does: decide, look anything up, or keep anything of a request.
Start reading: `asking.py`, then `keys.py`.
"""
