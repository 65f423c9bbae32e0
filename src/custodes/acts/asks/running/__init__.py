"""Asks of whoever runs a house: what was found when it looked itself over.

What it does: names the asks and answers, and the words for every finding.
What it never does: look at anything.
Start reading: `findings.py`, then `meanings.py`.
"""
