"""The object index: which versions a name has, which uploads are open, which blobs are nobody's any more.

What it does: the named writes and checks of acts about objects, and their reads; a listing is one index seek
whatever the size of the bucket.
What it never does: decide, stand (these rows are not under the standing root), or touch a store of bytes.
Start reading: `versions.py`.
"""
