"""Words for codes: states, acts, reasons, fields, refusals, in the reader's language.

What it does: keeps one table per kind of code and finds the words for a code; one in no table is
shown as it is, and a test says so.
What it never does: decide what is shown, or hold a sentence of a page (those stand in the templates).
Start reading: `saying.py`, then `log.py`.
"""
