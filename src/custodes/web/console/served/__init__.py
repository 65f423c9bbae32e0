"""The console's endpoints: one file per page, from a request to asks, and from their answers to a view.

What it does: hands over the session as evidence, maps what the answers say to views, names the proof of each.
What it never does: conclude who somebody is or what he may do; it shows what it was answered, and sends what
it was given.
Start reading: `visit.py`, then `questions.py`.
"""
