"""Commands by which an installation comes to be: founded, then settled in.

What it does: founds in an empty folder; enrols the trustee's organisation and its first people.
What it never does: anything in an installation that somebody serves, or that has people already.
Start reading: `init.py`, then `settle.py`.
"""
