"""What a log has to say when its machine is lost: leaves kept off it, and a gap that is declared.

What it does: the plain form of the stream of leaves, the document that closes a log and opens its follower.
What it never does: encrypt, sign, or believe a gap that nobody outside could check.
Start reading: `stream.py`, then `gap.py`.
"""
