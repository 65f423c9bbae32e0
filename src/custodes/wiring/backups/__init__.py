"""Backups of an installation: made while it runs, tried in a scratch place, restored into an empty one.

What it does: streams every row through encryption into a file, and back; keeps the generation keys.
What it never does: write a plain byte to a disk, or bring up a restored house that can use keys at once.
Start reading: `making.py`, then `restoring.py`.
"""
