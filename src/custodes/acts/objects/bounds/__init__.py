"""What a bucket and a customer may take up: room, pace, and the lengths a store may see.

What it does: sets them as standing rows with an entry each; counts what lies there in the transaction that
writes it; slows down who asks too fast.
What it never does: stop a deletion, count what nobody signed, or let two writers share the last free byte.
Start reading: `room.py`.
"""
