"""The transit engine's HTTP interface, as Vault and OpenBao speak it: bodies, ciphertext marks, answers.

What it does: turns a body into items to be done and outcomes into the body that tools expect, reads and
writes `vault:v3:` in front of ciphertexts and signatures, says of each parameter whether it has a meaning
here, puts refusals into `{"errors": [...]}`.
What it never does: hold a key, decide, believe a name, accept a parameter whose meaning it would not keep.
Start reading: `messages.py`, `asking.py`, `telling.py`; docs/protocols/transit.md lists what differs.
"""
