"""How to make the other end of a wire use this installation: the exact commands, with its own values.

What it does: for each wire, steps to be copied as they stand into a shell, a console or a file.
What it never does: hold a secret (what was shown once is put in by whoever runs the commands), or print a
name that a shell would take apart.
Start reading: `step.py`, then the file of a wire.
"""
