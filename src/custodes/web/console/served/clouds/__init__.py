"""Pages about connections of clouds.

What it does: folds the newest opened entries into uses, reasons and denials of each connection; shows how to
set one up, tries one out, switches one off.
What it never does: read a counter from anywhere but entries opened to the visitor; make or widen a
connection, which takes a signature (`custodes connection set`).
Start reading: `folding.py`, then `pages.py`.
"""
