"""What is done: every act of the house, from evidence to committed entry to used key.

What it does: `asks` is what crosses the keyroom's socket; `sequencer` is the one writer; `standing` is
what decisions rest on; `office` moves cases; `streams` does bulk crypto in the planes.
What it never does: open a database, a store or a holder by itself (ports in `ports.py`, fulfilled by
`store` and `adapters`); use a key before its entry is committed.
Start reading: `act.py`, then `sequencer.py`, then `keyroom.py`.
"""
