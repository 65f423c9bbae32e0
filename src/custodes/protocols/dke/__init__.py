"""Microsoft 365 Double Key Encryption, as a customer's key store speaks it.

What it does: paths, bodies and answers; whether an access token of the customer's own tenant holds for this
store; whom the customer lets use which key; the challenge that sends an office program to sign in.
What it never does: hold a key, fetch a tenant's keys, take a word of a token for an identity of this house.
Start reading: `messages.py`, `tokens.py`; docs/protocols/dke.md says what differs.
"""
