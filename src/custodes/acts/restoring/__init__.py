"""After a restore: the house comes up killed, and nothing of the past that was over is valid again.

What it does: one act with its entry: kill of the house, grants lapsed, tokens and passwords revoked, what was
erased since the backup stays erased.
What it never does: lift the kill, or read a backup.
Start reading: `coming_up.py`.
"""
