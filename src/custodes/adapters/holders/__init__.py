"""Holders beyond a passphrase: a token behind PKCS#11, OpenBao's transit engine, a file that shares open.

What it does: fulfils `custody.holder.Holder` with a root that our processes can use and never see; parses
the URIs that name them.
What it never does: keep a root or a PIN, retry a PIN that was wrong, follow a redirect, or write a secret
into a URI, a refusal or a log.
Start reading: `pkcs11.py`; the port is `custody/holder.py`, the bytes are in docs/formats/wrap.md.
"""
