"""Onboarding a customer in the console: template, questions, plan, confirmation, outcome.

What it does: keeps nothing between its pages but the file itself, plans with the same planner as the command
line, and carries out what the visitor may by the asks every other page uses.
What it never does: sign; what wants a signature is shown with who must give it and where.
Start reading: `pages.py`, then `custodes.acts.plans`.
"""
