"""Commands by which other organisations watch a log: a witness, a mirror, a customer's monitor.

What it does: options, tables and exit codes of these commands; each has its own folder and needs no
installation.
What it never does: decide what is proven; `custodes.ledger.watch` and `custodes.acts` do.
Start reading: `witness.py`.
"""
