"""The transit plane: what Vault and OpenBao clients ask for, answered by the keyroom.

What it does: reads bodies with `protocols.transit`, hands the keyroom the client's token as evidence,
renders outcomes, and answers the few questions clients ask before they begin (health, own token, mounts).
What it never does: keep a token or a plaintext beyond its request, make a key nobody asked for, say that
something exists which the token may not see.
Start reading: `app.py`.
"""
