"""What a bucket was told to do, and what one version was told to keep: the laws, without a place to lie in.

What it does: tags, retention and legal hold, the default retention of a bucket, rules for other origins and
for the end of objects; and the one row that holds a bucket's rules.
What it never does: speak XML, know a clock, delete anything.
Start reading: `bucket_rules.py`, then `locks.py`.
"""
