"""Pages about what is stored beside the objects themselves: care for copies, stores, use over time.

What it does: puts answers together for a page; sends what a form says as one ask.
What it never does: count rows of the house: figures are folds over entries opened to the customer.
Start reading: `care.py`.
"""
