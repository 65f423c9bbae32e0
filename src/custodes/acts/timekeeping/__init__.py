"""Whether the house may believe its clock.

What it does: holds the machine's clock against the last entry, the machine's own uptime and the witnesses'
quorum; stops grants and deadlines while it is astray, and whatever destroys by time after it jumped ahead,
until two officers or a quorum of independent witnesses say that the time is right.
What it never does: set a clock, or guess which of two times is the right one.
Start reading: `trust.py`, then `officers.py`.
"""
