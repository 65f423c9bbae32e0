"""Asks about what a bucket, or one version in it, was told beside its content.

What it does: one ask to tell, one to look, one to take back, for each of the two; `kind` is the row's name in
`protocols.s3.configs.kinds.KINDS`, or the sub-resource of a version.
What it never does: read a body: the keyroom does, from the very bytes that were signed.
Start reading: `told.py`.
"""
