"""What pages about stored things show: copies and their care, use over time, how stores are.

What it does: plain values for templates, with codes where words are needed.
What it never does: ask anything, format anything.
Start reading: `care.py`.
"""
