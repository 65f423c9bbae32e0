"""Legal preservations over the API.

What it does: rows of the endpoint table for the noun, as in the rooms beside.
What it never does: tell anybody who may not know that there is one.
Start reading: `cases.py`.
"""
