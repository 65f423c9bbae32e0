"""The law as dated, sourced data.

What it does: countries, unions, adequacy decisions, laws that reach across borders, and data classes with
the places the law allows for them; every row names its source, its date and whether somebody has read
that source. Answers questions about them for a given day.
What it never does: give advice, guess, hide that a row is unconfirmed, or read the tables from anywhere
but this package.
Start reading: `rows.py`, then `book.py`; the data is in `tables/`.
"""
