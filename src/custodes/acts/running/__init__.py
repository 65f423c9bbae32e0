"""Answers whoever runs the house: its state as it is seen from inside.

What it does: looks at what only an unsealed keyroom knows, beside what wiring finds on the machine.
What it never does: change anything; tell a customer's facts to an administrator.
Start reading: `inspection.py`.
"""
