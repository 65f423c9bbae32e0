"""Commands about a customer's log: look at it, follow it, prove an entry of it.

What it does: entries, receipts, tiles and pins for people; entries as events for security monitoring.
What it never does: decide who may see an entry (the house does), or keep one.
Start reading: `log.py`, then `follow.py`.
"""
