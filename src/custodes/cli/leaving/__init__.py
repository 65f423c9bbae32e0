"""Commands for a customer who leaves, or wants to be able to: `custodes export`.

What it does: options, progress and the files an export is taken into; a run that breaks off goes on.
What it never does: hold a data key; sheets arrive sealed and are written as they are.
Start reading: `export.py`.
"""
