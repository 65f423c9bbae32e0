"""What an installation's machine, folders and processes are like: findings, measured when somebody asks.

What it does: looks at the machine, at files and disks, at the database's server, at every process.
What it never does: change anything, open a holder, name a customer, call `ok` what it could not see.
Start reading: `look.py`, then `machine.py`, `installation.py`.
"""
