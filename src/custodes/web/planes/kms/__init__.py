"""The KMS plugin of a Kubernetes API server: gRPC on a UNIX socket, one ask for each call.

What it does: answers Status, Encrypt and Decrypt with one customer's key, by an application's token.
What it never does: hold a key, keep a plaintext beyond its call, say `ok` without having asked the keyroom.
Start reading: `plugin.py`, then `listening.py`.
"""
