"""The documents of S3's sub-resources: what a bucket or a version is told, read from XML and written to it.

What it does: one file per subject, a reader that refuses and a writer; `kinds.py` is the one table of what a
bucket can be told.
What it never does: decide whether somebody may, know where anything is kept.
Start reading: `kinds.py`.
"""
