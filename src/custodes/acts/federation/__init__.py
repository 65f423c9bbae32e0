"""Signing in by an organisation's own identity issuer (OpenID Connect).

What it does: keeps issuers, their keys as the logkeeper fetched them, and the sign-ins under way; judges the
ID token a plane hands over whole, and opens a session with the roles the issuer's groups have here.
What it never does: open a connection, take keys from a plane, believe a name, or let a group approve: an
approval wants a key that was enrolled.
Start reading: `entering.py`, then `reading.py`; the law of the token is `protocols/oidc/tokens.py`.
"""
