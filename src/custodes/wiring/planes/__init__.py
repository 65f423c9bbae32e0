"""The processes that face the network: each has a socket to the keyroom and no key.

`serving` is what they share: hardening, border, port, health. Each other file is one plane: what it serves
and which folders it may open. `listening` binds the ports, in whoever starts the processes.

What it never does: open the database, hold a key, or bind a port that another process can share.
Start reading: `serving.run`, then `s3`.
"""
