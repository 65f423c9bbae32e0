"""What the keyroom answers about the log: to its customer, and to the logkeeper who publishes it.

What it does: opens and proves entries for whoever may see them, gives tiles and receipts, and takes what the
logkeeper appended and published.
What it never does: show a row that does not prove against its leaf, or sign as the log.
Start reading: `entries.py`, then `epochs.py`.
"""
