"""Pages about legal preservations.

What it does: list, one page for a case, the form that opens one, the forms that move it.
What it never does: decide who may know of one: the keyroom does, and to everybody else it is absent.
Start reading: `cases.py`.
"""
