"""Keys that do more than wrap: their kinds, their private halves, and what each kind does for a caller.

What it does: kinds and what each may be used for, private halves under a key version's material (wrap v1,
purpose `private-key`), ciphertexts bound to a caller's context, RSA-OAEP, signatures, message codes.
What it never does: hand out a private half, tell one failed decryption from another, decide who may use a
key, keep anything longer than a call. The salt of RSA-PSS and the seed of RSA-OAEP are drawn by the
cryptographic library itself; every other chance comes from Dice.
Start reading: `kinds.py`, `halves.py`; docs/formats/transit.md has the bytes.
"""
