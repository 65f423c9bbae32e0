"""A log's years: one shard says which follows, and the next begins with its last head.

What it does: announces the coming shard, turns into it when its year has begun, prunes old ones, and says
which shard an epoch is of.
What it never does: make a log's keys, run on a clock in doubt, or go on without the witnesses.
Start reading: `answers.py`.
"""
