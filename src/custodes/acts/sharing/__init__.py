"""Several keyrooms over one database: following what another one changes, and being known to live.

What it does: reads again what stands before anything is compared with it, keeps the lease, waits until every
living keyroom has let go of what was killed, and enrols a keyroom with a receipt key of its own.
What it never does: decide; a memory that is behind is refused by the expects of the act itself.
Start reading: `following.py`, then `lease.py`.
"""
