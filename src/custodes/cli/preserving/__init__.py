"""Legal preservations on the command line.

What it does: the desk's table as commands, and what was withheld once it is open, checked here.
What it never does: sign an order it has not read and shown.
Start reading: `preservations.py`.
"""
