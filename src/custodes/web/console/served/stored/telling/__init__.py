"""What a bucket is set to, and a form for each of S3's calls that sets it.

What it does: `table.py` says what each setting shows, asks and makes, as plain functions over what a bucket
is told; `pages.py` reads and tells the keyroom the same documents an S3 client would send.
What it never does: decide who may, or accept what the protocol's own readers refuse.
Start reading: `table.py`.
"""
