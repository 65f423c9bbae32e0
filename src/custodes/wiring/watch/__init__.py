"""Processes of those who watch: each joins a folder, an address and the law of `ledger.watch`.

What it does: builds a witness, a mirror or a monitor out of its own folder, with no keyroom and no holder.
What it never does: reach a house but over its public log and its API.
Start reading: `witness.py`.
"""
