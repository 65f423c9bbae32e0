"""Buckets and what lies in them: the laws, without any place to lie in.

What it does: names of buckets and keys, versions and what a PUT or DELETE does to them, conditions,
byte ranges, list order, multipart assembly, checksums, ETags, and the accounting of a long use.
What it never does: read or write bytes, know a key that encrypts, a protocol's words, or a table.
Start reading: `version.py`, then `listing.py` and `admission.py`.
"""
