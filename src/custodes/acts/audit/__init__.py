"""Looking at what is there, from outside the acts: files of evidence, and the whole house hashed again.

What it does: answers one `Check` per question about a checkpoint, a proof, a folder of tiles (`files.py`),
and folds a whole house from its leaves, openings and standing rows, comparing it with what is signed
(`house.py`).
What it never does: change anything, or believe a hash it could compute.
Start reading: `files.py`.
"""
