"""AWS KMS external key store proxy API, version 1 (specification 1.0.3).

What it does: says what is asked for by which path, checks the signature over the whole request, reads the
four calls and writes their answers, frames additional data, computes integrity values, names every error.
What it never does: believe what a request says about who stands behind it, use a key, refuse an operation
name it has not heard of.
Start reading: `messages.py`, `auth.py`, then `flow.py`; docs/protocols/xks.md lists the divergences.
"""
