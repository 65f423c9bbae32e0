"""What each page shows, as frozen values: one file per page, rendered by the template of the same name.

What it does: names every value a template may use, with its unit.
What it never does: hold prose. Codes (states, verbs, reasons) become words in `words.py`, in the reader's
language; texts people wrote are shown as they are, escaped.
Start reading: `shell.py`, then `case.py`.
"""
