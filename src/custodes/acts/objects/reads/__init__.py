"""Reading objects: the admission is in the log, then the key is opened.

What it does: finds and decides a read; admits it by an entry of its own, by one under a grant that the read
spends, or under a lease that admits many reads of an application by one entry.
What it never does: lease a read of a person, under a grant or for an exceptional purpose; leave a
decision out because an earlier read had it.
Start reading: `gets.py`, then `grants.py`, then `leases.py`.
"""
