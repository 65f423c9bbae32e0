"""The one writer: acts as plain data, and the sequencer that commits them in groups.

What it does: defines `Act`, the ports to the books, the signed house head, and the thread that checks
expects, appends entries, carries out writes and commits.
What it never does: run policy, desk or protocol code; answer an act whose commit it is not sure of.
Start reading: `act.py`, then `sequencer.py`.
"""
