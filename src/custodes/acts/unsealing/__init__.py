"""What happens while the house is sealed: custodians give their shares, one by one.

What it does: offers a key for each attempt, takes shares that belong to their givers, says when there are
enough; notes each step where a sealed house can, and makes entries of them once the log can be written.
What it never does: show a share, keep one beyond its attempt, count a custodian twice, or open the house.
Start reading: `attempt.py`; the bytes are in docs/formats/shares.md.
"""
