"""What pages about legal preservations show.

What it does: plain frozen values for the templates.
What it never does: ask the keyroom anything.
Start reading: `cases.py`.
"""
