"""The witness: cosigns what provably continues the tree it cosigned before; of any C2SP log it is told of.

What it does: reads a submission, judges it against what is remembered of that log, writes the new tree down,
and only then lets the cosignature out (c2sp.org/tlog-witness).
What it never does: see an entry, know a house, forget a tree, or answer before its memory is on the disk. It
imports nothing of the keyroom: another organisation runs it.
Start reading: `witness.py`.
"""
