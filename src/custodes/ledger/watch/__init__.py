"""Watching a log that is somebody else's: what a witness may cosign, what a follower may believe.

What it does: judges submissions to a witness, follows a log from one checkpoint to the next, and keeps what
proves that a log told two stories.
What it never does: fetch or keep anything (files and addresses are the callers'), or believe a checkpoint
for who handed it over.
Start reading: `witnessing.py`.
"""
