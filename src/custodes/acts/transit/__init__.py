"""Customers' keys as callers of the transit protocol use them: by name, of every kind, in batches.

What it does: finds a key by name, admits a use (decision, entry, commit) and only then opens what is
needed; mints keys of every kind, takes in keys that were made elsewhere; sets the oldest version that opens.
What it never does: speak base64 or HTTP, keep an opened private half beyond a use, tell one failed
decryption from another.
Start reading: `using.py`.
"""
