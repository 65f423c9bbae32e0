"""The logkeeper: signs and publishes the root log with its own keys, in its own process.

What it does: takes every sub-log's head, builds the slot tree, has the keyroom append the epoch's leaf,
signs the root log's checkpoint, asks the witnesses, publishes, and tells the keyroom.
What it never does: see an entry's fields or a customer's key; sign a head it has not first written down.
Start reading: `keeper.py`.
"""
