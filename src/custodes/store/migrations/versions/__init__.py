"""One file per step; the number in its name is its place in the line.

What it does: names its predecessor and carries out one step.
What it never does: import the schema of today, which a later step may change.
Start reading: the first number.
"""
