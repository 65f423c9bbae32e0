"""The toolbox under console, API and planes: an endpoint is data, and one table drives the rest.

What it does: routing, bounded bodies, problems, forms, cookies, headers, logs, OpenAPI and the server, all
from the endpoint table.
What it never does: decide anything, know a customer, or believe a header that anyone could have sent.
How long it is, and why, says docs/decisions/0012-how-long-the-kit-is.md.
Start reading: `endpoint.py`, then `front.py`.
"""
