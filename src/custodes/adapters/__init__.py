"""Adapters: the outside, behind the ports of the rooms below.

What it does: real clock and dice, holders, object stores, identities, mail, witnesses; each fulfils a
port of a lower room and is chosen by the scheme of a URI (`schemes.py`; other packages add theirs as
entry points).
What it never does: decide, keep state of the house, or know acts, store or web.
Start reading: `file_holder.py`; the port is `custody/holder.py`.
"""
