"""OpenID Connect as a relying party speaks it: discovery, key sets, code flow with PKCE, ID tokens.

What it does: parses what an issuer publishes, builds what is sent to it, and says of an ID token whether
it holds for exactly one expectation (issuer, client, nonce, time), with the reason where it does not.
What it never does: fetch anything, follow a reference that stands in a token (`jku`, `x5u`, `jwk`), accept
an unsigned or symmetrically signed token, or say who a subject is in this house.
Start reading: `messages.py`, `tokens.py`.
"""
