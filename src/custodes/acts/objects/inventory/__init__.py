"""Inventories: what a bucket holds, reported by the house into another bucket of the same customer.

What it does: keeps configurations with who made them; says when a report is due; hands out one file of it
after the other as a write under the rights that whoever configured it has now; gives its lines page by page.
What it never does: list for whom may not list, write for whom may not write, go on through a kill, put two
reports of one configuration together, or hold more than one page in memory.
Start reading: `jobs.py`, then `work.py`.
"""
