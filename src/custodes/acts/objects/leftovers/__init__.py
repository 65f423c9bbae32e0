"""Leftovers: what lies in the stores and nothing knows.

What it does: has every store listed in rounds; says of each blob whether a version, an upload or a deletion
on its way knows it; keeps what none does, with when it was first seen.
What it never does: remove anything, judge a blob younger than the longest write, or believe a store about
what belongs to this house: two houses may share a bucket in a cloud.
Start reading: `known.py`, then `rounds.py`.
"""
