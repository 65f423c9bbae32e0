"""The keyroom's bench as a process of its own.

What it does: starts it, with the same border as the keyroom and no file it could open.
What it never does: reach a database, a socket in the file system or the network.
Start reading: `child.py`.
"""
