"""Numbers that lead to entries: what is counted is counted from what the one it concerns was shown.

What it does: folds opened entries into figures, the same for everybody who was shown the same entries.
What it never does: read a table, know a clock, or give a figure where there are no entries.
Start reading: `metering.py`.
"""
