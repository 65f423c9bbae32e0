"""One file per noun: what the keyroom answers to the asks about it.

What it does: evidence, decision, act, commit, and only then the key; each file offers its asks as a table.
What it never does: answer before the entry is durable, or believe a name that the evidence does not prove.
Start reading: `uses.py`, the shortest; every other follows its shape.
"""
