"""How long what an entry says is kept: classes of entries, terms, holds, and spans of a log.

What it does: tells the class of an entry, when a term has run out, what a hold covers, which indexes a set of
spans covers.
What it never does: destroy anything, or say what a law asks for: a term's reason is written by who sets it.
Start reading: `terms.py`.
"""
